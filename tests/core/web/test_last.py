"""One class of requests."""

import tempfile

import webtest
from pyramid.events import NewRequest
from pyramid.interfaces import IRequestFactory
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from webob.request import BaseRequest

from core.app import configure


def test_all_requests_are_of_the_same_class_with_what_the_parts_have_added(registry):
    sealed = registry.getUtility(IRequestFactory)
    requests = [sealed.blank("/") for _ in range(2)]
    assert type(requests[0]) is type(requests[1]) is sealed
    assert {"db", "tenant", "identity_of_visitor", "tabs", "audit", "may_see", "tm", "now"} <= set(dir(sealed))


def test_each_request_has_values_of_its_own(registry):
    sealed = registry.getUtility(IRequestFactory)
    one, other = sealed.blank("/"), sealed.blank("/")
    assert one.id == one.id != other.id


def test_what_is_added_after_the_last_part_is_there_too(portal_settings, practice):
    config = configure(portal_settings)
    config.add_request_method(lambda request: "late", "addition", reify=True)
    seen = []
    config.add_subscriber(lambda event: seen.append(event.request), NewRequest)
    config.add_route("late", "/health/late")
    config.add_view(lambda request: Response(request.addition), route_name="late", permission=NO_PERMISSION_REQUIRED)
    browser = webtest.TestApp(config.make_wsgi_app())
    assert browser.get("/health/late").text == "late"
    assert seen


def test_the_file_of_a_long_body_is_closed_with_the_request(web, monkeypatch):
    kept = []
    monkeypatch.setattr(BaseRequest, "make_tempfile", lambda self: kept.append(tempfile.TemporaryFile()) or kept[-1])  # noqa: SIM115
    answer = web.post("/sign-in", {"user_name": "x" * 2_000_000, "password": "y"}, expect_errors=True)
    assert answer.status_int == 419
    assert [file.closed for file in kept] == [True]
