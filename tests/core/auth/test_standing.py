"""How access to a record stands, and who else may see it."""

from datetime import UTC, datetime, timedelta

from core.auth import access, services, standing, tickets
from core.auth.models import Account

NOW = datetime.now(UTC)
IDLE = timedelta(minutes=15)


def test_the_list_and_the_page_say_the_same(db, practice, make):
    fresh, used, closed, invited, nobody = patients = [make.patient() for _ in range(5)]
    access.give(db, practice.id, fresh.external_id, NOW)
    make.account(used)
    access.give(db, practice.id, closed.external_id, NOW)
    access.close(db, practice.id, closed.external_id, NOW)
    tickets.issue_link(db, access.INVITATION, NOW, timedelta(days=1), invited.email, patient_id=invited.id)
    tickets.issue_link(db, access.INVITATION, NOW - timedelta(days=2), timedelta(days=1), nobody.email, patient_id=nobody.id)
    db.flush()
    listed = standing.states(db, practice.id, [patient.id for patient in patients], NOW)
    assert [listed[patient.id] for patient in patients] == ["first sign-in to come", "open", "closed", "invited", "none"]
    for patient in patients:
        _, one, _ = standing.patient_and_standing(db, practice.id, patient.id, (), NOW, IDLE)
        assert one.state == listed[patient.id]


def test_of_several_accounts_the_open_one_counts(db, practice, make):
    patient = make.patient()
    old, new = make.account(patient), make.account(patient)
    old.closed_at = NOW
    db.flush()
    assert standing.states(db, practice.id, [patient.id], NOW) == {patient.id: "open"}
    _, one, _ = standing.patient_and_standing(db, practice.id, patient.id, (), NOW, IDLE)
    assert (one.state, one.user_name) == ("open", new.user_name)


def test_devices_are_counted_while_their_sessions_live(db, practice, make):
    patient = make.patient()
    account = make.account(patient)
    for age in (timedelta(), timedelta(minutes=14), timedelta(minutes=16)):
        services.open_session(db, account, NOW - age)
    db.flush()
    _, one, _ = standing.patient_and_standing(db, practice.id, patient.id, (), NOW, IDLE)
    assert len(one.devices) == 2


def test_what_was_granted_together_stands_together_and_today_comes_first(db, practice, make):
    patient, reader = make.patient(), make.account(make.patient(first_name="Dana", last_name="Reed"))
    make.account(patient)
    since = NOW - timedelta(days=2)
    for tab in ("images", "account"):
        services.grant(db, reader.id, patient.id, "guardian", since, tab, "see")
    services.grant(db, reader.id, patient.id, "friend", since - timedelta(days=1), until=NOW - timedelta(days=1))
    guest = Account(patient_id=None, name="", user_name="flo77", user_name_norm="flo77", password_hash="", created_at=NOW)
    db.add(guest)
    db.flush()
    services.grant(db, guest.id, patient.id, "aunt", NOW, until=NOW + timedelta(days=9))
    db.flush()
    found = standing.holders(db, practice.id, patient.id)
    assert [(one.who, one.relation, one.is_over(NOW)) for one in found] == [
        ("Dana Reed", "guardian", False), ("flo77", "aunt", False), ("Dana Reed", "friend", True),
    ]  # fmt: skip
    assert found[0].rights == {"images.see", "account.see"}
