"""What the office sets up for its book: operatories, types of blockout, of appointment and of recall, rules, and confirmation statuses."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.people.models import Provider
from plugins.appointments.models import AppointmentRule, AppointmentType, BlockoutType, ConfirmationStatus, Operatory, RecallType

Row = Operatory | BlockoutType | AppointmentType | RecallType | AppointmentRule | ConfirmationStatus
Kind = TypeVar("Kind", bound=Row)
Ordered = TypeVar("Ordered", Operatory, AppointmentType, RecallType, ConfirmationStatus)
MOST_ROWS = 200
"""The most operatories, or types of one sort, that an office enters."""


class NoSuchRow(Exception):
    """There is no such row, or it is not within reach."""


class TooMany(Exception):
    """More rows than are kept; the text says what to do."""


def operatories(session: Session, practice_id: UUID, clinic_id: UUID | None, with_rest: bool, hidden: bool = False) -> list[Operatory]:
    """A clinic's operatories from left to right; with those of no clinic, and the hidden ones, where asked for."""
    own = Operatory.clinic_id == clinic_id
    where = [Operatory.practice_id == practice_id, or_(own, Operatory.clinic_id.is_(None)) if with_rest else own]
    where += [] if hidden else [Operatory.is_hidden.is_(False)]
    return list(session.scalars(select(Operatory).where(*where).order_by(Operatory.position, Operatory.name, Operatory.id)))


def rows(session: Session, practice_id: UUID, model: type[Kind]) -> list[Kind]:
    """All rows of one sort, in their order, hidden ones as well."""
    order = [column for column in (getattr(model, "position", None), model.name, model.id) if column is not None]
    return list(session.scalars(select(model).where(model.practice_id == practice_id).order_by(*order)))


def row(session: Session, practice_id: UUID, model: type[Kind], row_id: UUID) -> Kind:
    """One row. Raises NoSuchRow."""
    found = session.scalars(select(model).where(model.practice_id == practice_id, model.id == row_id)).one_or_none()
    if found is None:
        raise NoSuchRow
    return found


def add(session: Session, practice_id: UUID, model: type[Kind], values: Mapping[str, Any]) -> Kind:
    """Add a row behind the others. Raises TooMany."""
    others = rows(session, practice_id, model)
    if len(others) >= MOST_ROWS:
        raise TooMany(f"There are {MOST_ROWS} already. Change one that you do not need any more.")
    last: dict[str, Any] = {"position": max((getattr(one, "position", 0) for one in others), default=-1) + 1} if hasattr(model, "position") else {}
    made = model(practice_id=practice_id, **last, **values)
    session.add(made)
    session.flush()
    return made


def change(row: Row, values: Mapping[str, Any]) -> bool:
    """Change a row, and tell whether anything did. Where the practice's system sends the row, the columns count as the office's own from now on."""
    new = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in new.items():
        setattr(row, name, value)
    if new and row.external_id is not None:
        row.own = sorted({*row.own, *new})
    return bool(new)


def give_meaning(session: Session, practice_id: UUID, status: ConfirmationStatus, meaning: str) -> None:
    """Let a status be the one that is set for something; another one that was, is no longer."""
    if meaning and meaning != status.meaning:
        before = select(ConfirmationStatus).where(ConfirmationStatus.practice_id == practice_id, ConfirmationStatus.meaning == meaning)
        for other in session.scalars(before):
            change(other, {"meaning": ""})
        session.flush()
    change(status, {"meaning": meaning})


def put_in_order(found: Sequence[Ordered], ids: Sequence[UUID]) -> bool:
    """Number rows as their ids come; those that are not named follow. False when nothing moves, or a row is not the office's to move."""
    places = {row_id: place for place, row_id in enumerate(ids)}
    wanted = sorted(found, key=lambda one: places.get(one.id, len(ids)))
    if wanted == list(found) or any(one.external_id for one in found):
        return False
    for place, one in enumerate(wanted):
        one.position = place
    return True


def providers(session: Session, practice_id: UUID) -> dict[UUID, str]:
    """The names of all providers, by id."""
    found = session.scalars(select(Provider).where(Provider.practice_id == practice_id).order_by(Provider.last_name, Provider.first_name))
    return {one.id: one.name for one in found}


def known(ids: Iterable[UUID], found: Collection[UUID]) -> list[UUID]:
    """Those of these ids that there are, each once."""
    return [one for one in dict.fromkeys(ids) if one in found]
