"""Pulling from tables as Open Dental has them, whatever dies on the way."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.people.models import Patient
from core.records.models import RecordsRefusal, RecordsRun
from plugins.account.models import Entry, Installment
from plugins.appointments.models import Appointment
from plugins.opendental import pulling
from plugins.opendental.asking import written_since
from plugins.opendental.models import Chart, Cursor
from plugins.opendental.of_patient import pull_next
from plugins.summary.models import Allergy
from tests.plugins.opendental.conftest import NOW

LATER = NOW + timedelta(hours=30)


def patient(number, **fields):
    row = {"PatNum": number, "LName": "Ode", "FName": f"P{number}", "Guarantor": number, "PatStatus": "Patient", "DateTStamp": "2026-11-01 08:00:00"}
    return row | {"serverDateTime": "2026-11-28 09:45:00"} | fields


def visit(number, pat_num, **fields):
    row = {"AptNum": number, "PatNum": pat_num, "AptStatus": "Scheduled", "AptDateTime": "2027-01-05 08:00:00", "Pattern": "XXXX", "DateTStamp": "2026-11-01 08:00:00"}
    return row | fields


def names(db, practice):
    db.expire_all()
    found = db.execute(select(Patient.external_id, Patient.first_name, Patient.guarantor_id).where(Patient.practice_id == practice.id)).all()
    return {number: name for number, name, _ in found if number and number.isdigit()}


def heads(db, practice):
    db.expire_all()
    rows = db.scalars(select(Patient).where(Patient.practice_id == practice.id)).all()
    ids = {row.id: row.external_id for row in rows}
    return {row.external_id: ids.get(row.guarantor_id) for row in rows}


def test_a_round_fills_the_portal_and_the_next_one_asks_for_what_has_changed(pull, tables, db, practice):
    tables.put("patients/Simple", *(patient(number) for number in range(901, 909)))
    tables.put("appointments", visit(51, 901), visit(52, 902))
    tables.put("allergy", {"AllergyNum": 1, "PatNum": 901, "defDescription": "Latex", "StatusIsActive": 1, "DateTStamp": "2026-11-01 08:00:00"})
    pull()
    assert set(names(db, practice)) == {str(number) for number in range(901, 909)}
    assert db.scalar(select(Allergy.substance).where(Allergy.practice_id == practice.id)) == "Latex"
    tables.put("patients/Simple", patient(902, FName="Bea", DateTStamp="2026-11-29 10:00:00"))
    tables.lists["patients/Simple"][0]["FName"] = "changed without a new stamp"
    pull(LATER)
    assert (names(db, practice)["902"], names(db, practice)["901"]) == ("Bea", "P901")


def test_the_head_of_a_family_may_come_after_its_members(pull, tables, db, practice):
    tables.put("patients/Simple", patient(901, Guarantor=999), *(patient(number) for number in range(902, 910)), patient(999))
    pull()
    assert heads(db, practice)["901"] == "999"


def test_archived_charts_never_come_in_and_what_names_them_is_no_refusal(pull, tables, db, practice):
    tables.put("patients/Simple", patient(901), patient(902, PatStatus="Archived"), patient(903, Guarantor=902))
    tables.put("appointments", visit(51, 902))
    tables.put("recall", {"RecallNum": 1, "PatNum": 902, "RecallTypeNum": 1, "DateTStamp": "2026-11-01 08:00:00"})
    pull()
    assert set(names(db, practice)) == {"901", "903"}
    assert db.scalars(select(RecordsRefusal).where(RecordsRefusal.practice_id == practice.id)).all() == []


def test_what_was_refused_stands_on_the_page_of_records(pull, tables, db, practice):
    tables.put("patients/Simple", patient(901))
    tables.put("appointments", visit(51, 901, Op=77))
    pull()
    [refusal] = db.scalars(select(RecordsRefusal).where(RecordsRefusal.practice_id == practice.id))
    assert (refusal.kind, refusal.external_id, refusal.source) == ("appointment", "51", "opendental")


def test_rows_that_go_while_a_list_is_read_make_no_others_be_passed_over(office, tables, db, practice):
    tables.put("patients/Simple", *(patient(number) for number in range(901, 912)))
    went = 0
    while pulling.step(office, tables, NOW):
        if tables.asked[-1] == "patients/Simple" and went < 2:
            went += 1
            tables.lists["patients/Simple"].pop(0)
    assert {str(number) for number in range(903, 912)} <= set(names(db, practice))


def test_what_must_be_asked_for_whole_is_not_asked_for_in_each_round(pull, tables):
    pull()
    before = list(tables.asked)
    pull(NOW + timedelta(minutes=5))
    again = tables.asked[len(before) :]
    assert "definitions" in before
    assert "definitions" not in again
    assert "appointments" in again


def test_a_payment_plan_brings_installments_that_are_told_from_all_its_charges(pull, tables, db, practice):
    tables.put("patients/Simple", patient(901))
    tables.put("payplan", {"PayPlanNum": 1, "PatNum": 901, "PayPlanDate": "2026-10-01", "CompletedAmt": 200})
    tables.lists["payplancharge"] = [
        {"PayPlanChargeNum": number, "PayPlanNum": 1, "ChargeDate": f"2026-{month}-01", "Principal": 100, "Interest": 0, "ChargeType": 0} for number, month in ((2, 12), (1, 11))
    ]
    tables.put("paysplit", {"SplitNum": 1, "PatNum": 901, "SplitAmt": 130, "PayPlanNum": 1, "PayNum": 4, "DatePay": "2026-11-02"})
    pull()
    rows = db.execute(select(Installment.number, Installment.paid_cents).where(Installment.practice_id == practice.id).order_by(Installment.number)).all()
    assert [tuple(row) for row in rows] == [(1, 10_000), (2, 3_000)]
    assert db.scalar(select(Entry.amount_cents).where(Entry.practice_id == practice.id)) == -13_000


def test_the_run_on_the_page_of_records_is_one_for_each_round(pull, tables, db, practice):
    tables.put("patients/Simple", *(patient(number) for number in range(901, 909)))
    pull()
    [run] = db.scalars(select(RecordsRun).where(RecordsRun.practice_id == practice.id))
    assert (run.source, run.counts["patient"], run.ended_at) == ("opendental", {"created": 8}, NOW)


def test_what_is_deleted_over_there_is_found_out_once_a_week_at_night(pull, tables, db, practice):
    tables.put("patients/Simple", *(patient(number) for number in range(901, 905)))
    tables.put("allergy", *({"AllergyNum": number, "PatNum": 901, "defDescription": f"A{number}", "StatusIsActive": 1, "DateTStamp": "2026-11-01 08:00:00"} for number in (1, 2)))
    pull()
    tables.lists["allergy"].pop()
    night = datetime(2026, 12, 6, 6, 0, tzinfo=UTC)
    for at, left in ((NOW + timedelta(hours=14), 2), (night + timedelta(hours=14), 2), (night + timedelta(days=1), 1), (night + timedelta(days=1, minutes=6), 1)):
        pull(at)
        db.expire_all()
        assert len(db.scalars(select(Allergy.id).where(Allergy.practice_id == practice.id)).all()) == left, at
    assert len(names(db, practice)) == 4


def test_who_signs_in_during_the_first_load_finds_their_record_at_once(office, tables, db, practice):
    tables.put("patients/Simple", patient(901), patient(902))
    tables.put("appointments", visit(51, 902))
    tables.put("familymodules/902/Insurance", {"PatNum": 902, "PatPlanNum": 5, "CarrierName": "Delta", "Ordinal": 1})
    while "guardian" not in tables.asked:
        pulling.step(office, tables, NOW)
    db.execute(Chart.__table__.update().where(Chart.practice_id == practice.id, Chart.number == "902").values(wanted_at=NOW))
    db.commit()
    assert pull_next(office, tables, NOW, wanted_only=True)
    assert db.scalar(select(Appointment.external_id).where(Appointment.practice_id == practice.id)) == "51"
    assert not pull_next(office, tables, NOW, wanted_only=True)


class Killed(Exception):
    """The process was ended here."""


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kills=st.lists(st.integers(0, 12), max_size=25), moved=st.lists(st.integers(901, 912), max_size=4), steps=st.integers(0, 9))
def test_whatever_dies_at_any_point_the_end_is_the_same(office, tables, db, practice, monkeypatch, kills, moved, steps):
    """Kills before a call, after it, and before the commit of a page; meanwhile rows change over there."""
    tables.limit = 4
    tables.put("patients/Simple", *(patient(number, Guarantor=913 - (number - 901)) for number in range(901, 914)))
    tables.put("appointments", *(visit(number, 850 + number) for number in range(51, 60)))
    points = iter([*kills, *[99] * 10_000])
    left = next(points)

    def reach():
        nonlocal left
        left -= 1
        if left == 0:
            left = next(points)
            raise Killed

    rows_of, taken = tables.rows_of, pulling.runs.take_in
    with monkeypatch.context() as patched:
        patched.setattr(tables, "rows_of", lambda *asked: (reach(), rows_of(*asked), reach())[1])
        patched.setattr(pulling.runs, "take_in", lambda *given: (reach(), taken(*given), reach())[1])
        now, went = NOW, True
        for _round in range(2):
            while went:
                try:
                    went = pulling.step(office, tables, now)
                except Killed:
                    for number in moved[: steps % (len(moved) + 1)]:
                        tables.put("patients/Simple", patient(number, FName=f"M{number}", DateTStamp="2026-11-28 09:46:00", Guarantor=number))
            now, went = now + timedelta(minutes=10), True
    assert names(db, practice) == {str(row["PatNum"]): row["FName"] for row in tables.lists["patients/Simple"]}
    assert heads(db, practice) | {str(row["PatNum"]): str(row["Guarantor"]) for row in tables.lists["patients/Simple"]} == heads(db, practice)
    visits = db.execute(select(Appointment.external_id).where(Appointment.practice_id == practice.id)).scalars().all()
    assert sorted(visits) == [str(row["AptNum"]) for row in tables.lists["appointments"]]
    db.execute(Cursor.__table__.delete().where(Cursor.practice_id == practice.id))
    db.commit()


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), st.integers(0, 3 * 3600), st.sampled_from(["America/Denver", "Europe/London", "UTC"]))
def test_what_is_changed_after_a_pass_began_is_asked_for_by_the_next_one_whatever_the_clock_does(began, seconds, zone):
    began = began.replace(tzinfo=UTC)
    stamp = (began + timedelta(seconds=seconds)).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    assert written_since(began, timedelta(0), zone) <= stamp


@pytest.mark.parametrize("ahead", [-3600, 0, 600])
def test_their_clock_counts_not_ours(pull, tables, db, practice, ahead):
    there = (NOW + timedelta(seconds=ahead)).astimezone(ZoneInfo("America/Denver"))
    tables.put("patients/Simple", patient(901, serverDateTime=there.strftime("%Y-%m-%d %H:%M:%S")))
    pull()
    stamp = (there + timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S")
    tables.put("patients/Simple", patient(901, FName="New", DateTStamp=stamp, serverDateTime=stamp))
    pull(NOW + timedelta(minutes=5))
    pull(NOW + timedelta(minutes=10))
    assert names(db, practice)["901"] == "New"
