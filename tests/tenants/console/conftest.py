"""The office's pages as somebody sees them who works there."""

import pytest
from sqlalchemy import select

from core.audit import AuditEvent


@pytest.fixture
def office(signed_in, make):
    """`office(role)`: a browser in which somebody with this role is signed in at the office."""
    return lambda role="office_admin", **about: signed_in(account=make.staff(role, **about))


@pytest.fixture
def audited(practice):
    """`audited(action)`: the practice's audit entries of an action, the oldest first."""

    def entries(action: str) -> list[AuditEvent]:
        with practice.session() as session:
            mine = (AuditEvent.practice_id == practice.id, AuditEvent.action == action)
            return list(session.scalars(select(AuditEvent).where(*mine).order_by(AuditEvent.happened_at)))

    return entries


@pytest.fixture
def proof_is_old(db, practice):
    """`proof_is_old()`: whoever is signed in has proven who they are long ago."""
    from core.auth.models import SignInSession

    def age() -> None:
        for row in db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id)):
            row.proven_at = None
        db.commit()

    return age
