"""One chart of two: nothing is lost, nobody gets more than they had."""

import re
import threading
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import CheckConstraint, Table, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from core.audit import AuditEvent
from core.auth import access, services, standing, tickets
from core.auth.models import Account, NoticeChoice, SignInSession, SupportAccess, Ticket
from core.db import uuid7
from core.people import charts
from core.people.finding import find
from core.people.merging import CannotMerge, merge
from core.people.models import AccessOffer, Grant, MergedChart, Patient, Relationship
from core.people.wanted import read_wanted
from core.plugins import PluginHost, hookimpl
from core.records import door
from core.records.kinds import kinds_for

NOW = datetime.now(UTC)
WHY = "Entered twice at the desk"


@pytest.fixture
def two(make):
    """A person's two charts: the one that is kept, and the other."""
    return make.patient(external_id="K-1", last_name="Quill"), make.patient(external_id="A-1", last_name="Qill", email="old@example.test")


@pytest.fixture
def join(db, practice, registry):
    """`join(kept, absorbed)`: make one of them, committed."""

    def act(kept, absorbed, host=None):
        merge(db, host or registry.plugins, practice.id, kept.id, absorbed.id, WHY, datetime.now(UTC))
        db.commit()

    return act


# Rows that a few tables take only like this.
SPECIAL = {"appointments_notice_rule": {"mode": 1, "send_order": ["email"]}, "appointments_confirmation": {"code": "C1"}, "summary_document": {"status": "quarantined", "reason": "nobody"}, "images_image": {"source_sha256": None}, "account_coverage": {"order": 1}, "account_estimate": {"state": "asked", "due_on": NOW.date()}}


def any_value(column):
    kinds = {str: f"x{uuid7().hex}", int: 15, bool: False, datetime: NOW, date: NOW.date(), UUID: uuid7(), bytes: b"", dict: {}, list: []}
    kind = dict if isinstance(column.type, JSONB) else list if isinstance(column.type, ARRAY) else column.type.python_type
    allowed = [
        re.findall(rf"^{column.name} in \((.*)\)", str(check.sqltext)) for check in column.table.constraints if isinstance(check, CheckConstraint)
    ]
    choices = [found[0] for found in allowed if found]
    return re.findall(r"'([^']*)'", choices[0])[-1] if choices else kinds[kind]


def add_row(db, practice_id, table: Table, **given) -> UUID:
    """A row with the least that the table takes; what it refers to is made as well."""
    values = {"practice_id": practice_id, "id": uuid7()} | SPECIAL.get(table.name, {}) | given
    for column in table.c:
        if column.name in values or column.nullable or column.server_default is not None:
            continue
        parents = [key.column.table for key in column.foreign_keys]
        values[column.name] = add_row(db, practice_id, parents[0]) if parents else any_value(column)
    db.execute(insert(table), values)
    return values["id"]


def test_no_table_keeps_a_row_under_the_chart_that_is_gone(db, practice, two, join, registry):
    """Every table with a patient in it, of core and of each tab: one that is forgotten is found here."""
    kept, absorbed = two
    plugins = registry.plugins.plugins
    tables = [*charts.own_tables(plugins), *(table for name in plugins for table in charts.tables_of(name))]
    rows = {table: add_row(db, practice.id, table, patient_id=absorbed.id) for table in tables if table.name not in ("patient_word", "patient_merged")}
    assert len(rows) > 20
    db.commit()
    join(kept, absorbed)
    for table, row_id in rows.items():
        where = (table.c.practice_id == practice.id, table.c.id == row_id)
        # A session shows the record of whoever is signed in with it.
        assert db.scalar(select(table.c.patient_id).where(*where)) in ({kept.id, None} if table.name == "sign_in_session" else {kept.id}), table.name
    keys = [key for table in Patient.metadata.tables.values() for key in table.foreign_key_constraints if key.referred_table.name == "patient"]
    for table, column in ((key.table, key.columns.values()[-1]) for key in keys):
        assert not db.scalar(select(column).where(table.c.practice_id == practice.id, column == absorbed.id).limit(1)), (table.name, column.name)
    assert db.get(Patient, (practice.id, absorbed.id)) is None
    assert db.scalars(select(AuditEvent).where(AuditEvent.practice_id == practice.id, AuditEvent.action == "office.patients.merge")).one().target_id == absorbed.id


def test_what_every_tab_holds_is_there_under_the_kept_chart_also_where_the_tab_is_off(db, practice, two, make, join, registry):
    kept, absorbed = two
    visit = {"kind": "appointment", "external_id": "V1", "patient": "A-1", "starts_at": NOW, "minutes": 30, "reason": "Filling"}
    make.take_in([visit])
    from tenants import settings

    settings.change(db, registry.plugins, practice.id, None, "appointments", False, "test", NOW)
    assert charts.counts(db, practice.id, registry.plugins.plugins, [kept.id, absorbed.id])["appointments"] == {absorbed.id: 1}
    join(kept, absorbed)
    assert charts.counts(db, practice.id, registry.plugins.plugins, [kept.id, absorbed.id])["appointments"] == {kept.id: 1}


def test_a_picture_that_both_had_is_kept_twice(db, practice, two, join):
    from plugins.images.models import Image

    for patient in two:
        whole = {"content_type": "image/png", "byte_size": 1, "sha256": "s", "source_sha256": "same", "file_key": f"k{patient.id}", "display_key": "d", "thumbnail_key": "t"}
        add_row(db, practice.id, Image.__table__, patient_id=patient.id, **whole)
    join(*two)
    keys = db.scalars(select(Image.file_key).where(Image.practice_id == practice.id, Image.patient_id == two[0].id)).all()
    assert sorted(keys) == sorted(f"k{patient.id}" for patient in two)


def test_later_records_with_the_number_of_the_chart_that_is_gone_arrive_at_the_kept_one(db, practice, two, make, join):
    kept, absorbed = two
    join(kept, absorbed)
    again = {"kind": "patient", "external_id": "A-1", "first_name": "Other", "last_name": "Name", "email": "stranger@example.test"}
    answers = make.take_in([again, {"kind": "appointment", "external_id": "V2", "patient": "A-1", "starts_at": NOW, "minutes": 30, "reason": "Crown"}])
    assert [answer.outcome for answer in answers] == ["unchanged", "created"]
    from plugins.appointments.models import Appointment

    assert db.scalars(select(Appointment.patient_id).where(Appointment.practice_id == practice.id)).all() == [kept.id]
    db.refresh(kept)
    assert (kept.last_name, kept.email) == ("Quill", "robin@example.test")
    assert [one.id for one in find(db, practice.id, read_wanted("A-1", NOW.date())).exact] == [kept.id]


def test_a_chart_that_was_kept_once_can_be_absorbed_later(db, practice, two, make, join):
    last = make.patient(external_id="L-1")
    join(*two)
    join(last, two[0])
    assert {row.external_id: row.patient_id for row in db.scalars(select(MergedChart).where(MergedChart.practice_id == practice.id))} == {"A-1": last.id, "K-1": last.id}


def grants(db, practice, patient) -> dict:
    """Which accounts hold what of a record now."""
    held = (Grant.practice_id == practice.id, Grant.patient_id == patient.id, Grant.until.is_(None) | (Grant.until > datetime.now(UTC)))
    found: dict = {}
    for grant in db.scalars(select(Grant).where(*held)):
        found.setdefault(grant.account_id, set()).add(f"{grant.plugin}.{grant.level}")
    return found


def test_nobody_sees_more_than_before(db, practice, two, make, join):
    kept, absorbed = two
    of_kept, of_absorbed, of_both = (make.account(make.patient(first_name=name)) for name in ("Ann", "Ben", "Cyd"))
    make.grant(of_kept, kept, "images", "see")
    make.grant(of_absorbed, absorbed)
    make.grant(of_both, kept, "plan", "see")
    make.grant(of_both, absorbed)
    join(kept, absorbed)
    assert grants(db, practice, kept) == {of_kept.id: {"images.see"}, of_both.id: {"plan.see"}}
    over = [holder for holder in standing.holders(db, practice.id, kept.id) if holder.is_over(datetime.now(UTC))]
    assert {holder.account_id for holder in over} == {of_absorbed.id, of_both.id}


def test_a_guardian_of_the_other_chart_alone_is_none_of_the_kept_one_until_the_practice_says_so(db, practice, make, join):
    born = date(NOW.year - 8, 1, 1)
    kept, absorbed = make.patient(external_id="K-2", birthdate=born), make.patient(external_id="A-2", birthdate=born)
    mother, father = make.patient(external_id="M-2"), make.patient(external_id="F-2")
    mothers, fathers = make.account(mother), make.account(father)
    said = [("K-2", "M-2", "mother"), ("A-2", "M-2", "mother"), ("A-2", "F-2", "father")]
    make.take_in([{"kind": "relationship", "external_id": f"{one}{other}", "patient": one, "related": other, "relation": what, "is_guardian": True} for one, other, what in said])
    join(kept, absorbed)
    assert grants(db, practice, kept) == {mothers.id: {"*.act"}}
    make.take_in([{"kind": "relationship", "external_id": "new", "patient": "K-2", "related": "F-2", "relation": "father", "is_guardian": True}])
    assert set(grants(db, practice, kept)) == {mothers.id, fathers.id}


def test_the_persons_family_goes_along(db, practice, two, make, join):
    kept, absorbed = two
    child = make.patient(guarantor="A-1")
    make.take_in([{"kind": "relationship", "external_id": "R", "patient": child.external_id, "related": "A-1", "relation": "mother", "is_guardian": False},
                  {"kind": "relationship", "external_id": "S", "patient": "K-1", "related": "A-1", "relation": "self"}])  # fmt: skip
    join(kept, absorbed)
    db.refresh(child)
    assert child.guarantor_id == kept.id
    rows = db.execute(select(Relationship.patient_id, Relationship.related_id).where(Relationship.practice_id == practice.id)).all()
    assert rows == [(child.id, kept.id)]


def test_the_only_account_opens_the_kept_chart(db, practice, two, make, join, signed_in):
    kept, absorbed = two
    app = signed_in(absorbed)
    account = access.account_of(db, practice.id, absorbed.id)
    tickets.issue_link(db, access.INVITATION, NOW, timedelta(days=1), kept.email, patient_id=kept.id)
    db.commit()
    join(kept, absorbed)
    assert grants(db, practice, kept) == {account.id: {"*.act"}}
    assert "Quill" in app.get("/profile").text
    assert not db.scalars(select(Ticket).where(Ticket.practice_id == practice.id, Ticket.used_at.is_(None))).all(), "an invitation would open a second account"


def test_of_two_accounts_that_of_the_kept_chart_stays(db, practice, two, make, join, signed_in, work_off):
    kept, absorbed = two
    stays, goes = make.account(kept), make.account(absorbed)
    app, others = signed_in(account=goes), make.patient(first_name="Oma")
    make.grant(goes, others, "images", "see")
    make.grant(goes, kept, "images", "see")
    make.grant(stays, absorbed, "images", "see")
    db.add(NoticeChoice(account_id=goes.id, kind="webmail.message", channel="email", is_on=False, changed_at=NOW))
    db.commit()
    join(kept, absorbed)
    app.get("/home", status=303)
    db.refresh(goes)
    assert goes.closed_at
    assert goes.patient_id == kept.id
    assert grants(db, practice, kept) == {stays.id: {"*.act"}}
    assert grants(db, practice, others) == {stays.id: {"images.see"}}
    assert db.scalars(select(NoticeChoice.is_on).where(NoticeChoice.practice_id == practice.id, NoticeChoice.account_id == stays.id)).all() == [False]


def test_access_that_the_office_has_taken_away_stays_away(db, practice, two, make, join):
    kept, absorbed = two
    make.account(kept)
    access.close(db, practice.id, "K-1", NOW)
    make.account(absorbed)
    join(kept, absorbed)
    assert not db.scalars(select(Account).where(Account.practice_id == practice.id, Account.patient_id == kept.id, Account.closed_at.is_(None))).all()


def test_offers_looks_and_sessions_of_the_other_chart_end(db, practice, two, make, join):
    kept, absorbed = two
    giver, friend, staff = make.account(absorbed), make.account(make.patient(first_name="Fay")), make.staff()
    make.grant(friend, absorbed)
    token = services.open_session(db, friend, NOW, patient_id=absorbed.id)
    offer = AccessOffer(patient_id=absorbed.id, giver_id=giver.id, name="N", email="n@example.test", relation="friend", rights=["images.see"], made_at=NOW)
    look = SupportAccess(account_id=staff.id, patient_id=absorbed.id, reason=WHY, level="see", began_at=NOW, until=NOW + timedelta(minutes=30))
    db.add_all([offer, look])
    db.flush()
    services.open_session(db, staff, NOW, patient_id=absorbed.id, support_id=look.id)
    db.commit()
    join(kept, absorbed)
    db.refresh(offer)
    db.refresh(look)
    assert offer.withdrawn_at
    assert look.ended_at
    rows = db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id)).all()
    assert [(row.account_id, row.patient_id) for row in rows] == [(friend.id, friend.patient_id)]
    assert token


def test_a_confidential_record_stays_one(db, practice, two, make, join):
    kept, absorbed = two
    absorbed.is_confidential = True
    db.merge(absorbed)
    db.commit()
    join(kept, absorbed)
    assert db.get_one(Patient, (practice.id, kept.id), populate_existing=True).is_confidential


def test_a_tab_that_fails_stops_it_and_nothing_is_changed(db, practice, two, make, join, registry):
    class Failing(type(registry.plugins.plugins["appointments"])):
        @hookimpl
        def portal_patients_merged(self, db, practice_id, kept, absorbed):
            raise RuntimeError("no")

    kept, absorbed = two
    make.take_in([{"kind": "appointment", "external_id": "V3", "patient": "A-1", "starts_at": NOW, "minutes": 30, "reason": "Filling"}])
    with pytest.raises(CannotMerge, match="Appointments could not move"):
        join(kept, absorbed, PluginHost([Failing()]))
    db.rollback()
    assert db.get(Patient, (practice.id, absorbed.id))


def test_the_same_chart_and_one_that_is_not_there_cannot_be_merged(db, practice, two, make, other_make, join):
    for other in (two[0], other_make.patient()):
        with pytest.raises(CannotMerge):
            join(two[0], other)
        db.rollback()


def test_of_two_who_merge_the_same_charts_one_is_told(practice, two, registry):
    outcomes: list[str] = []

    def act(kept, absorbed):
        with practice.session() as session:
            try:
                merge(session, registry.plugins, practice.id, kept.id, absorbed.id, WHY, datetime.now(UTC))
                session.commit()
                outcomes.append("done")
            except CannotMerge:
                outcomes.append("told")

    both = [threading.Thread(target=act, args=order) for order in (two, two[::-1])]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(outcomes) == ["done", "told"]


def test_a_record_that_comes_in_meanwhile_waits_and_arrives_at_the_kept_chart(practice, two, registry, db):
    kept, absorbed = two
    merging = practice.session()
    merge(merging, registry.plugins, practice.id, kept.id, absorbed.id, WHY, datetime.now(UTC))

    def take_in():
        with practice.session() as session:
            visit = {"kind": "appointment", "external_id": "V4", "patient": "A-1", "starts_at": NOW, "minutes": 30, "reason": "X"}
            door.take_in(session, kinds_for(registry, frozenset(registry.plugins.plugins)), [visit])
            session.commit()

    taking = threading.Thread(target=take_in)
    taking.start()
    waits = text("select count(*) from pg_locks where not granted and locktype in ('tuple', 'transactionid')")
    while not db.scalar(waits) and taking.is_alive():
        db.rollback()
    merging.commit()
    merging.close()
    taking.join()
    from plugins.appointments.models import Appointment

    assert db.scalars(select(Appointment.patient_id).where(Appointment.practice_id == practice.id)).all() == [kept.id]


def test_the_log_of_the_kept_chart_shows_what_was_done_with_the_other(practice, two, make, join, signed_in, db):
    kept, absorbed = two
    app = signed_in(absorbed)
    app.get("/summary")
    join(kept, absorbed)
    from core import audit_log

    found, _ = audit_log.entries(db, practice.id, kept.id, audit_log.Reader(None))
    assert {"summary", "office"} <= {entry.owner for entry in found}


def sent(number: str, **more) -> dict:
    return {"kind": "patient", "external_id": number, "first_name": "Robin", "last_name": "Quill"} | more


def test_a_merge_in_the_practices_system_is_followed_whatever_else_is_in_the_batch(db, practice, two, make):
    kept, absorbed = two
    batch = [{"kind": "relationship", "external_id": "R9", "patient": "N-1", "related": "A-1", "relation": "child"}, sent("A-1", merged_into="K-1"), sent("N-1", merged_into=None)]
    assert [answer.outcome for answer in make.take_in(batch)] == ["created", "updated", "created"]
    assert db.get(Patient, (practice.id, absorbed.id), populate_existing=True) is None
    assert db.scalars(select(Relationship.related_id).where(Relationship.practice_id == practice.id)).all() == [kept.id]
    assert [answer.outcome for answer in make.take_in([sent("A-1"), sent("A-1", merged_into="K-1")])] == ["unchanged", "unchanged"]
    row = db.scalars(select(MergedChart).where(MergedChart.practice_id == practice.id)).one()
    assert (row.external_id, row.patient_id, row.merged_by_id) == ("A-1", kept.id, None)


def test_a_record_that_says_nothing_new_but_of_which_it_is_a_part_is_updated_by_that_once(make):
    make.take_in([sent("K-9"), sent("A-9")])
    outcomes = [make.take_in([sent("A-9", merged_into="K-9")])[0].outcome for _ in range(2)]
    assert outcomes == ["updated", "unchanged"]


def test_a_merge_that_names_nobody_is_refused_and_one_in_a_circle_leaves_one_chart(db, practice, two, make, registry):
    [answer] = door.take_in(db, kinds_for(registry, frozenset()), [sent("A-1", merged_into="Z-9")])
    assert (answer.outcome, answer.reason) == ("refused", "merged_into: the one that it has become part of is not there yet.")
    assert db.get(Patient, (practice.id, two[1].id), populate_existing=True).last_name == "Qill"
    make.take_in([sent("A-1", merged_into="K-1"), sent("K-1", merged_into="A-1"), sent("B-1", merged_into="A-1")])
    there = select(Patient.external_id).where(Patient.practice_id == practice.id, Patient.external_id.in_(("A-1", "K-1", "B-1")))
    assert len(db.scalars(there).all()) == 1


def test_by_a_followed_merge_nobody_sees_more_than_before(db, practice, two, make):
    kept, absorbed = two
    of_kept, of_absorbed = (make.account(make.patient(first_name=name)) for name in ("Ann", "Ben"))
    make.grant(of_kept, kept, "images", "see")
    make.grant(of_absorbed, absorbed)
    make.take_in([sent("A-1", merged_into="K-1")])
    assert grants(db, practice, kept) == {of_kept.id: {"images.see"}}
