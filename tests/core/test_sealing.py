"""The chain over the audit log: whatever is changed afterwards is found, and nothing else."""

import secrets
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.exc import ProgrammingError

from core import audit, sealing, tasks
from core.audit import AuditEvent, AuditSeal
from core.db import SessionFactory, bind_tenant, make_engine, uuid7
from core.doctor import State, database
from core.sealing import Head, Kind, seal, seal_waiting, verify
from tenants import practices

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
entries = st.fixed_dictionaries({
    "action": words, "minutes": st.integers(-25, 25), "account_id": st.none() | st.uuids(), "patient_id": st.none() | st.uuids(),
    "target_id": st.none() | st.uuids(), "address": words, "request_id": words,
})  # fmt: skip
logs = st.lists(st.lists(entries, min_size=1, max_size=4), min_size=1, max_size=5)


@pytest.fixture
def owner(migrate_url):
    """A connection of the login that sees past the wall and may change everything."""
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        yield connection


def write(session, practice_id: UUID, count: int = 1, at: datetime = NOW, action: str = "plan.plan.view") -> None:
    for _ in range(count):
        audit.record(session, practice_id, action, at, address="10.0.0.1")
    session.commit()


def many(session, practice_id: UUID, count: int) -> None:
    rows = [
        {"practice_id": practice_id, "id": uuid7(), "happened_at": NOW, "action": "plan.plan.view", "address": "", "request_id": ""}
        for _ in range(count)
    ]
    session.execute(insert(AuditEvent), rows)
    session.commit()


def sealed(session, practice_id: UUID, count: int) -> list[AuditSeal]:
    """That many entries and their seals."""
    write(session, practice_id, count)
    seal(session, practice_id, NOW)
    session.commit()
    return chain(session)


def chain(session) -> list[AuditSeal]:
    return list(session.scalars(select(AuditSeal).order_by(AuditSeal.sequence)))


def kinds(session, practice_id: UUID, kept: Head | None = None) -> list[tuple]:
    session.rollback()
    return [(finding.kind, finding.sequence) for finding in verify(session, practice_id, NOW, kept).findings]


def new_practice(registry):
    """A practice of one example: id and a session."""
    session = SessionFactory(bind=registry.engine)
    made = practices.create(session, "s" + secrets.token_hex(8), "Example", "America/Denver", NOW)
    session.commit()
    return made.id, session


def write_log(session, practice_id: UUID, log: list[list[dict]]) -> None:
    """Write the batches and seal after each of them; what is too old for the window is sealed by the whole look at the end."""
    for number, batch in enumerate(log):
        for entry in batch:
            about = {name: value for name, value in entry.items() if name not in ("action", "minutes")}
            audit.record(session, practice_id, entry["action"], NOW + timedelta(minutes=entry["minutes"]), **about)
        session.commit()
        seal(session, practice_id, NOW + timedelta(minutes=number), whole=number == len(log) - 1)
        session.commit()


# What somebody with the owner's login might do to a chain: each takes the connection, the practice, its seals and a chooser.


def change_a_field(owner, practice_id, seals, data):
    victim = data.draw(st.sampled_from(seals))
    field = data.draw(st.sampled_from(["action", "address", "request_id", "happened_at", "account_id", "patient_id", "target_id"]))
    value = {"happened_at": datetime(1999, 1, 1, tzinfo=UTC)}.get(
        field, uuid7() if field.endswith("_id") and field != "request_id" else secrets.token_hex(9)
    )
    owner.execute(f"UPDATE audit_event SET {field} = %s WHERE practice_id = %s AND id = %s", [value, practice_id, victim.event_id])


def empty_or_fill_a_field(owner, practice_id, seals, data):
    victim, field = data.draw(st.sampled_from(seals)), data.draw(st.sampled_from(["action", "address", "request_id"]))
    change = f"UPDATE audit_event SET {field} = CASE {field} WHEN '' THEN 'x' ELSE '' END WHERE practice_id = %s AND id = %s"
    owner.execute(change, [practice_id, victim.event_id])


def change_the_time_of_a_seal(owner, practice_id, seals, data):
    victim = data.draw(st.sampled_from(seals))
    owner.execute(
        "UPDATE audit_seal SET sealed_at = sealed_at - interval '1 day' WHERE practice_id = %s AND id = %s", [practice_id, victim.id]
    )


def take_out(owner, practice_id, seals):
    for victim in seals:
        owner.execute("DELETE FROM audit_seal WHERE practice_id = %s AND id = %s", [practice_id, victim.id])
        owner.execute("DELETE FROM audit_event WHERE practice_id = %s AND id = %s", [practice_id, victim.event_id])


def delete_before_the_end(owner, practice_id, seals, data):
    take_out(owner, practice_id, [data.draw(st.sampled_from(seals[:-1] or seals))])


def delete_and_close_the_gap(owner, practice_id, seals, data):
    victim = data.draw(st.sampled_from(seals[:-1] or seals))
    take_out(owner, practice_id, [victim])
    owner.execute("UPDATE audit_seal SET sequence = -sequence WHERE practice_id = %s AND sequence > %s", [practice_id, victim.sequence])
    owner.execute("UPDATE audit_seal SET sequence = -sequence - 1 WHERE practice_id = %s AND sequence < 0", [practice_id])


def delete_the_tail(owner, practice_id, seals, data):
    take_out(owner, practice_id, seals[data.draw(st.integers(0, len(seals) - 1)) :])


def swap_two(owner, practice_id, seals, data):
    one, other = data.draw(st.permutations(seals))[:2] if len(seals) > 1 else (seals[0], None)
    if other is None:
        take_out(owner, practice_id, [one])
        return
    move = "UPDATE audit_seal SET sequence = %s WHERE practice_id = %s AND id = %s"
    for sequence, moved in ((-1, one), (one.sequence, other), (other.sequence, one)):
        owner.execute(move, [sequence, practice_id, moved.id])


def slip_in_a_forged_one(owner, practice_id, seals, data):
    place, event = data.draw(st.integers(1, len(seals) + 1)), uuid7()
    owner.execute(
        "INSERT INTO audit_event (practice_id, id, happened_at, action, address, request_id) VALUES (%s, %s, %s, 'x', '', '')",
        [practice_id, event, NOW],
    )
    owner.execute("UPDATE audit_seal SET sequence = -sequence - 1 WHERE practice_id = %s AND sequence >= %s", [practice_id, place])
    owner.execute("UPDATE audit_seal SET sequence = -sequence WHERE practice_id = %s AND sequence < 0", [practice_id])
    link = data.draw(st.sampled_from([secrets.token_hex(32), *[one.hash for one in seals]]))
    values = [practice_id, uuid7(), place, event, link, NOW]
    owner.execute("INSERT INTO audit_seal (practice_id, id, sequence, event_id, hash, sealed_at) VALUES (%s, %s, %s, %s, %s, %s)", values)


TAMPERINGS = [change_a_field, empty_or_fill_a_field, change_the_time_of_a_seal, delete_before_the_end, delete_and_close_the_gap, delete_the_tail, swap_two, slip_in_a_forged_one]  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=logs)
def test_an_untouched_chain_never_gives_a_finding(registry, practice, log):
    practice_id, session = new_practice(registry)
    with session:
        write_log(session, practice_id, log)
        verdict = verify(session, practice_id, NOW, sealing.head(session, practice_id))
        assert (verdict.found, verdict.findings, verdict.waiting) == (0, [], 0)
        assert verdict.sealed == sum(len(batch) for batch in log)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=logs, data=st.data())
def test_every_tampering_is_found(registry, practice, owner, log, data):
    practice_id, session = new_practice(registry)
    with session:
        write_log(session, practice_id, log)
        seals, kept = chain(session), sealing.head(session, practice_id)
        session.rollback()
        data.draw(st.sampled_from(TAMPERINGS))(owner, practice_id, seals, data)
        assert verify(session, practice_id, NOW, kept).found > 0


def test_a_changed_entry(db, practice, owner):
    seals = sealed(db, practice.id, 5)
    owner.execute("UPDATE audit_event SET action = 'nothing' WHERE id = %s", [seals[2].event_id])
    assert kinds(db, practice.id) == [(Kind.CONTENT, 3)]


def test_a_changed_seal_breaks_the_chain_where_it_stands(db, practice, owner):
    seals = sealed(db, practice.id, 5)
    owner.execute("UPDATE audit_seal SET hash = %s WHERE id = %s", ["0" * 64, seals[2].id])
    assert kinds(db, practice.id) == [(Kind.LINK, 3), (Kind.CONTENT, 4)]


def test_entries_that_are_taken_out_leave_a_gap(db, practice, owner):
    take_out(owner, practice.id, sealed(db, practice.id, 6)[2:4])
    db.rollback()
    [finding] = verify(db, practice.id, NOW).findings
    assert (finding.kind, finding.sequence, finding.until) == (Kind.GAP, 3, 4)


def test_a_tail_that_is_cut_off_shows_against_the_head_that_was_kept(db, practice, owner):
    seals = sealed(db, practice.id, 6)
    kept = sealing.head(db, practice.id)
    take_out(owner, practice.id, seals[4:])
    assert kinds(db, practice.id) == []
    assert kinds(db, practice.id, kept) == [(Kind.TRUNCATED, 5)]
    # The sealer goes on from what it finds; the numbers are there again, and still it shows.
    sealed(db, practice.id, 3)
    assert kinds(db, practice.id) == []
    assert kinds(db, practice.id, kept) == [(Kind.REWRITTEN, 6)]


def test_a_head_that_was_kept_holds_while_the_chain_grows(db, practice):
    sealed(db, practice.id, 3)
    kept = sealing.head(db, practice.id)
    sealed(db, practice.id, 3)
    assert kinds(db, practice.id, kept) == []


def test_an_entry_that_is_gone_while_its_seal_is_left(db, practice, owner):
    seals = sealed(db, practice.id, 4)
    db.rollback()
    with owner.transaction():
        owner.execute("SET LOCAL ROLE cuspid_owner")
        [definition] = owner.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'fk_audit_seal_practice_id_event_id'"
        ).fetchone()
        owner.execute("ALTER TABLE audit_seal DROP CONSTRAINT fk_audit_seal_practice_id_event_id")
    try:
        owner.execute("DELETE FROM audit_event WHERE id = %s", [seals[1].event_id])
        assert kinds(db, practice.id) == [(Kind.MISSING, 2)]
    finally:
        db.rollback()
        owner.execute("DELETE FROM audit_seal WHERE id = %s", [seals[1].id])
        with owner.transaction():
            owner.execute("SET LOCAL ROLE cuspid_owner")
            owner.execute(f"ALTER TABLE audit_seal ADD CONSTRAINT fk_audit_seal_practice_id_event_id {definition}")


def test_of_very_many_findings_a_hundred_are_kept(db, practice, owner):
    sealed(db, practice.id, 130)
    owner.execute("UPDATE audit_event SET address = 'elsewhere' WHERE practice_id = %s", [practice.id])
    db.rollback()
    verdict = verify(db, practice.id, NOW)
    assert (verdict.found, len(verdict.findings)) == (130, sealing.MOST)


def test_the_chain_is_in_order_of_time_within_a_batch(db, practice):
    for minutes in (3, 1, 2):
        write(db, practice.id, at=NOW + timedelta(minutes=minutes), action=str(minutes))
    seal(db, practice.id, NOW)
    db.commit()
    actions = select(AuditEvent.action).join(AuditSeal, AuditSeal.event_id == AuditEvent.id).order_by(AuditSeal.sequence)
    assert db.scalars(actions).all() == ["1", "2", "3"]
    assert [one.sequence for one in chain(db)] == [1, 2, 3]


def test_a_transaction_that_commits_late_is_sealed_later(db, practice):
    with practice.session() as slow:
        slow.add(AuditEvent(happened_at=NOW - timedelta(minutes=40), action="late", address="", request_id=""))
        slow.flush()
        sealed(db, practice.id, 2)
        slow.commit()
        [late] = slow.scalars(select(AuditEvent.id).where(AuditEvent.action == "late"))
    assert seal(db, practice.id, NOW) == 1
    db.commit()
    assert chain(db)[-1].event_id == late
    assert kinds(db, practice.id) == []


def test_what_is_older_than_the_window_is_sealed_by_the_look_at_all_once_a_day(db, practice):
    sealed(db, practice.id, 2)
    write(db, practice.id, at=NOW - timedelta(days=3), action="very late")
    minute = practice.id.int % (24 * 60)
    own = NOW.replace(hour=minute // 60, minute=minute % 60)
    seal_waiting(db, practice.id, own + timedelta(minutes=1))
    db.commit()
    assert len(chain(db)) == 2
    assert kinds(db, practice.id) == [(Kind.UNSEALED, 0)]
    seal_waiting(db, practice.id, own)
    db.commit()
    assert len(chain(db)) == 3
    assert kinds(db, practice.id) == []


def test_entries_that_wait_are_no_finding_until_they_wait_for_an_hour(db, practice):
    write(db, practice.id, 3, at=NOW)
    verdict = verify(db, practice.id, NOW + timedelta(minutes=59))
    assert (verdict.found, verdict.waiting, verdict.oldest) == (0, 3, NOW)
    assert [finding.kind for finding in verify(db, practice.id, NOW + timedelta(minutes=61)).findings] == [Kind.UNSEALED]


def test_many_entries_are_sealed_a_thousand_at_a_time(db, practice):
    many(db, practice.id, sealing.BATCH + 5)
    assert seal(db, practice.id, NOW) == sealing.BATCH
    db.commit()
    seal_waiting(db, practice.id, NOW + timedelta(minutes=1))
    db.commit()
    verdict = verify(db, practice.id, NOW)
    assert (verdict.sealed, verdict.found, verdict.waiting) == (sealing.BATCH + 5, 0, 0)


def test_a_second_sealer_leaves_the_practice_to_the_first(db, practice):
    write(db, practice.id, 3)
    with practice.session() as other:
        assert seal(db, practice.id, NOW) == 3
        assert seal(other, practice.id, NOW) == 0
        db.commit()
        other.commit()
        assert seal(other, practice.id, NOW) == 0


def test_two_sealers_at_the_same_moment_make_one_chain(db, practice):
    many(db, practice.id, 2_500)
    start, counts = Barrier(4), []

    def work():
        with practice.session() as session:
            start.wait()
            for _ in range(30):
                counts.append(seal(session, practice.id, NOW))
                session.commit()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 120
    assert sum(counts) == 2_500
    verdict = verify(db, practice.id, NOW)
    assert (verdict.sealed, verdict.found, verdict.waiting) == (2_500, 0, 0)


def test_a_practice_with_nothing_to_seal_costs_one_statement(db, practice, statements):
    sealed(db, practice.id, 3)
    with statements() as seen:
        seal_waiting(db, practice.id, NOW)
    assert len(seen) == 1


def test_rows_of_another_practice_never_enter(db, practice, other_db, other_practice, migrate_url):
    write(db, practice.id, 3)
    write(other_db, other_practice.id, 2)
    engine = make_engine(migrate_url)
    # The login that the wall does not hold: here only the statements themselves keep practices apart.
    with SessionFactory(bind=engine) as unwalled:
        bind_tenant(unwalled, practice.id)
        assert [seal(unwalled, practice.id, NOW), seal(unwalled, practice.id, NOW, whole=True)] == [3, 0]
        unwalled.commit()
        verdict = verify(unwalled, practice.id, NOW)
        assert (verdict.sealed, verdict.found, verdict.waiting) == (3, 0, 0)
    engine.dispose()
    assert {one.practice_id for one in chain(db)} == {practice.id}
    assert chain(other_db) == []
    assert seal(other_db, other_practice.id, NOW) == 2


@pytest.mark.parametrize("statement", [
    "UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event, audit_seal", "UPDATE audit_seal SET hash = 'x'",
    "DELETE FROM audit_seal",
])  # fmt: skip
def test_the_applications_login_can_only_add(db, practice, statement):
    sealed(db, practice.id, 1)
    with pytest.raises(ProgrammingError, match="permission denied"):
        db.execute(text(statement))


def test_the_form_of_what_is_hashed_is_kept_for_good():
    """Chains that exist were made with it: another form would break them all."""
    entry = {
        "account_id": UUID(int=1), "action": "plan.plan.view", "address": "10.0.0.1", "happened_at": datetime(2026, 5, 4, 11, tzinfo=UTC), "id": UUID(int=2),
        "patient_id": None, "request_id": "r1", "support_id": None, "target_id": None,
    }  # fmt: skip
    assert list(entry) == sealing._FIELDS
    assert (
        sealing._hash("", UUID(int=3), 1, datetime(2026, 5, 4, 11, 0, 7, 5, tzinfo=UTC), list(entry.values()))
        == "19886082d2e58ade4188ed563f1504aaaf29667aeaf929d23d7dcff0eedf102d"
    )


def test_the_timetable_has_the_sealer_and_a_round_passes_by_no_practice(registry, db, practice, other_db, other_practice, monkeypatch):
    assert tasks.schedule(registry.plugins)["audit.seal"]["schedule"] == timedelta(minutes=1)
    write(db, practice.id, 2, at=datetime.now(UTC))
    write(other_db, other_practice.id, 2, at=datetime.now(UTC))
    monkeypatch.setattr(type(registry.tenants), "practice_ids", lambda _: [practice.id, other_practice.id])
    first = tasks.CORE_PERIODIC[0]

    def fail_first(session, practice_id, now):
        if practice_id == practice.id:
            session.execute(text("SELECT 1 / 0"))
        first.do(session, practice_id, now)

    monkeypatch.setattr(tasks, "CORE_PERIODIC", (tasks.Chore("audit.seal", fail_first, first.every),))
    tasks.go_round("audit.seal")
    assert (len(chain(db)), len(chain(other_db))) == (0, 2)
    monkeypatch.undo()
    monkeypatch.setattr(type(registry.tenants), "practice_ids", lambda _: [practice.id, other_practice.id])
    db.rollback()
    tasks.go_round("audit.seal")
    assert len(chain(db)) == 2


def test_the_doctor_sees_entries_that_wait_too_long(portal_settings, db, practice):
    write(db, practice.id, 1, at=datetime.now(UTC) - timedelta(hours=2))
    finding = database.audit(portal_settings)
    assert finding.state == State.CARE
    assert "wait for more than an hour" in finding.text
    seal(db, practice.id, datetime.now(UTC), whole=True)
    db.commit()


def test_the_doctor_sees_a_login_that_may_change_the_log(portal_settings, migrate_url):
    finding = database.audit(portal_settings.model_copy(update={"database_url": migrate_url}))
    assert finding.state == State.WRONG
    assert "revoke UPDATE, DELETE, TRUNCATE" in finding.text
