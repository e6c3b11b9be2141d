"""The queue: rows first, nudges after the commit, every row delivered once."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import UUID

import psycopg
from sqlalchemy import func, select, text, update

from core import outbox, tasks
from core.audit import AuditEvent
from core.db import SessionFactory
from core.outbox import MAX_ATTEMPTS, OutboxRow
from core.people.models import Provider
from core.tasks import enqueue, portal_task


@portal_task("core.test_note")
def note(work, name: str) -> None:
    """Leave a row, so that it can be seen how often the task ran."""
    work.db.add(Provider(first_name=name, last_name=str(work.task_id)))


@portal_task("core.test_break")
def break_down(work) -> None:
    """Leave a row and fail."""
    work.db.add(Provider(first_name="half", last_name="done"))
    work.db.flush()
    raise RuntimeError("no luck")


@portal_task("appointments.test_note")
def note_of_a_tab(work) -> None:
    """A task that belongs to a tab."""
    work.db.add(Provider(first_name="tab", last_name="task"))


def _row(registry, row_id: UUID) -> OutboxRow:
    with SessionFactory(bind=registry.engine) as session:
        return session.get_one(OutboxRow, row_id)


def _noted(practice, name: str) -> int:
    with practice.session() as session:
        return session.scalar(select(func.count()).where(Provider.first_name == name))


def test_a_task_that_is_rolled_back_never_runs(db, practice, work_off):
    enqueue(db, "core.test_note", name="lost")
    db.rollback()
    work_off()
    assert _noted(practice, "lost") == 0


def test_a_committed_task_runs_once_however_often_it_is_delivered(db, registry, practice):
    row = enqueue(db, "core.test_note", name="once")
    db.commit()
    threads = [Thread(target=tasks.deliver, args=[str(row)]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tasks.deliver(str(row))
    assert _noted(practice, "once") == 1
    assert _row(registry, row).done_at is not None


def test_a_broker_that_is_away_loses_nothing(db, practice, monkeypatch, work_off):
    monkeypatch.setattr(tasks.celery, "send_task", _away)
    enqueue(db, "core.test_note", name="kept")
    db.commit()
    work_off()
    assert _noted(practice, "kept") == 1


def _away(*_, **__):
    raise OSError("connection refused")


def test_a_failed_task_leaves_nothing_behind_and_is_tried_again_later(db, registry, practice):
    row = enqueue(db, "core.test_break")
    db.commit()
    tasks.deliver(str(row))
    left = _row(registry, row)
    assert (left.attempts, left.last_error, left.done_at) == (1, "RuntimeError", None)
    assert left.available_at > datetime.now(UTC)
    assert _noted(practice, "half") == 0


def test_a_task_that_fails_too_often_is_put_aside_for_a_person(db, registry):
    row = enqueue(db, "core.test_break")
    db.flush()
    db.execute(update(OutboxRow).where(OutboxRow.id == row).values(attempts=MAX_ATTEMPTS - 1))
    db.commit()
    tasks.deliver(str(row))
    assert _row(registry, row).dead_at is not None


def test_a_task_for_later_waits_for_its_time(db, registry, practice):
    row = enqueue(db, "core.test_note", at=datetime.now(UTC) + timedelta(hours=1), name="later")
    db.commit()
    tasks.deliver(str(row))
    assert _noted(practice, "later") == 0


def test_a_task_whose_tab_is_off_is_dropped_with_an_audit_line(db, registry, practice):
    from tenants import settings

    row = enqueue(db, "appointments.test_note")
    settings.change(db, registry.plugins, practice.id, None, "appointments", False, "test", datetime.now(UTC))
    db.commit()
    tasks.deliver(str(row))
    assert _noted(practice, "tab") == 0
    assert _row(registry, row).dropped
    with practice.session() as session:
        assert session.scalar(select(func.count()).where(AuditEvent.action == "appointments.task.dropped", AuditEvent.target_id == row)) == 1


def test_a_schedule_skips_practices_that_have_the_tab_off(db, registry, practice, other_practice, monkeypatch):
    from tenants import settings

    monkeypatch.setattr(registry.tenants, "practice_ids", lambda: [practice.id, other_practice.id])  # not those of all other tests
    settings.change(db, registry.plugins, practice.id, None, "appointments", False, "test", datetime.now(UTC))
    db.commit()
    tasks.fan_out("appointments", "appointments.test_note")
    with SessionFactory(bind=registry.engine) as session:
        asked = select(OutboxRow.practice_id).where(OutboxRow.task == "appointments.test_note", OutboxRow.practice_id.in_([practice.id, other_practice.id]))
        assert session.scalars(asked).all() == [other_practice.id]


def test_a_task_sees_only_its_own_practice(db, registry, practice, other_practice, work_off):
    seen = []

    @portal_task("core.test_look")
    def look(work):
        seen.append((work.tenant.practice_id, set(work.db.execute(text("select distinct practice_id from provider")).scalars())))

    enqueue(db, "core.test_look")
    db.commit()
    work_off()
    assert seen == [(practice.id, {practice.id})]


def test_an_unknown_task_is_kept_for_a_release_that_knows_it(db, registry):
    row = enqueue(db, "core.not_there")
    db.commit()
    tasks.deliver(str(row))
    assert _row(registry, row).last_error == "UnknownTask"


def test_messages_carry_ids_only(db, practice, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.celery, "send_task", lambda *arguments, **options: sent.append((arguments, options)))
    row = enqueue(db, "core.test_note", name="once")
    db.commit()
    [((name, [row_id]), options)] = sent
    assert (name, row_id, options["headers"]) == ("core.deliver", str(row), {"practice_id": str(practice.id)})


def test_the_sweep_takes_what_was_left_behind(db, practice, registry, monkeypatch, migrate_url):
    monkeypatch.setattr(tasks, "nudge", lambda *_: None)
    with psycopg.connect(migrate_url) as connection:
        connection.execute("update outbox set done_at = now() where done_at is null")  # what other tests left is not swept again
    enqueue(db, "core.test_note", name="swept")
    db.commit()
    assert tasks.sweep() == 1
    assert _noted(practice, "swept") == 1


def test_every_task_that_sends_a_text_message_counts_for_the_plan(registry):
    by_text = {name for name in tasks.mail_tasks() if tasks.name_of_mail(name).endswith("by text")}
    assert len(by_text) > 5
    assert by_text == outbox.TEXT_TASKS & set(tasks.mail_tasks())
