"""The language in which somebody likes to be spoken to and written to."""

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth import access
from core.auth.models import Account


def choose(browser, language: str):
    form = browser.get("/profile/language").forms["language"]
    form["language"].force_value(language)
    return form.submit(expect_errors=True)


def kept(practice, account) -> str:
    with practice.session() as session:
        return session.scalars(select(Account.language).where(Account.id == account.id)).one()


def test_the_record_of_the_office_counts_until_one_says_otherwise(signed_in, make, practice):
    account = make.account(make.patient(language="es-MX"))
    browser = signed_in(account=account)
    assert "Español" in browser.get("/profile").text
    page = browser.get("/profile/language")
    assert page.forms["language"]["language"].value == ""
    assert "As the office has it: Español" in page.text
    assert choose(browser, "vi").follow().lxml.xpath("//html/@lang") == ["en"]
    assert "Tiếng Việt" in browser.get("/profile").text
    assert browser.get("/profile/language").forms["language"]["language"].value == "vi"
    with practice.session() as session:
        assert [entry.language for entry in access.entries(session, practice.id, account.created_at)] == ["vi"]
        rows = session.execute(select(AuditEvent.account_id, AuditEvent.target_id).where(AuditEvent.action == "auth.language.change")).all()
    assert [tuple(row) for row in rows] == [(account.id, account.id)]
    assert choose(browser, "").status_int == 303
    assert kept(practice, account) == ""


def test_each_language_is_read_out_in_itself(signed_in, make):
    page = signed_in(make.patient()).get("/profile/language")
    assert page.lxml.xpath("string(//option[@lang='fr'])") == "Français"


@pytest.mark.parametrize("language", ["xx", "klingon", "🦷", "a\0b", "\u202e", "x" * 1_000_000, "en-US"])
def test_what_is_not_in_the_list_is_refused_with_a_sentence(signed_in, make, practice, language):
    account = make.account(make.patient())
    answer = choose(signed_in(account=account), language)
    assert answer.status_int == 422
    assert "Choose a language from the list." in answer.text
    assert kept(practice, account) == ""


def test_a_file_in_place_of_a_language_is_an_empty_field(signed_in, make):
    browser = signed_in(make.patient())
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    answer = browser.post("/profile/language", {"csrf_token": token}, upload_files=[("language", "a.txt", b"en")], expect_errors=True)
    assert answer.status_int == 303
    untouched = signed_in(make.patient()).get("/profile").lxml.xpath("//a[@href='/profile/language']/../..")[0].text_content()
    assert browser.get("/profile").lxml.xpath("//a[@href='/profile/language']/../..")[0].text_content() == untouched


def test_without_a_chart_and_without_a_word_there_is_no_wish(signed_in, make):
    account = make.account(make.patient(language=""))
    assert "No wish" in signed_in(account=account).get("/profile/language").text
