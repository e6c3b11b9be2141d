"""A made-up practice with all that is odd in real ones comes over HTTP into the portal, and is seen in the tabs."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from core.people.models import Patient, Relationship
from core.records.models import RecordsRefusal
from plugins.account.models import Claim, Entry
from plugins.appointments.models import Appointment, Recall
from plugins.opendental import pulling
from plugins.opendental.mapping.people import GONE, STATUSES
from plugins.opendental.stand_in.seeding import seed
from plugins.plan.models import PlannedProcedure, TreatmentPlan
from plugins.summary.models import Procedure

PEOPLE = 60


@pytest.fixture
def filled(wire, office):
    """The office at the stand-in is full of people, and was pulled whole."""
    seed(wire.office, PEOPLE)
    client = wire.client(way="service")
    while pulling.step(office, client, datetime.now(UTC)):
        pass
    return wire.office.store


def test_a_practice_with_all_that_is_odd_comes_in_whole(filled, db, practice, office, wire, make, signed_in):
    shown = [row for row in filled.all("patient") if STATUSES[row["PatStatus"]] not in GONE]
    numbers = {str(row["PatNum"]) for row in shown}
    ids = {number: id_ for number, id_ in db.execute(select(Patient.external_id, Patient.id).where(Patient.practice_id == practice.id)) if number in numbers}
    assert ids.keys() == numbers
    refused = db.execute(select(RecordsRefusal.kind, RecordsRefusal.reason).where(RecordsRefusal.practice_id == practice.id)).all()
    assert refused == []
    sums = dict(db.execute(select(Entry.patient_id, func.sum(Entry.amount_cents)).where(Entry.practice_id == practice.id).group_by(Entry.patient_id)).all())
    client = wire.client(way="service")
    for number in sorted(numbers, key=int)[:15]:
        [theirs] = [one for one in client.rows(f"accountmodules/{number}/PatientBalances") if str(one["PatNum"]) == number]
        assert sums.get(ids[number], 0) == round(theirs["Balance"] * 100), number

    def ours(model):
        return db.scalar(select(func.count()).select_from(model).where(model.practice_id == practice.id))

    mine = f"PatNum in ({', '.join(numbers)})"
    assert ours(Appointment) == len(filled.all("appointment", f"{mine} and AptStatus in (1, 2, 3, 4, 5, 6) and AptDateTime > '1900'"))
    assert ours(Recall) == len(filled.all("recall", mine))
    assert ours(TreatmentPlan) == len(filled.all("treatplan", mine))
    companies = set(db.scalars(select(Claim.carrier).where(Claim.practice_id == practice.id)))
    assert companies
    assert companies <= {row["CarrierName"] for row in filled.all("carrier")}
    assert ours(PlannedProcedure) == len(filled.all("proctp", mine))
    assert ours(Relationship) == len([row for row in filled.all("guardian") if {str(row["PatNumChild"]), str(row["PatNumGuardian"])} <= numbers])
    most = filled.rows.execute("select PatNum from procedurelog where ProcStatus = 2 group by PatNum order by count(*) desc").fetchall()
    patient = next(db.get(Patient, (practice.id, ids[str(row[0])])) for row in most if str(row[0]) in ids)
    app = signed_in(account=make.account(patient))
    done = db.scalars(select(Procedure.description).where(Procedure.patient_id == patient.id, Procedure.practice_id == practice.id, Procedure.status == "completed")).first()
    assert done.partition("’")[0] in app.get("/summary").text
    for path in ("/appointments", "/account", "/plan", "/images"):
        assert app.get(path).status_int == 200, path
