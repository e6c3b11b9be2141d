"""Those who work in the office: invitation, sign-in with a second step, and that the two sign-ins of an address are kept apart."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import select

from core.auth import services, staff, tickets
from core.auth.models import Account, SignInSession
from core.auth.roles import ROLES
from core.auth.staff import Wish
from core.auth.staff_rules import CannotChangeStaff, Giver
from core.testing import PASSWORD, browser

NOW = datetime.now(UTC)
OWN = "Maple-canoe-42 window"
KIM = Wish("Kim Sato", "kim@example.test", "office_admin")


def _link(mails, address: str) -> str:
    return re.search(r"/office/invitation/\S+", mails.to(address)[-1].get_body(("plain",)).get_content())[0]


@pytest.fixture
def invited(db, practice, work_off, mails):
    """`invited(wish)`: an invitation that has been mailed; gives the path of its link."""

    def invite(wish: Wish = KIM) -> str:
        staff.invite(db, practice.id, wish, NOW)
        db.commit()
        work_off()
        return _link(mails, wish.email)

    return invite


def _accept(web, path: str, **typed):
    form = web.get(path).forms["invitation"]
    for name, value in typed.items():
        form[name] = value
    return form.submit(status="*")


def _app_code(page) -> str:
    from base64 import b32decode

    [key] = page.lxml.xpath("//*[@data-app-key]//text()") or [re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.text)[0]]
    return TOTP(b32decode(key.replace(" ", "")), 6, SHA1(), 30).generate(int(datetime.now(UTC).timestamp())).decode()


def test_from_the_invitation_to_the_office(web, invited, db, practice):
    path = invited()
    assert "Welcome, Kim Sato" in web.get(path).text
    step = _accept(web, path, user_name="kim", new_password=OWN).follow()
    assert step.request.path == "/office/sign-in/second"
    assert not step.lxml.xpath("//a[contains(@href, 'way=mail')]"), "a mailbox is no second step for staff"
    form = step.forms["second-app"]
    form["app_code"] = _app_code(step)
    codes = form.submit()
    assert "recovery codes" in codes.text
    home = web.get("/office")
    assert "Kim Sato" in home.text
    web.reset()
    form = web.get("/office/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = "KIM", OWN
    assert form.submit().location.endswith("/office/sign-in/second")
    web.get("/office", status=303)
    assert web.get("/home", status=303).location.endswith("/sign-in?next=%2Fhome")


def test_an_invitation_works_once_in_time_and_for_its_practice(web, invited, db, practice, portal, other_practice):
    path = invited()
    browser(portal, other_practice).get(path, status=404)
    _accept(web, path, new_password=OWN)
    again = web.get(path, status=404)
    assert again.text == web.get("/office/invitation/nonsense", status=404).text
    token = tickets.issue_link(db, staff.INVITATION, NOW - timedelta(days=8), staff.INVITATION_LIVES, "kim@example.test",
                               account_id=staff.find(db, practice.id, "kim@example.test").id)  # fmt: skip
    db.commit()
    assert web.get(f"/office/invitation/{token}", status=404).text == again.text


@pytest.mark.parametrize("wish, sentence", [
    (Wish("", "kim@example.test", "billing"), "name"), (Wish("Kim", "kim", "billing"), "e-mail"), (Wish("Kim", "kim@example.test", "king"), "role"),
    (Wish("K\u202eim", "kim@example.test", "billing"), "name"),
])  # fmt: skip
def test_what_cannot_be_invited_is_said(db, practice, wish, sentence):
    with pytest.raises(CannotChangeStaff, match=sentence):
        staff.invite(db, practice.id, wish, NOW)


def test_the_only_office_admin_stays(db, practice, make):
    admin = make.staff()
    with pytest.raises(CannotChangeStaff, match="only office admin"):
        staff.close(db, practice.id, admin.id, NOW)
    with pytest.raises(CannotChangeStaff, match="only office admin"):
        staff.invite(db, practice.id, Wish("Kim", admin.email, "billing"), NOW)
    make.staff()
    staff.close(db, practice.id, admin.id, NOW)
    assert [member.state for member in staff.members(db, practice.id)][-1] == "closed"


def test_closing_ends_what_is_open(signed_in, db, practice, make):
    keeper, leaver = make.staff(), make.staff("front_desk")
    app = signed_in(account=leaver)
    app.get("/office", status=200)
    staff.close(db, practice.id, leaver.id, NOW, by=Giver(keeper.id, ROLES["office_admin"].permissions))
    db.commit()
    app.get("/office", status=303)


def test_a_role_that_changes_counts_on_the_next_request(signed_in, db, make, portal):
    make.staff()
    account = make.staff("billing")
    app = signed_in(account=account)
    assert app.get("/office").status_int == 200
    account.role = "nobody"
    db.commit()
    app.get("/office", status=403)


@pytest.mark.parametrize("of_staff", [True, False], ids=["staff at the portal", "a patient at the office"])
def test_a_password_opens_its_own_sign_in_only(web, make, of_staff):
    account, path = (make.staff(), "/sign-in") if of_staff else (make.account(make.patient()), "/office/sign-in")
    form = web.get(path).forms["sign-in"]
    form["user_name"], form["password"] = account.user_name, PASSWORD
    wrong = form.submit(status=422)
    form = web.get(path).forms["sign-in"]
    form["user_name"], form["password"] = "nobody", PASSWORD
    unknown = form.submit(status=422)
    clean = [re.sub(r'value="[^"]*"', "", page.text) for page in (wrong, unknown)]
    assert clean[0] == clean[1]


def test_the_token_of_one_sign_in_is_nothing_at_the_other(web, practice, make):
    person, member = make.account(make.patient()), make.staff()
    with practice.session() as session:
        portal_token = services.open_session(session, person, datetime.now(UTC))
        office_token = services.open_session(session, member, datetime.now(UTC), services.Place(realm="office"))
        session.commit()
    web.set_cookie("cuspid", office_token)
    web.set_cookie("cuspid-office", portal_token)
    assert web.get("/home", status=303).location.endswith("/sign-in?next=%2Fhome")
    assert web.get("/office", status=303).location.endswith("/office/sign-in?next=%2Foffice")
    web.set_cookie("cuspid", portal_token)
    web.set_cookie("cuspid-office", office_token)
    assert "Kim Sato" not in web.get("/home").text
    assert "Kim Sato" in web.get("/office").text


def test_a_form_token_of_one_sign_in_is_refused_at_the_other(signed_in, practice, make):
    from core.testing import add_sign_in

    app = signed_in(make.patient())
    add_sign_in(app, practice, make.staff())
    token = app.get("/home").forms["sign-out"]["csrf_token"].value
    app.post("/office/sign-out", {"csrf_token": token}, status=419)
    app.get("/office").forms["sign-out"].submit().follow()
    app.get("/home", status=200)


def test_a_forgotten_password_and_a_sign_in_link_are_for_patients_only(web, make, work_off, mails):
    member = make.staff()
    for path, form_id in (("/forgot", "forgot"), ("/sign-in/link", "link")):
        form = web.get(path).forms[form_id]
        form["user_name"] = member.email
        form.submit()
    work_off()
    assert mails.to(member.email) == []


def test_staff_change_their_password_and_see_their_devices(signed_in, make, db):
    account = make.staff("clinical")
    app, elsewhere = signed_in(account=account), signed_in(account=account)
    assert "Clinical" in app.get("/office/profile").text
    form = app.get("/office/profile/password").forms["change-password"]
    form["password"], form["new_password"] = PASSWORD, OWN
    assert form.submit().location.endswith("/office/profile")
    app.get("/office/profile/devices", status=200)
    elsewhere.get("/office", status=303)


def test_sessions_of_staff_have_no_patient(db, practice, make, signed_in):
    account = make.staff()
    signed_in(account=account)
    [row] = db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id, SignInSession.account_id == account.id))
    assert (row.patient_id, row.realm) == (None, "office")


def test_no_account_of_staff_has_a_chart(db, make):
    from sqlalchemy.exc import IntegrityError

    db.add(Account(patient_id=make.patient().id, kind="staff", user_name="x", user_name_norm="x", password_hash="", created_at=NOW))
    with pytest.raises(IntegrityError):
        db.flush()
