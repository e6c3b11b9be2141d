"""Whom somebody means who types a chart's number, a user name or a mail address."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.auth.services import normal_user_name
from core.people.finding import seen_at
from core.people.models import Patient


class WrongName(Exception):
    """Nobody here is called like this; the text says so."""


def patient_with(session: Session, practice_id: UUID, chart: str, clinic_ids: Collection[UUID]) -> UUID:
    """The patient with this chart number, of those that are seen. Raises WrongName."""
    found = session.scalar(select(Patient.id).where(*seen_at(practice_id, clinic_ids), Patient.external_id == chart))
    if found is None:
        raise WrongName("No patient here has this chart number.")
    return found


def account_called(session: Session, practice_id: UUID, name: str) -> UUID:
    """The account with this user name or mail address, open or closed. Raises WrongName."""
    norm = normal_user_name(name)
    same = Account.email_norm == norm if "@" in norm else Account.user_name_norm == norm
    found = session.scalars(select(Account.id).where(Account.practice_id == practice_id, same).limit(2)).all()
    if not found:
        raise WrongName("Nobody here has this user name or e-mail address.")
    if len(found) > 1:
        raise WrongName("Several people have this e-mail address. Type the user name of one of them.")
    return found[0]
