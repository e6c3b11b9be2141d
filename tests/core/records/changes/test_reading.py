"""Changes in one order for all who read them: however writers and readers come between each other, nobody misses one, and nobody sees another order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.people.models import Patient, Provider
from core.records import changes
from core.records.changes.models import RecordsChange
from core.testing import Factory, make_office

NOW = datetime(2026, 11, 28, 16, 42, tzinfo=UTC)


class Told(changes.Details):
    provider: changes.Thing | None = None
    words: str = ""


SEEN = changes.ChangeKind("garden.seen", "Somebody came by", "patient", Patient, Told)


def note(session, patient_id: UUID, words: str = "", provider_id: UUID | None = None, at: datetime = NOW) -> RecordsChange:
    return changes.note(session, session.info["practice_id"], SEEN, patient_id, patient_id, at, Told(provider=changes.thing(Provider, provider_id), words=words))


class Reader:
    """A practice's system: it keeps what it was given only once the portal has committed, and goes on from what it acknowledged."""

    def __init__(self, office, name):
        self.office, self.name, self.seen, self.given = office, name, [], 0

    def read(self, limit: int, dies: bool) -> None:
        with self.office.session() as session:
            found = changes.waiting(session, self.office.id, self.name, limit)
            if not dies:
                session.commit()
                self.seen += [(one.number, one.id) for one in found]
                self.given = max([self.given, *(one.number for one in found)])

    def acknowledge(self, dies: bool) -> None:
        with self.office.session() as session:
            changes.acknowledge(session, self.office.id, self.name, self.given, NOW)
            if not dies:
                session.commit()


STEPS = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 2)),
    st.tuples(st.sampled_from(["commit", "die"]), st.integers(0, 2)),
    st.tuples(st.just("read"), st.integers(0, 1), st.integers(1, 3), st.booleans()),
    st.tuples(st.just("acknowledge"), st.integers(0, 1), st.booleans()),
)


@pytest.fixture(scope="module")
def offices(registry):
    """A practice for each example, with a patient."""

    def new():
        office = make_office(registry)
        with office.session() as session:
            return office, Factory(office, session).patient().id

    return new


# What was noted first is committed last, after somebody has read on; whoever reads one at a time must not be led past it.
LATE = [("write", 0), ("write", 1), ("commit", 1), ("read", 0, 3, False), ("commit", 0), ("read", 1, 1, False), ("acknowledge", 1, False)]


@given(steps=st.lists(STEPS, max_size=30))
@example(steps=LATE)
@settings(max_examples=25, deadline=None)
def test_each_reader_sees_every_change_once_at_least_and_all_see_the_same_order(offices, steps):
    office, patient_id = offices()
    writers: list = [(office.session(), []) for _ in range(3)]
    committed: set = set()
    readers = [Reader(office, "opendental"), Reader(office, "key:1")]
    for what, which, *rest in steps:
        if what == "write":
            writers[which][1].append(note(writers[which][0], patient_id).id)
            writers[which][0].flush()
        elif what in ("commit", "die"):
            session, ids = writers[which]
            session.commit() if what == "commit" else session.rollback()
            committed |= set(ids) if what == "commit" else set()
            ids.clear()
        else:
            getattr(readers[which], what)(*rest)
    for session, ids in writers:
        session.commit()
        session.close()
        committed |= set(ids)
    for reader in readers:
        for _ in range(len(committed) + 1):
            reader.read(3, dies=False)
            reader.acknowledge(dies=False)
    orders = [sorted(set(reader.seen)) for reader in readers]
    assert orders[0] == orders[1]
    assert [number for number, _ in orders[0]] == list(range(1, len(committed) + 1))
    assert {id_ for _, id_ in orders[0]} == committed
    # Between two acknowledgments everything comes in its order; only what was not acknowledged comes again.
    assert all(reader.seen[-1][0] == len(committed) for reader in readers if committed)


def test_readers_and_writers_at_the_same_moment_give_each_number_once(offices):
    office, patient_id = offices()
    readers = [Reader(office, name) for name in ("one", "two")]

    def write(_):
        with office.session() as session:
            note(session, patient_id)
            session.commit()

    def read(reader):
        reader.read(7, dies=False)
        reader.acknowledge(dies=False)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda work: work[0](work[1]), [(write, None), (read, readers[0]), (read, readers[1])] * 30))
    for reader in readers * 6:
        read(reader)
    assert [number for number, _ in sorted(set(readers[0].seen))] == list(range(1, 31))
    assert set(readers[0].seen) == set(readers[1].seen)


def test_what_a_change_names_has_the_practices_own_number_as_soon_as_it_is_known(db, practice, make):
    patient = make.patient()
    patient.external_id = None
    change = note(db, patient.id, "hello", practice.provider_id)
    db.commit()
    [found] = changes.waiting(db, practice.id, "opendental")
    assert (found.id, found.number, found.kind, found.target_kind, found.at) == (change.id, 1, "garden.seen", "patient", NOW)
    assert found.patient == {"portal_id": str(patient.id), "external_id": None}
    assert found.data == {"words": "hello", "provider": {"portal_id": str(practice.provider_id), "external_id": "D1"}}
    db.get_one(Patient, (practice.id, patient.id)).external_id = "P77"
    db.commit()
    [found] = changes.waiting(db, practice.id, "opendental")
    assert (found.patient, found.target) == ({"portal_id": str(patient.id), "external_id": "P77"},) * 2
    assert "table" not in str(changes.Thing.model_json_schema())


def test_nobody_acknowledges_what_was_not_given(db, practice, make):
    note(db, make.patient().id)
    db.commit()
    for number in (-1, 1):
        with pytest.raises(changes.NotHandedOut):
            changes.acknowledge(db, practice.id, "opendental", number, NOW)
    [found] = changes.waiting(db, practice.id, "opendental")
    changes.acknowledge(db, practice.id, "opendental", found.number, NOW)
    changes.acknowledge(db, practice.id, "opendental", 0, NOW)
    assert changes.waiting(db, practice.id, "opendental") == []
    assert [one.number for one in changes.waiting(db, practice.id, "opendental", after=0)] == [1]
    assert [one.number for one in changes.waiting(db, practice.id, "another")] == [1]


def test_who_begins_to_read_later_is_not_told_what_was_before(db, practice, make):
    patient_id = make.patient().id
    note(db, patient_id, "before")
    changes.begin(db, practice.id, "opendental", NOW)
    note(db, patient_id, "after")
    changes.begin(db, practice.id, "opendental", NOW)
    assert [one.data["words"] for one in changes.waiting(db, practice.id, "opendental")] == ["after"]


def test_a_change_of_another_practice_is_not_given(db, practice, make, other_practice, other_db, other_make):
    note(other_db, other_make.patient().id)
    other_db.commit()
    assert changes.waiting(db, practice.id, "opendental") == []
    assert changes.waiting(db, other_practice.id, "opendental") == []
    assert len(changes.waiting(other_db, other_practice.id, "opendental")) == 1


def test_changes_go_when_all_have_acknowledged_them_and_after_half_a_year_in_any_case(db, practice, make):
    patient_id, day = make.patient().id, timedelta(days=1)
    for days in (181, 31, 31, 29):
        note(db, patient_id, at=NOW - days * day)
    db.commit()
    changes.waiting(db, practice.id, "one")
    changes.acknowledge(db, practice.id, "one", 4, NOW)
    changes.acknowledge(db, practice.id, "two", 2, NOW)
    changes.clear_away(db, practice.id, NOW)
    kept = select(RecordsChange.number).where(RecordsChange.practice_id == practice.id).order_by(RecordsChange.number)
    assert db.scalars(kept).all() == [3, 4]
    changes.forget(db, practice.id, "two")
    changes.clear_away(db, practice.id, NOW)
    assert db.scalars(kept).all() == [4]
    changes.clear_away(db, practice.id, NOW + 200 * day)
    note(db, patient_id)
    assert [one.number for one in changes.waiting(db, practice.id, "one")] == [5]
    assert db.scalar(select(func.count()).select_from(RecordsChange).where(RecordsChange.practice_id == practice.id)) == 1
