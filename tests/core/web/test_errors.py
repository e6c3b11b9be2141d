"""What a visitor sees when something went wrong, and what the log keeps of it."""

import json
from urllib.parse import unquote_to_bytes

import pytest
from sqlalchemy.exc import OperationalError

from core.web import pages


def test_an_unknown_address_is_a_friendly_404(web):
    answer = web.get("/nowhere", expect_errors=True)
    assert answer.status_int == 404
    assert "find that page" in answer.text


def test_the_api_answers_in_json(web):
    answer = web.get("/api/v1/nowhere", expect_errors=True)
    assert (answer.status_int, answer.content_type) == (404, "application/problem+json")
    assert set(answer.json) == {"type", "title", "status", "detail", "reference"}


def test_an_expired_form_keeps_what_was_typed_but_no_secret(web):
    answer = web.post("/sign-in", {"user_name": "Mary33403", "password": "Secret-word-1", "csrf_token": "old"}, expect_errors=True)
    assert answer.status == "419 Form Expired"
    form = answer.forms["again"]
    assert form["user_name"].value == "Mary33403"
    assert "Secret-word-1" not in answer.text
    assert form.submit(expect_errors=True).status_int == 422


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_from_another_site_is_refused_also_from_a_sibling_practice(web, site):
    token = web.get("/sign-in").forms["sign-in"]["csrf_token"].value
    answer = web.post("/sign-in", {"user_name": "x", "password": "y", "csrf_token": token}, headers={"Sec-Fetch-Site": site}, expect_errors=True)
    assert answer.status_int == 419


def test_a_fault_shows_a_number_that_is_in_the_log_and_nothing_else(signed_in, make, monkeypatch, capfd):
    def break_down(*_, **__):
        raise ValueError("Robin Vale, born 1985-04-12, has a cavity")

    browser = signed_in(make.patient())
    monkeypatch.setattr("core.audit.record", break_down)
    answer = browser.get("/home", expect_errors=True)
    assert answer.status_int == 500
    assert "cavity" not in answer.text
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    [line] = [line for line in lines if line["event"] == "failed"]
    assert line["request"] in answer.text
    assert line["error"] == "ValueError"
    assert "cavity" not in json.dumps(lines)


def test_a_fault_writes_nothing(signed_in, make, practice, monkeypatch):
    from sqlalchemy import func, select

    from core.audit import AuditEvent

    browser = signed_in(make.patient())

    def break_down(*_):
        raise ValueError

    monkeypatch.setattr("core.plugins.request_tabs", break_down, raising=False)
    monkeypatch.setattr(pages, "sorted", break_down, raising=False)
    assert browser.get("/home", expect_errors=True).status_int == 500
    with practice.session() as session:
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == 0


def test_a_database_that_is_away_is_said_so(signed_in, make, monkeypatch):
    browser = signed_in(make.patient())

    def away(*_, **__):
        raise OperationalError("select 1", {}, OSError())

    monkeypatch.setattr("core.auth.policy.find_visitor", away)
    answer = browser.get("/home", expect_errors=True)
    assert (answer.status_int, answer.headers["Retry-After"]) == (503, "10")
    assert "right back" in answer.text


@pytest.mark.parametrize("path", ["/%ff", "/appointments/%00/confirm", "/appointments?page=%ff", "/%2e%2e/%2e%2e/etc/passwd", "/" + "a" * 5000])
def test_strange_addresses_never_break_the_portal(signed_in, make, path):
    browser = signed_in(make.patient())
    request = browser.RequestClass.blank("/")
    raw = path.partition("?")
    request.environ |= browser.extra_environ | {"PATH_INFO": unquote_to_bytes(raw[0]).decode("latin-1"), "QUERY_STRING": raw[2]}
    assert request.get_response(browser.app).status_int in {303, 400, 404}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_methods_that_a_page_does_not_have_are_refused(web, method):
    request = web.RequestClass.blank("/sign-in", method=method, environ=web.extra_environ)
    assert web.do_request(request, status="*", expect_errors=True).status_int in {404, 405, 419}
