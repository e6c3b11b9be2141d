"""What a plan includes: a limit holds also for those who ask at the same moment, and takes nothing from whoever has access already."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from core import allowance, outbox
from core.auth import access
from core.auth.access import CannotGiveAccess
from core.auth.models import Account
from core.outbox import OutboxRow
from core.plans import KINDS, OFFERED, read_plans
from tenants.models import Practice
from tenants.practices import CannotMakePractice, book

NOW = datetime.now(UTC)


@pytest.fixture
def limit(db, practice):
    """`limit(patients=3)`: the practice's plan includes no more than that."""

    def to(**limits) -> None:
        db.execute(update(Practice).where(Practice.id == practice.id).values(plan="Small", plan_limits=limits))
        db.commit()

    return to


def used(session, practice, kind: str) -> int:
    return next(use.used for use in allowance.plan_of(session, practice.id).uses if use.kind == kind)


def test_of_many_who_get_access_at_the_same_moment_as_many_do_as_the_plan_includes(limit, make, practice, db):
    patients = [make.patient().id for _ in range(6)]
    limit(patients=3)

    def give(patient_id) -> bool:
        with practice.session() as session:
            try:
                access.give(session, practice.id, patient_id, NOW)
            except CannotGiveAccess:
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(6) as threads:
        given = list(threads.map(give, patients))
    assert sum(given) == 3
    assert db.scalar(select(func.count()).select_from(Account).where(Account.practice_id == practice.id)) == 3


def test_who_has_access_keeps_it_and_gets_a_new_sheet_and_who_had_it_waits_for_room(limit, make, practice, db):
    inside, left, outside = make.patient(), make.patient(), make.patient()
    for one in (inside, left):
        access.give(db, practice.id, one.id, NOW)
    access.close(db, practice.id, left.id, NOW)
    limit(patients=1)
    assert access.give(db, practice.id, inside.id, NOW).password
    for ask in (lambda: access.give(db, practice.id, left.id, NOW), lambda: access.invite(db, practice.id, outside.id, NOW)):
        with pytest.raises(CannotGiveAccess, match=r"has no room for more patients with access: it includes 1\. Ask whoever runs the portal"):
            ask()
    access.close(db, practice.id, inside.id, NOW)
    assert access.give(db, practice.id, outside.id, NOW).password


def test_an_invitation_that_finds_no_room_says_so_and_stays_good(limit, make, practice, db, web, work_off, mails):
    patient = make.patient(email=f"vale@{practice.slug}.test")
    access.invite(db, practice.id, patient.id, NOW)
    db.commit()
    work_off()
    limit(patients=0)
    [mail] = mails.to(patient.email)
    text = mail.get_body(("plain",)).get_content()
    path = next(word for word in text.split() if "/invitation/" in word).partition(practice.host)[2].partition("/")[2]
    form = web.get(f"/{path}").forms[0]
    form["birthdate"], form["new_password"] = patient.birthdate.isoformat(), "Correct-horse-7"
    assert access.NO_ROOM in form.submit(status=422)
    limit(patients=1)
    form.submit(status=303)
    assert used(db, practice, "patients") == 1


def test_a_clinic_beyond_the_plan_is_refused_with_what_to_do(limit, signed_in, make):
    limit(clinics=1)
    form = signed_in(account=make.staff()).get("/office/clinics/new").forms["clinic"]
    form["name"] = "West"
    assert "Your plan, Small, has no room for more clinics: it includes 1." in form.submit(status=422)


def test_texts_count_by_month_with_those_that_are_still_to_go_out(limit, practice, db):
    limit(texts=2)
    for days in (0, 40):
        row = outbox.put(db, practice.id, "auth.text_of_account", {})
        db.flush()
        db.execute(update(OutboxRow).where(OutboxRow.id == row).values(done_at=NOW - timedelta(days=days)))
    db.commit()
    allowance.need_room(db, practice.id, "texts")
    outbox.put(db, practice.id, "auth.text_register_code", {})
    db.flush()
    with pytest.raises(allowance.Full):
        allowance.need_room(db, practice.id, "texts")


def test_of_many_texts_asked_for_at_the_same_moment_as_many_go_out_as_the_plan_includes(limit, practice, db):
    limit(texts=2)

    def ask(_) -> bool:
        with practice.session() as session:
            try:
                allowance.need_room(session, practice.id, "texts")
            except allowance.Full:
                return False
            outbox.put(session, practice.id, "auth.text_register_code", {})
            session.commit()
            return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(ask, range(6))) == 2


def test_admins_are_told_from_four_fifths_on_and_nobody_else(limit, make, practice, db, signed_in):
    for _ in range(4):
        access.give(db, practice.id, make.patient().id, NOW)
    limit(patients=5)
    admin = signed_in(account=make.staff())
    assert "4 of 5 patients with access" in admin.get("/office")
    assert "Nearly used up" in admin.get("/office/allowance")
    desk = signed_in(account=make.staff("front_desk"))
    assert "Your plan is nearly used up" not in desk.get("/office")
    desk.get("/office/allowance", status=403)
    limit(patients=6)
    assert "Your plan is nearly used up" not in admin.get("/office")


def test_a_plan_is_booked_by_its_name_with_its_limits(db, practice):
    assert book(db, practice.id, OFFERED, "Starter")
    assert not book(db, practice.id, OFFERED, "Starter")
    assert allowance.plan_of(db, practice.id).name == "Starter"
    assert {use.kind: use.limit for use in allowance.plan_of(db, practice.id).uses} == OFFERED["Starter"]
    with pytest.raises(CannotMakePractice, match="There is no plan called 'King'"):
        book(db, practice.id, OFFERED, "King")


def test_plans_of_the_settings_are_read_or_refused():
    assert read_plans(None) == OFFERED
    assert read_plans(json.dumps({"Small": {"patients": 300, "storage": "2 GB"}})) == {"Small": {"patients": 300, "storage": 2**31}, "Unlimited": {}}
    assert read_plans('{"a": {"storage": "500MB"}}')["a"] == {"storage": 500 * 2**20}
    for wrong in ("{", "[]", '{"": {}}', '{"a": 1}', '{"a": {"patients": -1}}', '{"a": {"patients": true}}', '{"a": {"dogs": 1}}', '{"a": {"storage": 5}}', '{"a": {"storage": "5 TB"}}'):
        with pytest.raises(ValueError, match="whole numbers"):
            read_plans(wrong)
    assert all(set(limits) <= set(KINDS) for limits in OFFERED.values())
