"""Pushing what patients do here to Open Dental, in order, each exactly once.

A change is first kept as a row and acknowledged, in one transaction. Before a call the row says that it has begun; after a death or a lost answer what the call
makes is looked up first, and made only if it is not there. What was begun is left alone until no answer can be on its way any more.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from core.db import uuid7
from core.records import changes
from plugins.opendental.known import setup_of
from plugins.opendental.mapping.calls import PUSHED as KINDS
from plugins.opendental.mapping.calls import ByHand, Call, Told, calls_of
from plugins.opendental.models import Connection, Push
from plugins.opendental.pulling import SOURCE, Office
from plugins.opendental.wire import Away, Fault, NotAllowed, PracticeSystem, Refused, SlowDown

MOST_AT_ONCE = 200
ON_ITS_WAY = timedelta(seconds=90)
"""So long an answer, or the call itself, may still be on its way after whoever made it has died."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
PUSHED: dict[str, str] = {
    "appointment.confirmed": "A visit was confirmed", "appointment.confirmation_set": "How a visit is confirmed", "appointment.callback_asked": "A patient wants to be called",
    "appointment.canceled": "A visit was called off", "appointment.moved": "A visit was moved", "appointment.restored": "A visit is as it was before",
    "appointment.booked": "A visit was booked", "appointment.arrived": "A patient is here", "wait_list.joined": "A patient wants an earlier time",
    "wait_list.left": "A patient wants no earlier time any more", "appointment_request.made": "A patient asks about a visit", "payment.made": "A payment",
    "payment.returned": "A payment that went back", "payment.processed": "A payment was processed", "message.written": "A message", "message.answered": "An answer",
    "treatment_plan.signed": "A treatment plan was signed", "patient.access_opened": "A patient uses the portal", "patient.added": "A new patient",
    "appointment_request.withdrawn": "A patient asks no more about a visit", "appointment_request.answered": "An answer about a visit",
    "treatment_plan.declined": "A treatment plan is not wanted", "payment_plan.changed": "A payment plan", "patient.changed": "A new patient was changed",
    "patient.merged": "Two charts became one", "patient.unmerged": "Two charts are two again", "records_request.changed": "A request for the record",
    "patient.email_changed": "An e-mail address", "patient.language_changed": "A language", "patient.text_consent": "Whether texts may be sent",
}  # fmt: skip
"""What each kind of change is called on the office's page."""


def push_next(office: Office, system: PracticeSystem, now: datetime) -> bool:
    """Push the next change; False where none is due. Raises Fault when Open Dental is away."""
    with office.transaction() as session:
        take_over(session, office.practice_id, now)
        push = next_push(session, office.practice_id, now)
        if push is None:
            return False
        push_id, begun_at = push.id, push.begun_at
        try:
            calls = calls_of(_told(session, office, push, now))
        except ByHand as reason:
            _settle(push, "stuck", now, str(reason))
            return True
        if not calls:
            _settle(push, "passed", now)
            return True
        push.begun_at = now
    try:
        made = [_make(system, call, again=begun_at is not None) for call in calls]
    except Fault as fault:
        _note_fault(office, push_id, fault, begun_at, now)
        return True
    with office.transaction() as session:
        push = _of(session, office.practice_id, push_id)
        push.theirs = next((number for number in made if number), "")
        _settle(push, "sent", now)
    return True


def take_over(session: Session, practice_id: UUID, now: datetime) -> None:
    """Keep the changes that wait as rows of our own, and acknowledge them: both or neither."""
    waiting = changes.waiting(session, practice_id, SOURCE, MOST_AT_ONCE)
    if not waiting:
        return
    rows = [
        {
            "practice_id": practice_id, "id": uuid7(), "change_id": one.id, "number": one.number, "kind": one.kind, "what": one.told(), "noted_at": one.at,
            "patient_id": UUID(one.patient["portal_id"]) if one.patient else None, "target_id": UUID(one.target["portal_id"]),
            "state": "waiting" if one.kind in KINDS else "passed", "problem": "", "attempts": 0, "theirs": "", "receipt": str(one.data.get("receipt_number") or ""),
        }
        for one in waiting
    ]  # fmt: skip
    session.execute(insert(Push).values(rows).on_conflict_do_nothing(index_elements=["practice_id", "change_id"]))
    changes.acknowledge(session, practice_id, SOURCE, waiting[-1].number, now)


def next_push(session: Session, practice_id: UUID, now: datetime) -> Push | None:
    """The next change that is due. What comes after it about the same thing, or the same new patient, waits for it."""
    earlier = aliased(Push)
    of_same = or_(earlier.target_id == Push.target_id, earlier.target_id == Push.patient_id)
    before = exists().where(earlier.practice_id == practice_id, earlier.state == "waiting", earlier.number < Push.number, of_same)
    free = or_(Push.begun_at.is_(None), Push.begun_at <= now - ON_ITS_WAY)
    due = and_(or_(Push.next_at.is_(None), Push.next_at <= now), free)
    query = select(Push).where(Push.practice_id == practice_id, Push.state == "waiting", due, ~before).order_by(Push.number).limit(1)
    return session.scalar(query.with_for_update(of=Push))


def _told(session: Session, office: Office, push: Push, now: datetime) -> Told:
    """The change with their numbers: those that records have brought since, and those of what was made over there for us."""
    choices = session.scalar(select(Connection.choices).where(Connection.practice_id == office.practice_id)) or {}
    whole = push.what
    made = _made(session, office.practice_id)

    def number(thing: Any) -> str | None:
        if not isinstance(thing, Mapping) or not thing.get("portal_id"):
            return None
        known = thing.get("external_id") or made.get(str(thing["portal_id"]), "")
        # What came from another system has another sort of number.
        return known if known.isdecimal() else None

    setup = setup_of(session, office.practice_id, office.time_zone, now)
    told = Told(push.kind, push.change_id.hex, push.noted_at, number(whole["patient"]), number(whole["target"]), whole["data"], setup, number, choices)
    # A payment is known there by the number that it got from us, never by one of ours.
    told = replace(told, file=lambda: office.file_of(session, push.change_id))
    return replace(told, target=made.get(str(push.target_id))) if push.kind.startswith("payment.") else told


def _made(session: Session, practice_id: UUID) -> dict[str, str]:
    kinds = ("appointment.booked", "patient.added", "payment.made")
    rows = select(Push.target_id, Push.theirs).where(Push.practice_id == practice_id, Push.kind.in_(kinds), Push.theirs != "")
    return {str(target): theirs for target, theirs in session.execute(rows)}


def _make(system: PracticeSystem, call: Call, again: bool) -> str:
    """Make a call, unless what it makes is there already. Returns the number of what was made."""
    if call.find and (again or call.looks_first):
        found = system.query(call.find)
        if found:
            return str(found[0][call.key])
    row = system.add(call.path, call.values) if call.act == "add" else system.change(call.path, call.values)
    return str(row.get(call.key) or "") if call.act == "add" else ""


def _note_fault(office: Office, push_id: UUID, fault: Fault, begun_at: datetime | None, now: datetime) -> None:
    """What is away may come back; what is refused waits for a person. What cannot have been done has not begun."""
    with office.transaction() as session:
        push = _of(session, office.practice_id, push_id)
        push.begun_at = now if fault.may_be_done else begun_at
        if isinstance(fault, Away | SlowDown) or _is_of_the_key(fault):
            push.attempts += 1
            push.next_at = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(push.attempts - 1, 10))
        else:
            said = fault.said if isinstance(fault, Refused) else ""
            _settle(push, "stuck", now, f"{fault} {said}".strip()[:500])
    if isinstance(fault, Away | SlowDown) or _is_of_the_key(fault):
        raise fault


def _is_of_the_key(fault: Fault) -> bool:
    """Whether nothing at all is allowed, rather than this one thing."""
    return isinstance(fault, NotAllowed) and str(fault) != NotAllowed.without_permission


def _of(session: Session, practice_id: UUID, push_id: UUID) -> Push:
    return session.scalars(select(Push).where(Push.practice_id == practice_id, Push.id == push_id).with_for_update()).one()


def _settle(push: Push, state: str, now: datetime, problem: str = "") -> None:
    push.state, push.problem, push.ended_at, push.next_at = state, problem, now, None
