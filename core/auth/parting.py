"""A merge of two charts is taken back: each account goes with its own chart again, and nobody sees more than before the merge.

What was opened of the absorbed chart by hand, by the office or by somebody else, ended with the merge and is given anew by whoever wants that.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.auth import offices, services, tickets
from core.auth.joining import Joined, end_grants
from core.auth.models import Account, Passkey
from core.people.models import AccessOffer, Grant


def part_access(session: Session, charts: Joined, merged_at: datetime, emails: Mapping[str, str]) -> None:
    """Accounts, grants, links and sessions, once the rows stand where they stood. `emails` are the addresses that the accounts had at the merge, by id."""
    tickets.void(session, charts.practice_id, charts.now, patient_id=charts.kept)
    for account in session.scalars(select(Account).where(Account.practice_id == charts.practice_id, Account.patient_id == charts.absorbed)).all():
        services.sign_out_others(session, charts.practice_id, account.id)
        tickets.void(session, charts.practice_id, charts.now, account_id=account.id)
        _end_what_it_gave(session, charts, account, merged_at)
        if account.closed_at == merged_at:
            _open_again(session, charts, account, merged_at)
        elif account.closed_at is None and _has_changed(session, account, merged_at, emails):
            # The kept chart's person may have set how one signs in with it.
            account.closed_at = charts.now
            offices.forget(session, offices.Holder(charts.practice_id, account.id))
    session.flush()


def _open_again(session: Session, charts: Joined, account: Account, merged_at: datetime) -> None:
    """The merge has closed it, as the second account of one person."""
    account.closed_at = None
    own = (Grant.practice_id == charts.practice_id, Grant.account_id == account.id, Grant.patient_id == charts.absorbed, Grant.relation == "self")
    session.execute(update(Grant).where(*own, Grant.until == merged_at).values(until=None, ended_by_id=None))


def _has_changed(session: Session, account: Account, merged_at: datetime, emails: Mapping[str, str]) -> bool:
    if emails.get(str(account.id)) != account.email or (account.password_changed_at and account.password_changed_at > merged_at):
        return True
    keys = select(Passkey.id).where(Passkey.practice_id == account.practice_id, Passkey.account_id == account.id, Passkey.created_at > merged_at)
    return session.scalar(keys.limit(1)) is not None


def _end_what_it_gave(session: Session, charts: Joined, account: Account, merged_at: datetime) -> None:
    """It has no say any more in whom the kept chart is open to, and does not open it itself."""
    given, own = (Grant.giver_id == account.id) & (Grant.since >= merged_at), (Grant.account_id == account.id) & (Grant.relation == "self")
    end_grants(session, charts, Grant.patient_id == charts.kept, or_(given, own))
    waiting = (AccessOffer.withdrawn_at.is_(None), AccessOffer.accepted_at.is_(None), AccessOffer.giver_id == account.id)
    session.execute(update(AccessOffer).where(AccessOffer.practice_id == charts.practice_id, AccessOffer.patient_id == charts.kept, *waiting).values(withdrawn_at=charts.now))
