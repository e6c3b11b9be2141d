"""Patients see who may see their record, offer access to it by mail, and end it; so do the guardians of children, and nobody else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.audit import AuditEvent
from core.auth import access
from core.auth.models import SignInSession, Ticket
from core.people.models import AccessOffer, Grant
from core.testing import browser
from tenants import settings

NOW = datetime.now(UTC)
PASSWORD = "Maple-canoe-42 window"
LINK = re.compile(r"/family/offer/([\w-]{40,})")


def _years_ago(years: int):
    today = NOW.date()
    return today.replace(year=today.year - years, day=min(today.day, 28))


def offer_in(app, email="ada@friends.test", until="", **tabs):
    """Fill the form in and send it, in a browser that is signed in."""
    form = app.get("/family/access/give").forms["grant-give"]
    form["name"], form["email"], form["relation"], form["until"] = "Ada Byron", email, "friend", until
    for tab, level in (tabs or {"appointments": "see", "account": "act"}).items():
        form[f"tab_{tab}"] = level
    return form.submit(status="*")


@pytest.fixture
def link_to(work_off, mails):
    """`link_to(address)`: the path of the newest link that was mailed there."""

    def find(address: str = "ada@friends.test") -> str:
        work_off()
        return LINK.search(mails.to(address)[-1].get_body(("plain",)).get_content())[0]

    return find


@pytest.fixture
def take(portal, practice):
    """`take(path, patient)`: somebody without an account opens the link and makes one; gives the answer and the browser."""

    def go(path: str, patient, app=None, **fields):
        app = app or browser(portal, practice)
        form = app.get(path).forms["grant-offer"]
        form["birthdate"] = str(patient.birthdate)
        typed = {"name": "Ada Byron", "new_password": PASSWORD} if "name" in form.fields else {}
        for name, value in (typed | fields).items():
            form[name] = value
        return form.submit(status="*"), app

    return go


def _view(db, account, patient) -> None:
    db.execute(update(SignInSession).where(SignInSession.account_id == account.id).values(patient_id=patient.id))
    db.commit()


def _grants(db, patient, **where) -> list[Grant]:
    db.expire_all()
    query = select(Grant).where(Grant.patient_id == patient.id, Grant.given_by == "account").order_by(Grant.plugin)
    return list(db.scalars(query.filter_by(**where)))


def test_somebody_new_takes_what_was_offered_and_sees_that_and_no_more(make, signed_in, link_to, take, db, mails):
    patient = make.patient(first_name="Mia", email="mia@friends.test")
    assert offer_in(signed_in(patient)).location.endswith("/family/access")
    answer, app = take(link_to(), patient)
    assert answer.location.endswith("/family")
    page = app.get("/family")
    assert "You may now see the record of Mia Vale." in page.text
    assert "You may see Account and act there, and see Appointments." in page.text
    assert "Your friend" in page.text
    assert [app.get(f"/{tab}", status="*").status_int for tab in ("appointments", "account", "account/pay", "images", "webmail", "summary", "plan")] == [
        200, 200, 200, 403, 403, 403, 403,
    ]  # fmt: skip
    assert {(grant.plugin, grant.level, grant.relation, grant.until) for grant in _grants(db, patient)} == {
        ("account", "act", "friend", None), ("appointments", "see", "friend", None),
    }  # fmt: skip
    assert [mail["Subject"] for mail in mails.to("mia@friends.test")] == []


def test_both_sides_see_it_and_hear_of_it_and_no_mail_names_anybody(make, signed_in, link_to, take, work_off, mails):
    patient = make.patient(first_name="Wilhelmina", last_name="Quackenbush", email="wil@friends.test")
    app = signed_in(patient)
    offer_in(app, email="both@friends.test")
    take(link_to("both@friends.test"), patient)
    work_off()
    page = app.get("/family/access").text
    assert "Ada Byron" in page
    assert "They may see Account and act there, and see Appointments." in page
    assert "Given by you" in page
    for address, subjects in (("wil@friends.test", 1), ("both@friends.test", 2)):
        found = mails.to(address)
        assert len(found) == subjects
        assert not re.search("wilhelmina|quackenbush|byron|appointment|account", " ".join(mail.get_body(("plain",)).get_content() for mail in found), re.IGNORECASE)


@pytest.mark.parametrize("who", ["patient", "holder"])
def test_either_side_ends_it_and_the_next_click_is_refused(make, signed_in, link_to, take, db, who):
    patient = make.patient(first_name="Mia")
    mine = signed_in(patient)
    offer_in(mine)
    _, theirs = take(link_to(), patient)
    page = mine.get("/family/access") if who == "patient" else theirs.get("/family")
    [path] = {link.get("href") for link in page.lxml.xpath("//a[contains(@href, '/family/access/end/')]")}
    (mine if who == "patient" else theirs).get(path).forms["grant-end"].submit()
    for tab in ("appointments", "account"):
        assert theirs.get(f"/{tab}").location.endswith(f"/sign-in?next=%2F{tab}")
    [ended] = {(grant.ended_by_id, grant.until is not None) for grant in _grants(db, patient)}
    assert ended[1]
    history = mine.get("/family/access").text
    assert "Who could see it earlier (1)" in history
    assert ("by you" if who == "patient" else "by Ada Byron") in history
    log = mine.get("/profile/access-log").text
    assert "Ended somebody’s access to this record" in log
    assert "Ada Byron" in log


def test_whoever_has_nothing_left_is_told_so_after_signing_in(make, signed_in, link_to, take, web, db):
    patient = make.patient()
    offer_in(signed_in(patient))
    take(link_to(), patient, user_name="ada byron")
    db.execute(update(Grant).where(Grant.patient_id == patient.id, Grant.given_by == "account").values(until=NOW))
    db.commit()
    form = web.get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = "ada byron", PASSWORD
    page = form.submit().follow()
    assert "no record here any more that you may see" in page.text


def test_an_account_that_is_there_takes_it_after_the_birthdate(make, signed_in, link_to, take, db):
    patient, friend = make.patient(first_name="Mia"), make.patient(first_name="Ada", birthdate=_years_ago(40))
    account = make.account(friend)
    offer_in(signed_in(patient), appointments="act", images="see")
    path = link_to()
    answer, app = take(path, patient, app=signed_in(account=account))
    assert answer.location.endswith("/family")
    assert "Viewing <strong>Mia Vale" in answer.follow().text
    assert {grant.account_id for grant in _grants(db, patient)} == {account.id}
    assert app.get(path, status=404)


def test_nobody_takes_access_to_the_own_record(make, signed_in, link_to, take):
    patient = make.patient(first_name="Mia")
    app = signed_in(patient)
    offer_in(app)
    path = link_to()
    answer, _ = take(path, patient, app=app)
    assert answer.status_int == 422
    assert "This is your own record" in answer.text
    assert app.get(path).status_int == 200


def test_it_ends_on_the_day_that_was_chosen(make, signed_in, link_to, take, practice, db):
    patient, day = make.patient(), NOW.date() + timedelta(days=40)
    app = signed_in(patient)
    assert "still to come" in offer_in(app, until=str(NOW.date() - timedelta(days=1))).text
    assert "still to come" in offer_in(app, until="9999-12-31").text
    offer_in(app, until=str(day))
    take(link_to(), patient)
    zone = practice.registry.tenants.current(practice.id).time_zone
    assert {grant.until for grant in _grants(db, patient)} == {datetime(day.year, day.month, day.day, tzinfo=zone)}


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(make, signed_in):
    app = signed_in(make.patient())
    page = offer_in(app, email="nobody", account="none")
    assert page.status_int == 422
    for words in ("Type an e-mail address", "Ada Byron", "nobody"):
        assert words in page.text
    assert "Choose at least one tab" in offer_in(app, account="none").text


@pytest.mark.parametrize("name", ["\0", "Ada\u202eLovelace", "\u200b", "😀", "x" * 101, " "])
def test_a_name_that_cannot_be_used_has_a_clear_answer(make, signed_in, name):
    app = signed_in(make.patient())
    form = app.get("/family/access/give").forms["grant-give"]
    form["name"], form["email"], form["relation"], form["tab_account"] = name, "ada@friends.test", "friend", "see"
    page = form.submit(status=422)
    assert re.search("letters that can be seen|Shorten the name|Fill in the name", page.text)


def test_before_giving_and_ending_the_password_is_asked_for(make, signed_in, db):
    patient, friend = make.patient(), make.account(make.patient(first_name="Ada"))
    make.grant(friend, patient, "account", "see", "friend")
    account = make.account(patient)
    app = signed_in(account=account)
    db.execute(update(SignInSession).where(SignInSession.account_id == account.id).values(proven_at=NOW - timedelta(minutes=11)))
    db.commit()
    grant = db.scalars(select(Grant).where(Grant.account_id == friend.id, Grant.patient_id == patient.id)).one()
    for path in ("/family/access/give", f"/family/access/end/{grant.id}"):
        assert "/profile/prove" in app.get(path).location
        assert "/profile/prove" in app.post(path, {"csrf_token": app.get("/home").forms["sign-out"]["csrf_token"].value}).location
    assert app.get("/family/access").status_int == 200


def test_an_offer_is_sent_again_and_withdrawn(make, signed_in, link_to, take, portal, practice):
    patient = make.patient()
    app = signed_in(patient)
    offer_in(app)
    first = link_to()
    app.get("/family/access").forms["offers"].submit("send")
    second = link_to()
    assert first != second
    stranger = browser(portal, practice)
    assert stranger.get(first, status=404)
    assert stranger.get(second).status_int == 200
    app.get("/family/access").forms["offers"].submit("withdraw")
    assert stranger.get(second, status=404)
    assert "offers" not in app.get("/family/access").forms


def test_an_offer_that_is_withdrawn_before_the_mail_goes_out_is_not_sent(make, signed_in, work_off, mails):
    app = signed_in(make.patient())
    offer_in(app, email="never@friends.test")
    app.get("/family/access").forms["offers"].submit("withdraw")
    work_off()
    assert mails.to("never@friends.test") == []


# Children


@pytest.fixture
def family(make, db, practice, registry):
    """A mother who is the guardian, her child of nine with an account, and both accounts."""
    settings.change(db, registry.plugins, practice.id, None, "portal.narrow_age", 13, "test", NOW)
    db.commit()
    mother, child = make.patient(first_name="Ada", birthdate=_years_ago(40)), make.patient(first_name="Mia", birthdate=_years_ago(9))
    relation = {"kind": "relationship", "external_id": "R1", "patient": child.external_id, "related": mother.external_id, "relation": "mother"}
    make.take_in([relation | {"is_guardian": True}])
    return mother, child, make.account(mother), make.account(child), relation


def test_a_guardian_gives_access_to_the_child_for_as_long_as_the_own_lasts(family, signed_in, link_to, take, db, practice):
    _, child, mother, *_ = family
    app = signed_in(account=mother)
    _view(db, mother, child)
    offer_in(app, images="see", account="act")
    take(link_to(), child)
    zone = practice.registry.tenants.current(practice.id).time_zone
    ends = {age: datetime(child.birthdate.year + age, child.birthdate.month, child.birthdate.day, tzinfo=zone) for age in (13, 18)}
    assert {grant.plugin: grant.until for grant in _grants(db, child)} == {"images": ends[13], "account": ends[18]}


@pytest.mark.parametrize("what", ["no guardian any more", "confidential", "closed"])
def test_what_a_guardian_gave_ends_with_the_guardians_own_access(family, signed_in, link_to, take, db, make, what):
    _, child, mother, _, relation = family
    app = signed_in(account=mother)
    _view(db, mother, child)
    offer_in(app)
    offer_in(app, email="late@friends.test")
    _, theirs = take(link_to(), child)
    late = link_to("late@friends.test")
    if what == "no guardian any more":
        make.take_in([relation | {"is_guardian": False}])
    elif what == "confidential":
        make.take_in([{"kind": "patient", "external_id": child.external_id, "first_name": "Mia", "last_name": "Vale", "birthdate": child.birthdate, "is_confidential": True}])
    else:
        access.close(db, mother.practice_id, mother.patient_id, datetime.now(UTC))
        db.commit()
    assert all(grant.until and grant.until <= datetime.now(UTC) for grant in _grants(db, child))
    assert theirs.get("/account").location.endswith("/sign-in?next=%2Faccount")
    assert theirs.get(late, status=404)


def test_a_child_sees_who_may_see_the_record_and_changes_nothing(family, signed_in, link_to, take, db):
    _, child, mother, own, _ = family
    app = signed_in(account=mother)
    _view(db, mother, child)
    offer_in(app)
    take(link_to(), child)
    mine = signed_in(account=own)
    page = mine.get("/family/access")
    assert "Ada Byron" in page.text
    assert "Until you are 18" in page.text
    assert not page.lxml.xpath("//a[contains(@href, '/family/access/give') or contains(@href, '/family/access/end/')]")
    assert "grant-give" not in mine.get("/family/access/give").forms
    [grant, *_] = _grants(db, child)
    assert mine.get(f"/family/access/end/{grant.id}", status=404)
    token = mine.get("/home").forms["sign-out"]["csrf_token"].value
    sent = {"csrf_token": token, "name": "Eve", "email": "eve@friends.test", "relation": "friend", "tab_account": "see"}
    assert mine.post("/family/access/give", sent, status=422)
    assert db.scalars(select(AccessOffer.name).where(AccessOffer.patient_id == child.id)).all() == ["Ada Byron"]


def test_who_has_a_right_by_others_or_as_guarantor_has_no_say(make, signed_in, db):
    head = make.patient(first_name="Ada")
    spouse = make.patient(first_name="Mia", guarantor=head.external_id)
    friend = make.account(make.patient(first_name="Eve"))
    make.grant(friend, spouse, "*", "act", "friend")
    for account in (make.account(head), friend):
        app = signed_in(account=account)
        _view(db, account, spouse)
        assert app.get("/home").status_int == 200
        for path in ("/family/access", "/family/access/give"):
            assert app.get(path, status=403)


def test_what_the_offices_records_say_is_not_ended_here(make, signed_in, db):
    head = make.patient(first_name="Ada")
    member = make.patient(first_name="Mia", guarantor=head.external_id)
    make.account(head)
    app = signed_in(member)
    assert "Given by the office’s records" in app.get("/family/access").text
    grant = db.scalars(select(Grant).where(Grant.patient_id == member.id, Grant.relation == "guarantor")).one()
    assert app.get(f"/family/access/end/{grant.id}", status=404)


def test_it_is_in_the_audit_log_with_ids_only(make, signed_in, link_to, take, db):
    patient = make.patient()
    app = signed_in(patient)
    offer_in(app)
    take(link_to(), patient)
    [path] = {link.get("href") for link in app.get("/family/access").lxml.xpath("//a[contains(@href, '/family/access/end/')]")}
    app.get(path).forms["grant-end"].submit()
    rows = db.execute(select(AuditEvent.action, AuditEvent.patient_id).where(AuditEvent.action.startswith("portal.grant."))).all()
    assert sorted(rows) == sorted((f"portal.grant.{verb}", patient.id) for verb in ("offer", "accept", "end"))
    assert db.scalars(select(Ticket.used_at).where(Ticket.kind == "grant")).one() is not None


def test_only_what_has_something_to_open_can_be_given(signed_in, make, registry):
    form = signed_in(make.patient()).get("/family/access/give").forms["grant-give"]
    offered = {name.removeprefix("tab_") for name in form.fields if name and name.startswith("tab_")}
    assert offered == {name for name, permissions in registry.plugins.permissions.items() if permissions} != set(registry.plugins.plugins)
