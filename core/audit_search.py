"""Searching a practice's audit log: the newest first, a page at a time, however many entries there are.

A page begins where the one before ended (a moment and an id), so the last one costs what the first one does. Each filter has an index that
ends with the time (core/audit.py); a kind of act is several actions, each of which is looked up by itself.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select, text, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from core.audit import AuditEvent
from core.audit_words import kind_of, sentence
from core.auth.models import Account, SupportAccess
from core.auth.realms import OPERATOR, PERSON, STAFF
from core.people.models import Patient

PAGE = 50
SUPPORT = "support"
"""The kind of what was done for a reason that somebody gave: the portal looked at as a patient, an operator in the office."""
_NAMED: tuple[Any, ...] = (Account, Account, Patient, Patient, SupportAccess)
KNOWN = """
with recursive known(action) as (
    (select action from audit_event where practice_id = :practice order by action limit 1)
    union all
    select (select next.action from audit_event next where next.practice_id = :practice and next.action > known.action
        order by next.action limit 1)
    from known where known.action is not null
)
select action from known where action is not null
"""
"""Every action that the log of a `:practice` knows, each read from the index."""
_KNOWN = text(f"{KNOWN}")


@dataclass(frozen=True)
class Place:
    """Where a page ended: the moment and the id of its last entry."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Asked:
    """What is searched for; None or empty is not asked. From `since` on, before `until`. `clinic_ids` limits whose entries are seen."""

    since: datetime | None = None
    until: datetime | None = None
    kind: str = ""
    patient_id: UUID | None = None
    account_id: UUID | None = None
    address: str = ""
    clinic_ids: Collection[UUID] = ()


@dataclass(frozen=True)
class Found:
    """One entry, ready to be read. `who` is empty when nobody was signed in, `reason` when nobody gave one."""

    id: UUID
    at: datetime
    action: str
    what: str
    who: str
    who_kind: str
    user_name: str
    account_id: UUID | None
    patient: str
    chart: str
    patient_id: UUID | None
    target: str
    target_id: UUID | None
    address: str
    reason: str
    support_id: UUID | None
    request_id: str

    @property
    def place(self) -> Place:
        """Where the next page begins."""
        return Place(self.at, self.id)


def search(session: Session, practice_id: UUID, asked: Asked, before: Place | None = None, most: int = PAGE) -> tuple[list[Found], bool]:
    """A page of what was found, the newest first, and whether there are more."""
    actions = None
    if asked.kind and asked.kind != SUPPORT:
        known = session.scalars(_KNOWN, {"practice": practice_id})
        actions = [action for action in known if kind_of(action) == asked.kind]
        if not actions:
            return [], False
    rows = session.execute(_statement(practice_id, asked, before, actions, most + 1)).mappings().all()
    return [_found(row) for row in rows[:most]], len(rows) > most


def everything(session: Session, practice_id: UUID, asked: Asked, most: int = 1000) -> Iterator[Found]:
    """All that was found, one after another, each thousand in a transaction of its own."""
    before, more = None, True
    while more:
        found, more = search(session, practice_id, asked, before, most)
        session.commit()
        yield from found
        before = found[-1].place if found else None


def _statement(practice_id: UUID, asked: Asked, before: Place | None, actions: list[str] | None, most: int) -> Select:
    event = aliased(AuditEvent)
    newest = (event.happened_at.desc(), event.id.desc())
    where = [event.practice_id == practice_id, *_conditions(event, practice_id, asked, before)]
    one_filter_is_narrow = asked.patient_id or asked.account_id or asked.address
    if actions is None:
        page = select(event).where(*where).order_by(*newest).limit(most).subquery("page")
    elif one_filter_is_narrow:
        page = select(event).where(*where, event.action.in_(actions)).order_by(*newest).limit(most).subquery("page")
    else:
        # Each action by itself, from its own end of the index: the database cannot know that all of a rare kind lie far back.
        each = func.unnest(cast(actions, ARRAY(Text))).table_valued("action", name="each").render_derived()
        of_one = select(event).where(*where, event.action == each.c.action).order_by(*newest).limit(most).lateral("of_one")
        some = select(of_one).select_from(each.join(of_one, true()))
        page = some.order_by(of_one.c.happened_at.desc(), of_one.c.id.desc()).limit(most).subquery("page")
    return _with_names(page, practice_id)


def _conditions(event: Any, practice_id: UUID, asked: Asked, before: Place | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    found += [tuple_(event.happened_at, event.id) < tuple_(before.at, before.id)] if before else []
    found += [event.happened_at >= asked.since] if asked.since else []
    found += [event.happened_at < asked.until] if asked.until else []
    found += [event.support_id.is_not(None)] if asked.kind == SUPPORT else []
    found += [event.patient_id == asked.patient_id] if asked.patient_id else []
    found += [event.account_id == asked.account_id] if asked.account_id else []
    found += [event.address == asked.address] if asked.address else []
    return found + ([_is_of_clinics(event, practice_id, asked.clinic_ids)] if asked.clinic_ids else [])


def _is_of_clinics(event: Any, practice_id: UUID, clinic_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Whether an entry is about nobody, or about somebody of these clinics; what a patient's account did is about that patient."""
    account, patient = aliased(Account), aliased(Patient)
    own = select(account.patient_id).where(account.practice_id == practice_id, account.id == event.account_id)
    whom = func.coalesce(event.patient_id, own.correlate(event).scalar_subquery())
    mine = select(patient.id).where(patient.practice_id == practice_id, patient.id == whom, patient.clinic_id.in_(clinic_ids))
    return or_(whom.is_(None), mine.correlate(event).exists())


def _with_names(page: Any, practice_id: UUID) -> Select:
    """The entries of a page with whoever they name."""
    account, target, actor, patient, support = map(aliased, _NAMED)

    def same(model: Any, id_: Any) -> ColumnElement[bool]:
        return and_(model.practice_id == practice_id, model.id == id_)

    return (
        select(page, account.kind, account.name.label("account_name"), account.user_name, account.patient_id.label("own_patient_id"),
               _name(actor).label("actor_name"), _name(patient).label("patient_name"), patient.external_id.label("chart"),
               target.name.label("target_name"), support.reason)
        .select_from(page)
        .outerjoin(account, same(account, page.c.account_id))
        .outerjoin(actor, same(actor, account.patient_id))
        .outerjoin(patient, same(patient, page.c.patient_id))
        .outerjoin(target, same(target, page.c.target_id))
        .outerjoin(support, same(support, page.c.support_id))
        .order_by(page.c.happened_at.desc(), page.c.id.desc())
    )  # fmt: skip


def _name(patient: Any) -> ColumnElement[str]:
    return func.coalesce(func.nullif(patient.preferred_name, ""), patient.first_name) + " " + patient.last_name


def _found(row: Any) -> Found:
    return Found(
        row["id"], row["happened_at"], row["action"], sentence(row["action"]),
        row["actor_name"] or row["account_name"] or row["user_name"] or "", _who_kind(row), row["user_name"] or "", row["account_id"],
        row["patient_name"] or "", row["chart"] or "", row["patient_id"], row["target_name"] or "", row["target_id"], row["address"],
        row["reason"] or "", row["support_id"], row["request_id"],
    )  # fmt: skip


def _who_kind(row: Any) -> str:
    """Who it was to the record: staff, operator, patient, representative; nobody signed in, or the portal by itself."""
    if row["kind"] is None:
        return "nobody signed in" if row["address"] else "the portal itself"
    if row["kind"] in (STAFF, OPERATOR):
        return str(row["kind"])
    is_own = row["own_patient_id"] and row["patient_id"] in (None, row["own_patient_id"])
    return "patient" if row["kind"] == PERSON and is_own else "representative"
