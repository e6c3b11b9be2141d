"""Behind a proxy: whose forwarded headers are believed."""

from types import SimpleNamespace

import pytest

from core.web.proxies import behind_proxies

PROXY, VISITOR = "192.0.2.1", "203.0.113.9"


@pytest.mark.parametrize(
    ("trusted", "seen"), [(None, (PROXY, "http")), (PROXY, (VISITOR, "https")), ("198.51.100.1,198.51.100.2", (PROXY, "http"))]
)
def test_forwarded_headers_are_believed_from_the_named_proxies_only(portal_settings, trusted, seen):
    found = []

    def application(environ, start_response):
        found.append((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]))
        return []

    application.registry = SimpleNamespace(portal=portal_settings.model_copy(update={"trusted_proxies": trusted}))
    environ = {"REMOTE_ADDR": PROXY, "wsgi.url_scheme": "http", "HTTP_X_FORWARDED_FOR": VISITOR, "HTTP_X_FORWARDED_PROTO": "https"}
    behind_proxies(application)(environ, None)
    assert found == [seen]
