"""A large made-up practice, for `cuspid demo --patients`: thousands of patients with believable lives, by the door through which all records come.

Everybody is made by a seed, one family after the other, and counted from the day on which the practice was made: what was broken off goes on when it is made
again, and what is there is left as it is.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.app import configure
from core.auth import services as auth
from core.auth.models import Account
from core.config import Settings, WrongSetting
from core.db import SessionFactory, bind_tenant
from core.people.models import Patient
from core.records import RecordKind, runs
from core.records.kinds import kinds_for
from tenants.demo import PASSWORD, SignIn, sign_in
from tenants.demo.chart import Office
from tenants.demo.large import lives
from tenants.demo.large.people import Household, households
from tenants.demo.large.practice import SLUG, STORY
from tenants.demo.office import BY, Access, DemoRefused, Opening
from tenants.models import Practice

BATCH = 1_000
SEED = 7
Progress = Callable[[int], object]
"""Told how many patients are whole now."""


def make(settings: Settings, patients: int, progress: Progress) -> list[SignIn]:
    """Make the practice, or what is missing of it, and say who can sign in. Raises WrongSetting in production."""
    if settings.environment == "production":
        raise WrongSetting("The demo's password is known to everyone: make it only where CUSPID_ENVIRONMENT is local.")
    registry = configure(settings).make_wsgi_app().registry
    try:
        fill(registry, patients, datetime.now(UTC), progress)
    finally:
        registry.engine.dispose()
    return [*(sign_in(settings, STORY, one) for one in _with_access()), *(sign_in(settings, STORY, one) for one in STORY.staff)]


def fill(registry, patients: int, now: datetime, progress: Progress, seed: int = SEED) -> None:
    """Make so many patients; each batch is one transaction. Raises DemoRefused."""
    with SessionFactory(bind=registry.engine) as session:
        began = _open(session, registry, now)
        filling = _Filling(session, kinds_for(registry, frozenset(registry.plugins.plugins)), runs.begin(BY, now), now)
        office = Opening(session, registry, STORY, began).office
        # All people first: who may see whom is worked out anew with each batch of them.
        filling.take(_people(office, seed, patients))
        _admit(session, began)
        filling.take(_lives(office, seed, patients, progress))
        runs.end(session, filling.run, filling.kinds, now)
        session.commit()


@dataclass
class _Filling:
    session: Session
    kinds: dict[str, RecordKind]
    run: runs.Run
    now: datetime

    def take(self, records: Iterable[dict[str, Any]]) -> None:
        found = (record for record in records if record["kind"] in self.kinds)
        while batch := list(islice(found, BATCH)):
            answers = runs.take_in(self.session, self.run, self.kinds, batch, self.now)
            refused = next((answer for answer in answers if answer.outcome == "refused"), None)
            if refused:
                raise DemoRefused(f"{refused.kind} {refused.external_id}: {refused.reason}")
            self.session.commit()
            self.session.expunge_all()


def _open(session: Session, registry, now: datetime) -> datetime:
    """The practice with its clinics, its staff and its book; when it was made."""
    found = session.execute(select(Practice.id, Practice.created_at).where(Practice.slug == SLUG)).one_or_none()
    if found:
        bind_tenant(session, found.id)
        return found.created_at
    Opening(session, registry, STORY, now).open(PASSWORD)
    session.commit()
    return now


def _people(office: Office, seed: int, patients: int) -> Iterator[dict]:
    for house in households(seed, patients):
        for member in house.members:
            yield from lives.person(office, house, member).records
        yield from lives.relations(house)


def _lives(office: Office, seed: int, patients: int, progress: Progress) -> Iterator[dict]:
    slots, done = lives.Slots(office), 0
    for house in households(seed, patients):
        for member in house.members:
            yield from lives.life(office, slots, house, member)
        done += len(house.members)
        progress(done)


def _first_family() -> Household:
    return next(households(SEED, 10))


def _with_access() -> tuple[Access, ...]:
    """The grown-ups of the first family."""
    house = _first_family()
    grown = [member for member in house.members if not member.is_child]
    notes = ("head of the family account", "the own chart only")
    return tuple(
        Access(one.first_name.lower(), one.number, f"{one.first_name} {one.last_name}, {note}") for one, note in zip(grown, notes, strict=False)
    )


def _admit(session: Session, now: datetime) -> None:
    """Give them accounts, unless they have them."""
    practice_id = session.info["practice_id"]
    for access in _with_access():
        patient = session.scalars(select(Patient).where(Patient.practice_id == practice_id, Patient.external_id == access.patient)).one_or_none()
        has_one = select(Account.id).where(Account.practice_id == practice_id, Account.user_name_norm == access.user_name)
        if patient and session.scalar(has_one) is None:
            auth.create_account(session, patient, access.user_name, PASSWORD, now)
    session.commit()
