"""Two charts of one person become one: what becomes of the accounts, of who may see the record, and of whatever is open.

Nobody gets more by it than they had. Who may see the record afterwards is who could see the chart that is kept; what was opened of the other
one by the office, the practice's system or somebody else ends. Of two accounts of the person that of the kept chart stays: the other is closed,
and what it was given of other people's records goes over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from core.auth import looking, offices, services, tickets
from core.auth.access import account_of
from core.auth.models import Account, NoticeChoice, SignInSession, SupportAccess
from core.people.models import AccessOffer, Grant


@dataclass(frozen=True)
class Joined:
    """Which chart becomes part of which, when, and by whose account."""

    practice_id: UUID
    kept: UUID
    absorbed: UUID
    now: datetime
    by: UUID | None


def join_access(session: Session, charts: Joined) -> None:
    """Accounts, grants, offers, links and sessions; the rows still name the absorbed chart where nothing else is to be decided about them."""
    _stop_looking(session, charts)
    _end_what_others_had(session, charts)
    own = account_of(session, charts.practice_id, charts.kept)
    moved = session.scalars(select(Account).where(Account.practice_id == charts.practice_id, Account.patient_id == charts.absorbed)).all()
    for account in moved:
        account.patient_id = charts.kept
        if own:
            _give_over(session, charts, account, own)
    session.flush()
    tickets.void(session, charts.practice_id, charts.now, patient_id=charts.absorbed)
    if moved:  # else an invitation would open a second account
        tickets.void(session, charts.practice_id, charts.now, patient_id=charts.kept)
    _look_at_own(session, charts)


def _stop_looking(session: Session, charts: Joined) -> None:
    """Whoever of the office looks at the portal as the absorbed chart's patient looks no more."""
    looks = (SupportAccess.practice_id == charts.practice_id, SupportAccess.patient_id == charts.absorbed)
    for account_id in session.scalars(select(SupportAccess.account_id).where(*looks, SupportAccess.ended_at.is_(None)).distinct()).all():
        looking.end(session, charts.practice_id, account_id, charts.now)
    of_these = select(SupportAccess.id).where(*looks)
    session.execute(delete(SignInSession).where(SignInSession.practice_id == charts.practice_id, SignInSession.support_id.in_(of_these)))


def _end_what_others_had(session: Session, charts: Joined) -> None:
    """Access to the absorbed chart ends, but for the patient's own; an offer of it can be taken no more."""
    persons = select(Account.id).where(Account.practice_id == charts.practice_id, Account.patient_id == charts.absorbed)
    end_grants(session, charts, Grant.patient_id == charts.absorbed, or_(Grant.account_id.not_in(persons), Grant.relation != "self"))
    waiting = (AccessOffer.withdrawn_at.is_(None), AccessOffer.accepted_at.is_(None))
    offers = (AccessOffer.practice_id == charts.practice_id, AccessOffer.patient_id == charts.absorbed, *waiting)
    session.execute(update(AccessOffer).where(*offers).values(withdrawn_at=charts.now))


def end_grants(session: Session, charts: Joined, *which: ColumnElement[bool]) -> None:
    """End what these grants open, now or later."""
    mine = (Grant.practice_id == charts.practice_id, *which)
    # What never began is no history.
    session.execute(delete(Grant).where(*mine, Grant.since > charts.now))
    still = or_(Grant.until.is_(None), Grant.until > charts.now)
    session.execute(update(Grant).where(*mine, still).values(until=charts.now, ended_by_id=charts.by))


def _give_over(session: Session, charts: Joined, account: Account, own: Account) -> None:
    """Close the second account of one person; what it was given of others, and gave of others, is the first one's."""
    account.closed_at = account.closed_at or charts.now
    services.sign_out_others(session, charts.practice_id, account.id)
    tickets.void(session, charts.practice_id, charts.now, account_id=account.id)
    offices.forget(session, offices.Holder(charts.practice_id, account.id))
    end_grants(session, charts, Grant.account_id == account.id, Grant.patient_id.in_((charts.kept, charts.absorbed)))
    still = (Grant.practice_id == charts.practice_id, or_(Grant.until.is_(None), Grant.until > charts.now))
    session.execute(update(Grant).where(*still, Grant.account_id == account.id).values(account_id=own.id))
    session.execute(update(Grant).where(*still, Grant.giver_id == account.id).values(giver_id=own.id))
    session.execute(update(AccessOffer).where(AccessOffer.practice_id == charts.practice_id, AccessOffer.giver_id == account.id).values(giver_id=own.id))
    _keep_silent(session, charts, account, own)


def _keep_silent(session: Session, charts: Joined, account: Account, own: Account) -> None:
    """What one of the two accounts wanted no mails about, the one that stays gets none about, unless it has said so itself."""
    choices: Sequence[NoticeChoice] = session.scalars(
        select(NoticeChoice).where(NoticeChoice.practice_id == charts.practice_id, NoticeChoice.account_id.in_((account.id, own.id)))
    ).all()
    said = {(choice.kind, choice.channel) for choice in choices if choice.account_id == own.id}
    for choice in choices:
        if not choice.is_on and (choice.kind, choice.channel) not in said:
            session.add(NoticeChoice(account_id=own.id, kind=choice.kind, channel=choice.channel, is_on=False, changed_at=charts.now))


def _look_at_own(session: Session, charts: Joined) -> None:
    """Whoever had the absorbed chart in view sees the own record next, which for the patient is the kept one."""
    own = select(Account.patient_id).where(Account.practice_id == charts.practice_id, Account.id == SignInSession.account_id).scalar_subquery()
    viewing = (SignInSession.practice_id == charts.practice_id, SignInSession.patient_id == charts.absorbed)
    session.execute(update(SignInSession).where(*viewing).values(patient_id=own))
