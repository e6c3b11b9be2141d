import json
import re
from pathlib import Path

import pytest

from core.web import assets

ROOT = Path(assets.__file__).parents[2]
TEMPLATES = sorted([*ROOT.glob("core/web/templates/**/*.jinja2"), *ROOT.glob("plugins/*/templates/**/*.jinja2")])
SOURCES = [*ROOT.glob("plugins/*/*.py"), *ROOT.glob("plugins/*/views/*.py")]


def test_the_lock_names_packages_and_hashes_but_no_address():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in package and "resolved" not in package for package in packages.values())
    assert "http" not in "".join(package.get("resolved", "") for package in packages.values())


def test_every_package_is_pinned():
    wanted = json.loads((ROOT / "package.json").read_text())
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())


def test_every_icon_that_a_template_names_is_in_the_sprite():
    known = set(assets.icon_names())
    named = {}
    for path in TEMPLATES:
        text = path.read_text()
        found = re.findall(r'\b(?:icon|picture|after|empty_state)\(?=?"([a-z0-9-]+)"', text) + re.findall(r'\bicon="([a-z0-9-]+)"', text)
        named |= dict.fromkeys(found, path.name)
    for path in SOURCES:
        named |= dict.fromkeys(re.findall(r'\bicon="([a-z0-9-]+)"', path.read_text()), path.name)
    assert {name: where for name, where in named.items() if name not in known} == {}


def test_the_list_of_icons_is_in_order_and_without_doubles():
    names = json.loads((ROOT / "core" / "static" / "icons.json").read_text())
    assert names == sorted(set(names))


@pytest.fixture
def icons(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "ICONS", tmp_path)
    (tmp_path / "wave.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" class="bi">\n  <path d="M1 1"/>\n</svg>')
    return tmp_path


def test_the_sprite_holds_a_symbol_for_each_icon(icons):
    assert assets.sprite(["wave"]) == (
        '<svg xmlns="http://www.w3.org/2000/svg"><symbol id="wave" viewBox="0 0 16 16"><path d="M1 1"/></symbol></svg>\n'
    )


def test_an_icon_that_does_not_exist_stops_the_build(icons):
    with pytest.raises(assets.AssetsNotBuilt, match="called nowhere"):
        assets.sprite(["wave", "nowhere"])


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    """A build in a folder of its own, whose tools only note that they were called."""
    calls = []
    for name in ("OUTPUT", "WORKSHOP"):
        monkeypatch.setattr(assets, name, tmp_path / name)
    monkeypatch.setattr(assets, "_install_packages", lambda: calls.append("packages"))
    monkeypatch.setattr(assets, "_build_into", lambda out: (calls.append("build"), out.mkdir(parents=True)))
    return calls


def test_a_second_build_has_nothing_to_do(workshop):
    assert assets.build()
    assert not assets.build()
    assert workshop == ["packages", "build"]
    assert assets.build(force=True)


def test_a_changed_source_is_built_anew(workshop, monkeypatch):
    assets.build()
    monkeypatch.setattr(assets, "_fingerprint", lambda: "changed")
    assert assets.build()


def test_a_build_that_fails_leaves_what_was_there(workshop, monkeypatch):
    assets.build()

    def fail(out):
        raise assets.AssetsNotBuilt("sass failed")

    monkeypatch.setattr(assets, "_build_into", fail)
    with pytest.raises(assets.AssetsNotBuilt):
        assets.build(force=True)
    assert (assets.OUTPUT / "stamp").exists()


def test_a_tool_that_fails_is_named_with_its_own_words():
    with pytest.raises(assets.AssetsNotBuilt, match="sh failed: no such thing"):
        assets._run(["/bin/sh", "-c", "echo no such thing >&2; exit 3"])


@pytest.mark.parametrize(("said", "version"), [("v20.19.4", (20, 19)), ("v8.0.0", (8, 0)), ("", (0, 0)), ("command not found", (0, 0))])
def test_the_version_of_node_is_read(tmp_path, said, version):
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho '{said}'\n")
    node.chmod(0o755)
    assert assets._node_version(str(node)) == version
