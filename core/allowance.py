"""What a practice's plan includes, how much of it is used, and refusing what goes beyond. Whoever has access already keeps it."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core import outbox
from core.files.storage import write_count
from core.plans import KINDS, STORAGE, UNLIMITED
from core.web.formats import file_size

NEAR = 0.8
"""From this part of a limit on admins are told."""

_PLAN = text("select plan, plan_limits from practice where id = :practice")
# Until the end of the transaction: of two who ask at the same moment the second counts what the first has made.
_HELD = text("select plan, plan_limits from practice where id = :practice for no key update")
_USED = {
    "patients": text("select count(*) from account where practice_id = :practice and kind = 'person' and patient_id is not null and closed_at is null"),
    "clinics": text("select count(*) from clinic where practice_id = :practice"),
    # Those of this month by the practice's clock, and those that are still to go out.
    "texts": text("""
select count(*) from outbox join practice on practice.id = outbox.practice_id
where outbox.practice_id = :practice and outbox.task = any(:text_tasks) and outbox.dead_at is null
    and not outbox.dropped and (outbox.done_at is null
        or outbox.done_at >= date_trunc('month', now() at time zone practice.time_zone) at time zone practice.time_zone)
"""),
    # Kept by core.files.storage; no row where nothing was ever stored.
    STORAGE: text("select bytes from practice_storage where practice_id = :practice"),
}
_STAYS = {STORAGE: "What is stored stays."}


class Full(Exception):
    """The plan includes no more of this; the text says what to do, in words for the office."""


class Use(NamedTuple):
    """How much of one thing is used; `limit` is None where the plan does not limit it."""

    kind: str
    used: int
    limit: int | None

    @property
    def words(self) -> str:
        """What it is."""
        return KINDS[self.kind]

    @property
    def used_words(self) -> str:
        """How much is used: a number, or a size."""
        return _amount(self.kind, self.used)

    @property
    def limit_words(self) -> str:
        """How much the plan includes; no words where it does not limit it."""
        return "" if self.limit is None else _amount(self.kind, self.limit)

    @property
    def is_near(self) -> bool:
        """Whether admins should know that little or nothing is left."""
        return self.limit is not None and self.used >= NEAR * self.limit


class Plan(NamedTuple):
    """A practice's plan, and what is used of it."""

    name: str
    uses: list[Use]

    @property
    def near(self) -> list[Use]:
        """Of what little or nothing is left."""
        return [use for use in self.uses if use.is_near]


def plan_of(session: Session, practice_id: UUID) -> Plan:
    """The plan of a practice, and how much of each thing it uses; numbers only."""
    name, limits = session.execute(_PLAN, {"practice": practice_id}).one()
    uses = [Use(kind, _used(session, practice_id, kind), limits.get(kind)) for kind in _USED]
    return Plan(name or UNLIMITED, uses)


def need_room(session: Session, practice_id: UUID, kind: str, more: int = 1) -> None:
    """Before one more is made, or so many bytes are stored: the plan includes it, and goes on to until this transaction ends. Raises Full.

    Only for what people do here: what comes in from the practice's own system is always taken, and so are exports.
    """
    name, limits = session.execute(_HELD, {"practice": practice_id}).one()
    limit = limits.get(kind)
    if limit is None:
        return
    write_count(session)
    if _used(session, practice_id, kind) + more > limit:
        stays = _STAYS.get(kind, "Nothing changes for those who have access already.")
        raise Full(
            f"Your plan, {name}, has no room for more {KINDS[kind]}: it includes {_amount(kind, limit)}. Ask whoever runs the portal for a larger plan. {stays}"
        )


def room_left(session: Session, practice_id: UUID, kind: str) -> int | None:
    """How many more of one thing the plan includes, until this transaction ends; None where it does not limit it."""
    limit = session.execute(_HELD, {"practice": practice_id}).one().plan_limits.get(kind)
    return None if limit is None else max(limit - _used(session, practice_id, kind), 0)


def _used(session: Session, practice_id: UUID, kind: str) -> int:
    about = {"practice": practice_id} | ({"text_tasks": sorted(outbox.TEXT_TASKS)} if kind == "texts" else {})
    return session.scalar(_USED[kind], about) or 0


def _amount(kind: str, number: int) -> str:
    return file_size(number).replace(".0 ", " ") if kind == STORAGE else f"{number:,}"
