"""What patients answer to an offer: by the link in a mail without signing in, or in the portal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.tenant import Tenant
from plugins.appointments.models import Appointment, Offer, Opening, WaitListEntry
from plugins.appointments.waiting import claiming, joining, loading, openings
from plugins.appointments.waiting.asking import hashed
from plugins.appointments.waiting.fitting import SCHEDULED
from plugins.appointments.waiting.joining import UNANSWERED
from plugins.appointments.waiting.loading import Listed
from plugins.appointments.waiting.openings import Time

View = Literal["open", "too_late", "accepted", "chose_other", "declined"]
_ANSWERED: dict[str, View] = {"accepted": "accepted", "chose_other": "chose_other", "declined": "declined"}


class BadLink(Exception):
    """The link cannot be used; why is not said."""


class TooLate(Exception):
    """Somebody else has the time."""


@dataclass(frozen=True)
class Opened:
    """An offer and what it is about. `listed` is None when the patient waits no more."""

    offer: Offer
    opening: Opening
    listed: Listed | None
    view: View


def open_link(session: Session, practice_id: UUID, token: str, now: datetime) -> Opened:
    """What a link leads to; looking answers nothing. Raises BadLink, also once the time has come."""
    return _opened(session, practice_id, now, Offer.token_hash == hashed(token))


def open_own(session: Session, practice_id: UUID, patient_id: UUID, offer_id: UUID, now: datetime) -> Opened:
    """An offer to a patient, for whoever is signed in. Raises BadLink."""
    return _opened(session, practice_id, now, Offer.patient_id == patient_id, Offer.id == offer_id)


def _opened(session: Session, practice_id: UUID, now: datetime, *which) -> Opened:
    query = select(Offer, Opening).join(Opening, (Opening.practice_id == Offer.practice_id) & (Opening.id == Offer.opening_id))
    row = session.execute(query.where(Offer.practice_id == practice_id, Opening.starts_at > now, *which)).one_or_none()
    if row is None:
        raise BadLink
    offer, opening = row
    found = loading.listed(session, practice_id, now, WaitListEntry.id == offer.entry_id)
    listed = found[0] if found else None
    if offer.state not in _ANSWERED and not is_wanted(listed, opening):
        raise BadLink
    return Opened(offer, opening, listed, _view(session, offer, opening, now))


def is_wanted(listed: Listed | None, opening: Opening) -> bool:
    """Whether the patient waits still, and this is earlier than the visit that they have by now."""
    visit = listed.visit if listed and listed.kind == SCHEDULED else None
    return listed is not None and (visit is None or opening.starts_at < visit.starts_at)


def _view(session: Session, offer: Offer, opening: Opening, now: datetime) -> View:
    if answered := _ANSWERED.get(offer.state):
        return answered
    is_open = opening.state == "open" and offer.state in UNANSWERED and openings.is_free(session, opening, now)
    return "open" if is_open else "too_late"


def mark_viewed(opened: Opened, now: datetime) -> None:
    """Somebody has looked at it, in time or too late."""
    offer = opened.offer
    offer.viewed_at = offer.viewed_at or now
    if opened.view == "open":
        offer.state = "viewed"
    elif opened.view == "too_late":
        offer.state = "too_late"


def miss(opened: Opened, now: datetime) -> None:
    """Somebody said yes, and the time was taken: they know now."""
    if opened.offer.state in UNANSWERED or opened.offer.state == "expired":
        opened.offer.state, opened.offer.viewed_at = "too_late", opened.offer.viewed_at or now


def accept(session: Session, place: Tenant, opened: Opened, account_id: UUID | None, now: datetime) -> Appointment:
    """The patient has the time, at the clinic of `place`: of all who say yes at one moment, one. Raises TooLate."""
    offer, practice_id = opened.offer, opened.offer.practice_id
    opening = openings.find(session, practice_id, offer.opening_id)
    session.refresh(offer, with_for_update=True)
    if opening is None or opening.state != "open" or offer.state not in UNANSWERED or opened.listed is None:
        raise TooLate
    if not openings.is_kept(session, opening):
        openings.close(session, opening, "stopped", now)
        raise TooLate
    try:
        visit = claiming.claim(session, place, opened.listed, _time(opening), account_id, now)
    except claiming.Taken:
        if not openings.is_free(session, opening, now):  # else a rule keeps this patient from it: others may have it
            openings.close(session, opening, "taken", now)
        raise TooLate from None
    _answer(offer, "accepted", account_id, now)
    session.flush()
    openings.close(session, opening, "filled", now)
    joining.end(session, opened.listed.entry, "booked", account_id, now)
    return visit


def decline(session: Session, opened: Opened, account_id: UUID | None, now: datetime, for_good: bool) -> None:
    """Not this time; with `for_good` none for this visit. Whoever is next is asked at once. What was answered before stays so."""
    offer = opened.offer
    session.refresh(offer, with_for_update=True)
    if offer.state in UNANSWERED:
        _answer(offer, "declined", account_id, now)
        session.flush()
        opening = openings.find(session, offer.practice_id, offer.opening_id)
        if opening and opening.state == "open":
            openings.ask_next(session, opening, now)
    if for_good and opened.listed:
        joining.end(session, opened.listed.entry, "declined", account_id, now)


def chose_other(session: Session, opened: Opened, account_id: UUID | None, now: datetime) -> None:
    """The time was taken, and the patient has booked another one instead."""
    _answer(opened.offer, "chose_other", account_id, now)
    session.flush()
    if opened.listed:
        joining.end(session, opened.listed.entry, "booked", account_id, now)


def _answer(offer: Offer, state: str, account_id: UUID | None, now: datetime) -> None:
    offer.state, offer.answered_at, offer.account_id = state, now, account_id
    offer.viewed_at = offer.viewed_at or now


def _time(opening: Opening) -> Time:
    return Time(
        opening.clinic_id, opening.operatory_id, opening.provider_id, opening.hygienist_id, opening.is_hygiene, opening.starts_at, opening.minutes,
        opening.pattern,
    )  # fmt: skip


def open_offers(session: Session, practice_id: UUID, patient_id: UUID, now: datetime) -> list[tuple[Offer, Opening]]:
    """The offers of a patient that can be accepted now, the soonest time first."""
    query = select(Offer, Opening).join(Opening, (Opening.practice_id == Offer.practice_id) & (Opening.id == Offer.opening_id))
    still = (*openings.open_unanswered(practice_id), Offer.patient_id == patient_id, Opening.state == "open", Opening.starts_at > now)
    return [(offer, opening) for offer, opening in session.execute(query.where(*still).order_by(Opening.starts_at))]
