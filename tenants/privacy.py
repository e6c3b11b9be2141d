"""The office's notice of privacy practices: each text has a version, and the newest is in force."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core import audit
from core.auth.welcome import Notice, notice_in_force
from core.db import uuid7
from core.tenant import touch
from tenants.models import PrivacyNotice

LONGEST = 100_000
"""Characters; the notices that are in use have ten to twenty thousand."""


class WrongNotice(Exception):
    """The text cannot be a notice; it is said what to do."""


def publish(session: Session, practice_id: UUID, text: str, now: datetime, by: UUID | None = None) -> tuple[Notice, bool]:
    """Put a text in force: everybody is asked to accept it at the next sign-in. The notice, and whether it is new. Raises WrongNotice.

    The text that is in force already stays as it is. `by` is whose account did it.
    """
    body = _checked(text)
    # First of all: two who publish at the same moment come one after the other. And every web process notices.
    touch(session, practice_id)
    before = notice_in_force(session, practice_id)
    if before and before.body == body:
        return before, False
    row = PrivacyNotice(id=uuid7(), version=before.version + 1 if before else 1, body=body, published_at=now)
    session.add(row)
    session.flush()
    audit.record(session, practice_id, "office.notice.publish", now, account_id=by, target_id=row.id)
    return Notice(row.version, body, now), True


def _checked(text: str) -> str:
    body = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip()
    if not any(map(str.isalnum, body)):
        raise WrongNotice("The notice is empty. Write its text into the file.")
    if len(body) > LONGEST:
        raise WrongNotice(f"The notice has more than {LONGEST:,} characters. Please shorten it.")
    if any(sign < " " and sign not in "\n\t" for sign in body):
        raise WrongNotice("The notice holds signs that are no text. Save it as plain text and try again.")
    return body
