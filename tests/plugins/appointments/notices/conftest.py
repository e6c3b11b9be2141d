"""Rules and visits in the database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.db import SessionFactory, bind_tenant
from core.tasks import Work
from plugins.appointments.models import Appointment, NoticeRule
from plugins.appointments.notices import writing


@pytest.fixture
def rule(practice, db):
    """`rule(kind, …)`: a rule that is on, by mail before text."""

    def put(kind="reminder", **fields) -> NoticeRule:
        now = datetime.now(UTC)
        row = NoticeRule(kind=kind, made_at=now, **{"is_on": True, "since": now, "send_order": ["email", "text"], "lead_days": 2} | fields)
        db.add(row)
        db.commit()
        return row

    return put


@pytest.fixture
def visit(make, db, practice):
    """`visit(patient, days=…)`: a visit so many days from now, made a month ago."""

    def put(patient, days: float = 1, **fields) -> Appointment:
        number = f"V{patient.external_id}-{days}-{datetime.now(UTC).timestamp()}"
        make.take_in([{"kind": "appointment", "external_id": number, "patient": patient.external_id, "provider": "D1", "clinic": "C1",
                       "starts_at": datetime.now(UTC) + timedelta(days=days), "minutes": 50} | fields])  # fmt: skip
        row = db.scalars(select(Appointment).where(Appointment.practice_id == practice.id, Appointment.external_id == number)).one()
        row.made_at = datetime.now(UTC) - timedelta(days=30)
        db.commit()
        return row

    return put


@pytest.fixture(autouse=True)
def all_day(registry, db, practice):
    """Messages go out at any time, whenever the tests run."""
    from tenants import settings

    for name in ("notices_from", "notices_until"):
        settings.change(db, registry.plugins, practice.id, None, f"appointments.{name}", "00:00", "test", datetime.now(UTC))
    db.commit()


@pytest.fixture
def look(registry, practice):
    """`look()`: look what is due now, as the schedule does; returns how many messages were written."""

    def run(now: datetime | None = None) -> int:
        with SessionFactory(bind=registry.engine) as session:
            bind_tenant(session, practice.id)
            work = Work(registry, session, registry.tenants.current(practice.id), practice.id, now or datetime.now(UTC))
            number = writing.write_due(work)
            session.commit()
            return number

    return run
