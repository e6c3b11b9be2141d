"""The first sign-in: a password of one's own, a user name if one likes, and the office's notice of privacy practices."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.auth import services
from core.auth.models import Account
from core.auth.passwords import check_password
from core.auth.rules import WeakPassword, check_new_password, words_about
from core.people.models import Patient

_IN_FORCE = text("select version, body, published_at from privacy_notice where practice_id = :practice order by version desc limit 1")


@dataclass(frozen=True)
class Notice:
    """The notice of privacy practices that is in force."""

    version: int
    body: str
    published_at: datetime


def notice_in_force(session: Session, practice_id: UUID) -> Notice | None:
    """The newest notice of the office, if it has one."""
    row = session.execute(_IN_FORCE, {"practice": practice_id}).one_or_none()
    return Notice(*row) if row else None


def check_first_password(session: Session, account: Account, password: str, user_name: str = "") -> None:
    """The password that replaces the one from the sheet must be another, and a good one. Raises WeakPassword, Busy."""
    patient = session.get_one(Patient, (account.practice_id, account.patient_id)) if account.patient_id else None
    check_new_password(password, [user_name, *words_about(account, patient)])
    if check_password(account.password_hash, password):
        raise WeakPassword("This is the password that the office gave you. Choose one of your own.")


def complete(session: Session, account: Account, password: str | None, notice: Notice | None, now: datetime) -> None:
    """End the first sign-in: the new password, if one was due, and which notice was accepted when."""
    if password is not None:
        services.set_password(session, account, password, now)
    account.is_first = False
    if notice is not None:
        account.notice_version, account.notice_accepted_at = notice.version, now
