"""Who runs the installation of the demo."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.auth.passwords import hash_password
from core.auth.realms import OPERATOR
from tenants.demo.office import Worker
from tenants.operator import place

ANN = Worker("ann", "Ann Ode", "", "Ann Ode, who runs the installation: the list of practices, and the way into one of them with a reason")


def employ(session: Session, password: str, now: datetime) -> None:
    """Make the operator's place and the account, if they are not there; the second step is set up at the first sign-in."""
    at = place.find_or_make(session, now)
    if session.scalar(select(Account.id).where(Account.practice_id == at.id, Account.user_name_norm == ANN.user_name)) is None:
        names = {"name": ANN.name, "user_name": ANN.user_name, "user_name_norm": ANN.user_name, "email": f"{ANN.user_name}@cuspid.example.test"}
        session.add(Account(kind=OPERATOR, password_hash=hash_password(password), created_at=now, **names))
        session.flush()
