"""Files that somebody of the office has sent."""

import io
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from core import outbox
from core.records.importing import imports
from core.records.importing.readers import readers_at
from core.records.models import RecordsImport


@pytest.fixture
def by(make):
    """Somebody of the office, now."""
    return imports.By(make.staff().id, datetime.now(UTC))


@pytest.fixture
def send(registry, db, practice, by):
    """`send(data, …)`: a file is sent, of records unless `reader` says otherwise; what it is of is `source`."""

    def keep(data: bytes | list, name: str = "", reader: str = "records", choice: str = "", mapping: bytes = b"", is_second: bool = False, source: str = "cards") -> RecordsImport:
        found = readers_at(registry, practice.id)[reader]
        body = data if isinstance(data, bytes) else b"\n".join(json.dumps(one).encode() for one in data)
        sent = imports.Sent(name or f"cards{found.suffixes[0]}", io.BytesIO(body), choice, source, is_second, mapping)
        one = imports.begin(db, registry.files.within(practice.id), found, sent, registry.tenants.current(practice.id).time_zone, by)
        db.commit()
        return one

    return keep


@pytest.fixture
def now_is(db):
    """`now_is(one)`: how an import is by now."""

    def look(one: RecordsImport) -> RecordsImport:
        db.rollback()
        return db.get(RecordsImport, (one.practice_id, one.id), populate_existing=True)

    return look


@pytest.fixture
def worked_off(db, practice, work_off, now_is):
    """`worked_off(one)`: how it is once its tasks are done; one whose worker was killed is due at once."""

    def run(one: RecordsImport) -> RecordsImport:
        for _ in range(60):
            db.execute(update(outbox.OutboxRow).where(outbox.OutboxRow.practice_id == practice.id).values(available_at=datetime(2026, 1, 1, tzinfo=UTC)))
            db.commit()
            work_off()
            if (found := now_is(one)).state not in ("checking", "taking"):
                return found
        raise AssertionError("it does not end")

    return run


@pytest.fixture
def take(db, by, now_is):
    """`take(one)`: somebody says that it is taken in."""

    def ask(one: RecordsImport) -> RecordsImport:
        found = now_is(one)
        imports.take(db, found, by)
        db.commit()
        return found

    return ask
