"""Patients at the office: finding them, their page, and letting them in."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.audit import AuditEvent
from core.auth import access, tickets
from core.auth.models import Account, SignInSession
from core.auth.passwords import check_password
from core.testing import PASSWORD

NOW = datetime.now(UTC)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"


def search(app, typed):
    """What the search finds."""
    form = app.get("/office/patients").forms["find"]
    form["find"] = typed
    return form.submit(status="*").maybe_follow()


def names(page) -> list[str]:
    return [link.get_text() for link in page.html.select("tbody th a")]


def path(patient, act: str = "") -> str:
    return f"/office/patients/{patient.id}" + (f"/{act}" if act else "")


def press(app, where: str, form: str, status=None):
    """Open a page and press the button of one of its forms."""
    return app.get(where).forms[form].submit(status=status)


def test_a_search_finds_and_says_how_access_stands_and_its_address_tells_nothing(office, make, audited, db, practice):
    open_, invited, closed, none = (make.patient(last_name=f"Quill{letter}", email=f"{letter}@example.test") for letter in "abcd")
    make.account(open_)
    tickets.issue_link(db, access.INVITATION, NOW, timedelta(days=1), invited.email, patient_id=invited.id)
    make.account(closed)
    access.close(db, practice.id, closed.external_id, NOW)
    db.commit()
    app = office("front_desk")
    page = search(app, "quill")
    assert names(page) == [f"Quill{letter}, Robin" for letter in "abcd"]
    assert [pill.get_text() for pill in page.html.select("tbody .pill")] == ["Has access", "Invited", "Access closed", "No access"]
    assert "quill" not in page.request.url.lower()
    assert page.forms["find"]["find"].value == "quill"
    assert len(audited("office.patients.find")) == 1
    one = page.click(href=str(none.id))
    assert one.click("Back to the search").forms["find"]["find"].value == "quill"


def test_who_is_only_near_is_said_to_be_near(office, make):
    make.patient(last_name="Johnson")
    page = search(office(), "Jonson")
    assert names(page) == ["Johnson, Robin"]
    assert "No exact match. These are near:" in page.text
    make.patient(last_name="Jonson")
    page = search(office(), "jonson")
    assert names(page) == ["Jonson, Robin", "Johnson, Robin"]
    assert "Spelled nearly like this" in page.text


@pytest.mark.parametrize("typed", ["???", "zzz", "\u202eabc", "🦷"])
def test_who_is_not_found_is_said(office, typed):
    assert "Nobody fits" in search(office(), typed)


@pytest.mark.parametrize(("typed", "sentence"), [("", "Type what you know"), ("x" * 101, "Shorten")])
def test_what_cannot_be_searched_is_said(office, typed, sentence):
    page = search(office(), typed)
    assert page.status_int == 422
    assert sentence in page.text
    assert page.forms["find"]["find"].value == typed


def test_a_file_in_place_of_words_and_an_address_that_was_changed_find_nobody(office):
    app = office()
    token = app.get("/office/patients").forms["find"]["csrf_token"].value
    assert app.post("/office/patients", {"csrf_token": token}, upload_files=[("find", "x.txt", b"x")], status=422)
    assert names(app.get("/office/patients?asked=nonsense")) == []


def test_what_is_searched_on_one_page_and_other_secrets_are_not_read_on_another(office, registry, practice):
    from core.auth.secrets import encrypt

    token = encrypt(registry.portal.secret_key, practice.id, "account:SEED")
    page = office().get("/office/patients", {"asked": token})
    assert "SEED" not in page.text.replace(token, "")
    assert page.forms["find"]["find"].value == ""


def test_the_page_says_how_access_stands_and_who_else_may_see(office, make, statements, audited):
    patient, mother = make.patient(first_name="Mia"), make.patient(first_name="Dana", last_name="Reed")
    own = make.account(patient, user_name="mia-here")
    make.grant(make.account(mother), patient, "images", "see", "guardian")
    make.grant(own, make.patient(first_name="Nora", last_name="Old"), relation="caregiver")
    make.grant(own, make.patient(first_name="Ivo", last_name="Gone"), until=NOW)
    make.grant(make.account(make.patient(first_name="Otto", last_name="Past")), patient, relation="friend", until=NOW)
    app = office("read_only")
    with statements() as seen:
        page = app.get(path(patient))
    assert len([one for one in seen if not one.startswith(("BEGIN", "SAVEPOINT"))]) <= 5
    rows = [" ".join(row.get_text(" ", strip=True).split()) for row in page.html.select("tbody tr")]
    assert rows[0].startswith("Dana Reed Guardian They may see Images.")
    assert rows[1].startswith("Nora Old As caregiver They may see everything and act.")
    assert rows[2].startswith("Otto Past Friend They could see everything and act.")
    assert len(rows) == 3
    assert "mia-here" in page.text
    assert not page.html.select("main form"), "who only looks has no button"
    assert [entry.patient_id for entry in audited("office.patient.view")] == [patient.id]


def test_patients_of_other_clinics_and_practices_are_not_there(office, make, other_make, practice):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    here, there, elsewhere = make.patient(), make.patient(clinic="C2"), other_make.patient()
    app = office("front_desk", clinic_ids=(practice.clinic_id,))
    app.get(path(here), status=200)
    missing = app.get(path(elsewhere), status=404).text
    for act in ("", "give", "close"):
        assert app.get(path(there, act), status=404).text == missing
    token = app.get(path(here)).forms["sign-out"]["csrf_token"].value
    for act in ("give", "sheet", "invite", "close", "sign-out"):
        app.post(path(there, act), {"csrf_token": token}, status=404)
    assert names(search(app, "robin")) == ["Vale, Robin"]
    app.get("/office/patients/nonsense", status=404)


def test_access_on_paper_is_shown_once_and_printed_from_that_page_alone(office, make, db, practice, audited):
    patient = make.patient(first_name="Mary")
    app = office("front_desk")
    given = app.get(path(patient)).click("Give access on paper").forms["give"].submit()
    user_name, password = (given.html.select_one(f"#given-{part}").get_text() for part in ("user-name", "password"))
    assert given.headers["Cache-Control"] == "no-store"
    account = access.account_of(db, practice.id, patient.id)
    assert check_password(account.password_hash, password)
    sheet = given.forms["sheet"].submit()
    assert password in sheet.text
    assert user_name in sheet.text
    assert (sheet.content_type, sheet.headers["Cache-Control"]) == ("text/html", "no-store")
    assert "script-src" not in sheet.headers["Content-Security-Policy"]
    assert sheet.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert password not in app.get(path(patient)).text
    [entry] = audited("access.given")
    assert (entry.patient_id, entry.target_id, entry.address) == (patient.id, account.id, "127.0.0.9")
    assert entry.account_id
    assert entry.request_id
    with practice.session() as session:
        for row in session.scalars(select(AuditEvent)):
            assert password not in str(vars(row))


def test_who_has_no_chart_number_is_given_access_as_well(office, make, db, practice):
    patient = make.patient()
    patient.external_id = None
    db.merge(patient)
    db.commit()
    app = office("front_desk")
    assert "shown this once" in press(app, path(patient, "give"), "give").text
    assert access.account_of(db, practice.id, patient.id)
    app.get(path(patient, "close")).forms["close"].submit().follow()
    token = app.get(path(patient)).forms["sign-out"]["csrf_token"].value
    assert "This patient has no access that could be closed" in app.post(path(patient, "close"), {"csrf_token": token}, status=422).text


@pytest.mark.parametrize("change", ["wrong password", "used", "closed", "given again", "of another patient"])
def test_no_sheet_is_made_of_a_password_that_opens_nothing(office, make, db, practice, change):
    patient = make.patient()
    app = office()
    form = press(app, path(patient, "give"), "give").forms["sheet"]
    account = access.account_of(db, practice.id, patient.id)
    if change == "wrong password":
        form["password"] = "Another-one-77"
    elif change == "used":
        account.is_first = False
    elif change == "closed":
        access.close(db, practice.id, patient.external_id, NOW)
    elif change == "given again":
        access.give(db, practice.id, patient.external_id, NOW)
    else:
        form.action = path(make.patient(), "sheet")
    db.commit()
    assert "can’t be made any more" in form.submit(status=404).text


def test_no_sheet_is_made_of_a_password_that_a_patient_has_chosen(office, make):
    patient = make.patient()
    account = make.account(patient)
    app = office()
    token = app.get(path(patient)).forms["sign-out"]["csrf_token"].value
    app.post(path(patient, "sheet"), {"csrf_token": token, "user_name": account.user_name, "password": PASSWORD}, status=404)


def test_an_invitation_goes_to_the_address_in_the_chart(office, make, work_off, mails, audited):
    patient = make.patient(email="invited-here@example.test")
    app = office("front_desk")
    page = press(app, path(patient), "invite").follow()
    assert "on its way" in page.text
    work_off()
    assert len(mails.to("invited-here@example.test")) == 1
    assert "can be used until" in app.get(path(patient)).text
    assert audited("access.invited")[0].account_id


def test_taking_away_and_signing_out(office, make, signed_in, audited):
    patient = make.patient()
    at_home = signed_in(patient)
    app = office("front_desk")
    assert "On 1 device" in app.get(path(patient)).text
    press(app, path(patient), "end-sessions")
    at_home.get("/home", status=303)
    assert "Nowhere" in app.get(path(patient)).text
    page = press(app, path(patient, "close"), "close").follow()
    assert "Access closed" in page.text
    assert [audited(action)[0].patient_id for action in ("access.signed_out", "access.closed")] == [patient.id] * 2


def test_one_device_is_signed_out_and_the_other_stays(office, make, signed_in, audited, db, other_make, other_signed_in, other_db):
    patient = make.patient()
    account = make.account(patient)
    phone = signed_in(account=account)
    db.execute(update(SignInSession).where(SignInSession.account_id == account.id).values(user_agent=IPHONE))
    db.commit()
    desk, theirs = signed_in(account=account), other_make.account(other_make.patient())
    stranger, app = other_signed_in(account=theirs), office("front_desk")
    page = app.get(path(patient))
    [row] = [row for row in page.html.select(".list-row") if "Safari on iPhone" in row.get_text()]
    form = page.forms[row.form["id"]]
    assert "Signed out there." in form.submit("device", status=303).follow()
    phone.get("/home", status=303)
    desk.get("/home", status=200)
    assert "On 1 device" in app.get(path(patient)).text
    asked = {"csrf_token": form["csrf_token"].value}
    others = other_db.scalars(select(SignInSession.id).where(SignInSession.account_id == theirs.id)).one()
    for device in (row.form.button["value"], others):
        assert "signed out already" in app.post(path(patient, "sign-out"), asked | {"device": str(device)}, status=422)
    app.post(path(patient, "sign-out"), asked | {"device": "nonsense"}, status=404)
    stranger.get("/home", status=200)
    assert [entry.patient_id for entry in audited("access.signed_out_one")] == [patient.id]


def test_what_cannot_be_done_is_said_on_the_page(office, make):
    patient = make.patient()
    app = office()
    token = app.get(path(patient)).forms["sign-out"]["csrf_token"].value
    page = app.post(path(patient, "close"), {"csrf_token": token}, status=422)
    assert "no access that could be closed" in page.text
    bare = make.patient(birthdate=None)
    assert "Without a birthdate" in app.get(path(bare)).text
    assert "no birthdate" in app.post(path(bare, "give"), {"csrf_token": token}, status=422).text


@pytest.mark.parametrize("act", ["give", "invite", "close"])
def test_letting_in_and_taking_away_asks_first_who_is_there(office, make, proof_is_old, db, practice, act):
    patient = make.patient()
    app = office()
    token = app.get(path(patient)).forms["sign-out"]["csrf_token"].value
    proof_is_old()
    answer = app.post(path(patient, act), {"csrf_token": token}, status=303)
    assert "/office/profile/prove?next=" in answer.location
    assert access.account_of(db, practice.id, patient.id) is None
    form = answer.follow().forms["prove"]
    form["password"] = PASSWORD
    after = form.submit().follow()
    assert after.request.path == path(patient, "" if act == "invite" else act)


def test_roles_that_only_look_are_refused(office, make):
    patient = make.patient()
    app = office("billing")
    token = app.get(path(patient)).forms["sign-out"]["csrf_token"].value
    for act in ("give", "sheet", "invite", "close", "sign-out"):
        app.post(path(patient, act), {"csrf_token": token}, status=403)
    assert not re.search(r"Give access|Invite", app.get(path(patient)).text)


def test_the_search_stands_on_the_first_page_for_who_may(office, make):
    assert office("front_desk").get("/office").forms["find"].action == "/office/patients"
    with pytest.raises(KeyError):
        _ = office("nobody").get("/office", status=403).forms["find"]


def test_an_account_without_a_chart_is_called_by_its_name(office, make, db):
    patient = make.patient()
    guest = Account(patient_id=None, name="Aunt Flo", user_name="flo77", user_name_norm="flo77", password_hash="", created_at=NOW)
    db.add(guest)
    db.commit()
    make.grant(guest, patient, "appointments", "see", "aunt")
    assert "Aunt Flo" in office().get(path(patient)).text
