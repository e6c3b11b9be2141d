import os
import re
from pathlib import Path

import pytest

from core.web.static import StaticPaths


@pytest.fixture
def folders(tmp_path):
    built, plugin = tmp_path / "built", tmp_path / "hello"
    built.mkdir()
    plugin.mkdir()
    (built / "manifest.json").write_text('{"portal.css": "portal-1A2B3C4D.css"}')
    (plugin / "hello.css").write_text("body{}")
    return built, plugin


@pytest.fixture
def paths(folders):
    built, plugin = folders
    return lambda: StaticPaths({"hello": plugin}.get, built)


def test_a_built_file_has_its_hash_in_its_name(paths):
    assert paths()("portal.css") == "/static/core/portal-1A2B3C4D.css"


def test_a_plugins_file_carries_the_hash_of_its_content(paths, folders):
    before = paths()("hello/hello.css")
    assert re.fullmatch(r"/static/hello/hello\.css\?v=[0-9a-f]{10}", before)
    (folders[1] / "hello.css").write_text("body{color:red}")
    assert paths()("hello/hello.css") != before


def test_a_file_that_is_not_there_gets_a_plain_address(paths):
    assert paths()("other.css") == "/static/core/other.css"
    assert paths()("hello/other.css") == "/static/hello/other.css"
    assert paths()("nobody/x.css") == "/static/nobody/x.css"


def test_a_new_build_is_noticed_while_the_portal_runs(paths, folders, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("core.web.static.monotonic", lambda: now[0])
    path = paths()
    assert path("portal.css") == "/static/core/portal-1A2B3C4D.css"
    manifest = folders[0] / "manifest.json"
    manifest.write_text('{"portal.css": "portal-5E6F7A8B.css"}')
    os.utime(manifest, (1, 1))
    assert path("portal.css") == "/static/core/portal-1A2B3C4D.css"
    now[0] = 1.5
    assert path("portal.css") == "/static/core/portal-5E6F7A8B.css"
    manifest.unlink()
    now[0] = 3
    assert path("portal.css") == "/static/core/portal.css"


def test_a_portal_whose_assets_are_not_built_still_starts(tmp_path):
    assert StaticPaths(lambda name: None, Path(tmp_path))("portal.css") == "/static/core/portal.css"


def test_built_files_are_kept_for_a_year_whoever_is_signed_in(web, registry):
    response = web.get(registry.static_path("portal.css"), headers={"Accept-Encoding": "gzip"})
    assert response.content_type == "text/css"
    assert "max-age=31536000" in response.headers["Cache-Control"]
    # A compressed copy is sent; the cookie, which changes at every sign-in, plays no part.
    assert response.headers["Vary"] == "Accept-Encoding"


def test_pages_name_the_built_files(web, registry):
    page = web.get("/sign-in")
    for name in ("portal.css", "portal.js", "portal.svg"):
        assert registry.static_path(name) in page
