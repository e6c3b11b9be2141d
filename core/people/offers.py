"""Offering access to a record by mail, taking it, and ending it.

The link in the mail is worth nothing without the patient's birthdate, and whatever is wrong with it has one answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.auth import access, tickets
from core.auth.limits import Count, Limiter, windows
from core.auth.models import Account, Ticket
from core.auth.tickets import BadTicket
from core.people.family import BY_ACCOUNT, GIVEN_BY
from core.people.giving import Day, Giver, giver_of
from core.people.models import AccessOffer, Grant
from core.tasks import enqueue

LINK = "grant"
MOST_WAITING = 20
PER_DAY = windows("20 per 1 day")
RELATIONS = {
    "spouse": "Husband or wife", "life partner": "Partner", "parent": "Parent", "child": "Child", "sibling": "Brother or sister",
    "grandparent": "Grandparent", "grandchild": "Grandchild", "caregiver": "Caregiver", "friend": "Friend", "other": "Somebody else",
}  # fmt: skip


class CannotGive(Exception):
    """Access cannot be given like this; the text says why and what to do."""


class OwnRecord(Exception):
    """Whoever takes the offer is the patient."""


class NoSuchGrant(Exception):
    """There is no such access that this account could end."""


@dataclass(frozen=True)
class Offered:
    """What the giver typed and chose. `rights` are such as `account.act` or `images.see`."""

    name: str
    email: str
    relation: str
    rights: frozenset[str]
    until: datetime | None


@dataclass(frozen=True)
class Opened:
    """What a link leads to."""

    ticket: Ticket
    offer: AccessOffer
    giver: Giver


class Waiting(NamedTuple):
    """An offer that was not taken yet; `open_until` is None when its link is worth nothing any more."""

    offer: AccessOffer
    open_until: datetime | None


def make(session: Session, limiter: Limiter, giver: Giver, offered: Offered, now: datetime, lives: timedelta) -> AccessOffer:
    """Offer somebody access by mail. Raises CannotGive, TooManyAttempts."""
    if giver.hindrance:
        raise CannotGive(giver.hindrance)
    if not all(giver.most(right, offered.until, now)[0] for right in offered.rights):
        raise CannotGive("You can’t give more than you have yourself. Please choose again.")
    patient = giver.patient
    still = (AccessOffer.practice_id == patient.practice_id, AccessOffer.patient_id == patient.id, *_untaken())
    if (session.scalar(select(func.count()).where(*still)) or 0) >= MOST_WAITING:
        raise CannotGive(f"{MOST_WAITING} offers wait already. Withdraw one of them first.")
    offer = AccessOffer(
        practice_id=patient.practice_id, patient_id=patient.id, giver_id=giver.account.id, name=offered.name, email=offered.email,
        relation=offered.relation, rights=sorted(offered.rights), until=offered.until, made_at=now,
    )  # fmt: skip
    session.add(offer)
    session.flush()
    send(session, limiter, offer, now, lives)
    return offer


def send(session: Session, limiter: Limiter, offer: AccessOffer, now: datetime, lives: timedelta) -> None:
    """Have a link mailed; an earlier one is worth nothing any more. Raises TooManyAttempts."""
    limiter.take(now, Count(PER_DAY, offer.practice_id, "grant.offer", str(offer.giver_id)))
    ticket_id = tickets.put_code(session, LINK, now, lives, offer.email, patient_id=offer.patient_id, offer_id=offer.id)
    session.flush()
    enqueue(session, "family.send_offer", ticket_id=str(ticket_id))


def withdraw(session: Session, offer: AccessOffer, now: datetime) -> None:
    """Take an offer back; its link is worth nothing any more."""
    offer.withdrawn_at = now
    tickets.void(session, offer.practice_id, now, LINK, offer_id=offer.id)


def waiting(session: Session, practice_id: UUID, patient_id: UUID, now: datetime) -> list[Waiting]:
    """The offers of a patient's record that were neither taken nor withdrawn, newest first."""
    usable = (Ticket.practice_id == practice_id, Ticket.offer_id == AccessOffer.id, *access.usable_links(LINK, now))
    until = select(func.max(Ticket.expires_at)).where(*usable).scalar_subquery()
    where = (AccessOffer.practice_id == practice_id, AccessOffer.patient_id == patient_id, *_untaken())
    return [Waiting(*row) for row in session.execute(select(AccessOffer, until).where(*where).order_by(AccessOffer.made_at.desc()))]


def find_waiting(session: Session, practice_id: UUID, patient_id: UUID, offer_id: UUID) -> AccessOffer | None:
    """One of them; locked, so that it is not taken while it is withdrawn."""
    where = (AccessOffer.practice_id == practice_id, AccessOffer.patient_id == patient_id, AccessOffer.id == offer_id, *_untaken())
    return session.scalars(select(AccessOffer).where(*where).with_for_update()).one_or_none()


def open_offer(session: Session, practice_id: UUID, token: str, day: Day) -> Opened:
    """What a link leads to; looking uses nothing up. Raises BadTicket, also when the giver has no say any more."""
    ticket = tickets.open_link(session, practice_id, LINK, token, day.now)
    offer = find_waiting(session, practice_id, ticket.patient_id, ticket.offer_id) if ticket.patient_id and ticket.offer_id else None
    giver = giver_of(session, practice_id, offer.giver_id, offer.patient_id, day) if offer else None
    if offer is None or giver is None or giver.hindrance or ticket.tries >= tickets.MOST_TRIES:
        raise BadTicket
    return Opened(ticket, offer, giver)


def accept(session: Session, opened: Opened, token: str, account: Account, now: datetime) -> None:
    """Use the link up: what was offered is the account's, as far as the giver has it still. Raises BadTicket, OwnRecord."""
    offer = opened.offer
    if account.patient_id == offer.patient_id:
        raise OwnRecord
    limits = {right: opened.giver.most(right, offer.until, now) for right in offer.rights}
    given = {right: until for right, (can, until) in limits.items() if can and (until is None or until > now)}
    if not given:
        raise BadTicket
    tickets.use_link(session, offer.practice_id, LINK, token, now)
    offer.accepted_at, offer.account_id = now, account.id
    for right, until in given.items():
        plugin, _, level = right.partition(".")
        session.add(
            Grant(account_id=account.id, patient_id=offer.patient_id, plugin=plugin, level=level, relation=offer.relation, given_by=BY_ACCOUNT,
                  giver_id=offer.giver_id, since=now, until=until)
        )  # fmt: skip
    session.flush()
    tell(session, offer.patient_id, account.id, offer.giver_id, "given")


def find_grant(session: Session, practice_id: UUID, grant_id: UUID, account_id: UUID, day: Day) -> Grant:
    """An access that this account may end: its own, or on a record in which it has a say. Raises NoSuchGrant.

    What the practice's system gives is not ended here: it would be given anew.
    """
    grant = session.get(Grant, (practice_id, grant_id))
    if grant is None or grant.given_by == GIVEN_BY or grant.relation == "self" or (grant.until and grant.until <= day.now):
        raise NoSuchGrant
    if grant.account_id != account_id:
        giver = giver_of(session, practice_id, account_id, grant.patient_id, day)
        if giver is None or giver.hindrance:
            raise NoSuchGrant
    return grant


def end(session: Session, grant: Grant, by: UUID, now: datetime) -> None:
    """End an access with everything that was given together with it; it stays as history, with who ended it."""
    together = (
        Grant.practice_id == grant.practice_id, Grant.account_id == grant.account_id, Grant.patient_id == grant.patient_id,
        Grant.given_by == grant.given_by, Grant.giver_id.is_not_distinct_from(grant.giver_id), Grant.since == grant.since,
        Grant.until.is_(None) | (Grant.until > now),
    )  # fmt: skip
    session.execute(update(Grant).where(*together).values(until=now, ended_by_id=by))
    tell(session, grant.patient_id, grant.account_id, grant.giver_id, "ended")


def tell(session: Session, patient_id: UUID, account_id: UUID, giver_id: UUID | None, change: str) -> None:
    """Have both sides told by mail: who has the access, who gave it, and whose record it is."""
    own = select(Account.id).where(Account.practice_id == session.info["practice_id"], Account.patient_id == patient_id, Account.closed_at.is_(None))
    enqueue(session, "family.tell_of_grant", account_id=str(account_id), change=f"{change}_you")
    for one in {giver_id, *session.scalars(own)} - {None, account_id}:
        enqueue(session, "family.tell_of_grant", account_id=str(one), change=change)


def _untaken() -> tuple:
    return AccessOffer.withdrawn_at.is_(None), AccessOffer.accepted_at.is_(None)
