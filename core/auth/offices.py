"""The accounts that one person has at several offices, tied into a circle. No office learns of another: the circle stands outside the
wall, each account in it is known by its own office only, and people go over by a hand-over (core/auth/hand_over.py).
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Delete, ForeignKey, ScalarSelect, UniqueConstraint, delete, func, select, text
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from core import outbox
from core.db import Base, uuid7

_OTHERS = text("""
select other.id, other.practice_id, other.account_id, practice.version
from linked_account mine
join linked_account other on other.circle = mine.circle and other.id <> mine.id
join practice on practice.id = other.practice_id
where mine.practice_id = :practice_id and mine.account_id = :account_id
order by other.made_at, other.id
""")


class LinkedAccount(Base):
    """One account in a circle: the accounts that one person has at several offices, one at each.

    Bookkeeping of the installation: ids only, without a key to the account, which would look past the wall. It is asked for the circle
    of who is signed in, and for nothing else.
    """

    __tablename__ = "linked_account"
    __table_args__ = (UniqueConstraint("practice_id", "account_id"), UniqueConstraint("circle", "practice_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    circle: Mapped[UUID]
    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id", ondelete="CASCADE"))
    account_id: Mapped[UUID]
    made_at: Mapped[datetime]


class HandOver(Base):
    """A person on the way from one office to another, by a link that is used once; the row is gone with its use. Outside the wall as well.

    `kind` is `link` (asks for two accounts to be tied), `answer` (the other account agrees) or `enter` (goes over). The row holds only
    the SHA-256 of the link's secret. `to_account_id` is open until somebody answers. `signed_in_at` is when the session behind it began.
    """

    __tablename__ = "hand_over"
    __table_args__ = (CheckConstraint("kind in ('link', 'answer', 'enter')", name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    from_practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id", ondelete="CASCADE"))
    from_account_id: Mapped[UUID]
    to_practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id", ondelete="CASCADE"))
    to_account_id: Mapped[UUID | None]
    signed_in_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class TwoAccountsAtOneOffice(Exception):
    """The circle would hold two accounts at the same office: nobody could tell which is meant."""


class Holder(NamedTuple):
    """An account, wherever it is."""

    practice_id: UUID
    account_id: UUID


class Linked(NamedTuple):
    """Another account of the circle, and the version of its practice's settings."""

    id: UUID
    practice_id: UUID
    account_id: UUID
    version: int


def hold(session: Session) -> None:
    """Whoever changes circles comes one after the other, until the transaction ends; taken before any of their rows."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("auth.offices", 0))))


def others(session: Session, mine: Holder) -> list[Linked]:
    """The accounts that are tied to this one, in the order in which they came."""
    return [Linked(*row) for row in session.execute(_OTHERS, mine._asdict())]


def join(session: Session, mine: Holder, other: Holder, now: datetime) -> list[Holder]:
    """Tie two accounts, and whatever each was tied to; returns all but `mine` if that is new. Raises TwoAccountsAtOneOffice."""
    hold(session)
    ours, theirs = _circle(session, mine, now), _circle(session, other, now)
    if ours[0].circle == theirs[0].circle:
        return []
    together = ours + theirs
    if len({one.practice_id for one in together}) < len(together):
        raise TwoAccountsAtOneOffice
    for one in theirs:
        one.circle = ours[0].circle
    session.add_all(together)
    session.flush()
    return [holder for one in together if (holder := Holder(one.practice_id, one.account_id)) != mine]


def unlink(session: Session, mine: Holder, link_id: UUID) -> Holder | None:
    """Take another account out of the circle; returns whose it was, None when the circle has no such account."""
    hold(session)
    found = next((other for other in others(session, mine) if other.id == link_id), None)
    if found is None:
        return None
    left = Holder(found.practice_id, found.account_id)
    forget(session, left)
    return left


def forget(session: Session, holder: Holder) -> None:
    """Take an account out of its circle, and call off what was to tie it: it was unlinked or closed, or has a new password."""
    hold(session)
    here, account = holder
    sent = (HandOver.from_practice_id == here) & (HandOver.from_account_id == account)
    meant = (HandOver.to_practice_id == here) & (HandOver.to_account_id == account)
    # Whoever is going over finds no link any more. Waiting for that row here could mean that each waits for the other.
    session.execute(delete(HandOver).where(sent | meant, HandOver.kind != "enter"))
    mine = (LinkedAccount.practice_id == here, LinkedAccount.account_id == account)
    circle = session.scalar(delete(LinkedAccount).where(*mine).returning(LinkedAccount.circle))
    if circle:
        session.execute(_last_one(circle))


def tell(session: Session, holder: Holder, change: str) -> None:
    """Have this account's own office note, and its owner told, that it was linked or unlinked (core/auth/offices_tasks.py)."""
    outbox.put(session, holder.practice_id, "auth.offices_changed", {"account_id": str(holder.account_id), "change": change})


def _circle(session: Session, holder: Holder, now: datetime) -> list[LinkedAccount]:
    """All who are in the circle of this account; a new one that is not kept yet if it is in none."""
    members = select(LinkedAccount).where(LinkedAccount.circle == _circle_of(holder)).execution_options(populate_existing=True)
    return list(session.scalars(members)) or [LinkedAccount(circle=uuid7(), made_at=now, **holder._asdict())]


def _circle_of(holder: Holder) -> ScalarSelect[UUID]:
    mine = aliased(LinkedAccount)
    return select(mine.circle).where(mine.practice_id == holder.practice_id, mine.account_id == holder.account_id).scalar_subquery()


def _last_one(circle: UUID) -> Delete:
    """Nobody is tied to oneself alone."""
    left = select(func.count()).where(aliased(LinkedAccount, name="left_over").circle == circle).scalar_subquery()
    return delete(LinkedAccount).where(LinkedAccount.circle == circle, left == 1)
