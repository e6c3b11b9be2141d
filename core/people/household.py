"""Everyone whose record an account may see: who they are to whoever asks, what may be done, until when."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.auth.identity import Person
from core.people import words
from core.people.family import GIVEN_BY
from core.people.grants import Period, periods

# `mine` is what the account's own patient is to the person, `theirs` what the person is to that patient.
_HELD = text("""
select held.id, held.given_by, held.giver_id, held.patient_id, held.plugin, held.level, held.relation, held.since, held.until, patient.sex,
    array(select relation from relationship where practice_id = :practice and patient_id = patient.id and related_id = account.patient_id) as mine,
    array(select relation from relationship where practice_id = :practice and patient_id = account.patient_id and related_id = patient.id) as theirs
from access_grant held
join account on account.practice_id = :practice and account.id = held.account_id
join patient on patient.practice_id = :practice and patient.id = held.patient_id
where held.practice_id = :practice and held.account_id = :account and (held.until is null or held.until > :now)
order by held.since, held.relation
""")


class Held(NamedTuple):
    """A grant that holds now or is to come."""

    id: UUID
    given_by: str
    giver_id: UUID | None
    patient_id: UUID
    plugin: str
    level: str
    relation: str
    since: datetime
    until: datetime | None
    sex: str
    mine: list[str]
    theirs: list[str]


class Member(NamedTuple):
    """One person: `place` gives the tint, `relation` is such as "Your daughter"; `given` are grants that one can give up: one of each giver."""

    person: Person
    place: int
    relation: str
    periods: list[Period]
    given: list[UUID]


def members(session: Session, practice_id: UUID, account_id: UUID, people: Sequence[Person], now: datetime) -> list[Member]:
    """The people in their order, in one statement."""
    rows = session.execute(_HELD, {"practice": practice_id, "account": account_id, "now": now})
    held: dict[UUID, list[Held]] = {}
    for one in map(Held._make, rows):
        held.setdefault(one.patient_id, []).append(one)
    return [_member(person, place, held.get(person.id, []), now) for place, person in enumerate(people)]


def _member(person: Person, place: int, held: list[Held], now: datetime) -> Member:
    # Whoever looks in as the patient does has no grant, but rights for a while.
    found = periods(held, now) or [Period(person.rights, now, None)]
    given = {one.giver_id: one.id for one in held if one.given_by != GIVEN_BY and not person.is_self}
    return Member(person, place, "You" if person.is_self else _relation(held, now), found, list(given.values()))


def _relation(held: Iterable[Held], now: datetime) -> str:
    held = list(held)
    if not held:
        return ""
    return words.whose(held[0].sex, [*held[0].mine, *(one.relation for one in held if one.since <= now)], held[0].theirs)
