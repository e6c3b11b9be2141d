"""Telling a practice's system at once that changes wait: a signed message to its address, which says how many and of which kinds, and nothing of anybody.

Messages are signed as by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body. What does not get through is sent again for a day
and more, with the same id; when nothing gets through for so long, the address is paused and the office is told.
"""

import hmac
import json
import secrets
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from core import outbox
from core.auth.clearing import clear_rows
from core.auth.secrets import decrypt, encrypt
from core.db import uuid7
from core.records.changes.models import RecordsChange, RecordsChangeReader, RecordsWebhook, RecordsWebhookDelivery
from core.records.changes.reading import last_number, line_up
from core.safety.outside import NotReached, place_of, post

PREFIX = "whsec_"
TELL, DELIVER = "records.tell_of_changes", "records.deliver_webhook"
CHANGES, TEST = "changes.waiting", "test"
OLD_SIGNS = timedelta(days=1)
"""So long an old secret signs along."""
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600))
"""How long to wait after the first attempt, the second, and so on: twenty-seven hours and a half in all."""
PAUSE_AFTER = timedelta(hours=24)
GONE = 410
"""By this the address says that it wants nothing more."""
KEPT = timedelta(days=30)
PAUSED = select(func.count()).where(
    RecordsWebhook.practice_id == bindparam("practice_id"), RecordsWebhook.paused_at > bindparam("since"), RecordsWebhook.paused_at <= bindparam("now")
)
"""1 while the address is paused, for the office's first page."""


class Signing(NamedTuple):
    """What signs: the installation's key, with which the secrets are encrypted, and whether private networks may be reached."""

    secret_key: str
    inside: bool = False


def hook_of(session: Session, practice_id: UUID, hold: bool = False) -> RecordsWebhook | None:
    """Where the practice wants to be told, if it does."""
    query = select(RecordsWebhook).where(RecordsWebhook.practice_id == practice_id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True) if hold else query).one_or_none()


def set_address(session: Session, practice_id: UUID, address: str, key: Signing, now: datetime) -> str:
    """Tell this address from now on; returns the new secret, to be shown once, or nothing where the address had one. Raises ValueError with what to do."""
    place_of(address, key.inside)
    line_up(session, practice_id)
    hook = hook_of(session, practice_id, hold=True)
    if hook:
        hook.address, hook.failing_since, hook.paused_at = address.strip(), None, None
        ask_to_tell(session, practice_id)
        return ""
    secret = _new_secret()
    hook = RecordsWebhook(practice_id=practice_id, address=address.strip(), secret=encrypt(key.secret_key, practice_id, secret), made_at=now)
    hook.told_until = last_number(session, practice_id)
    session.add(hook)
    return secret


def rotate(session: Session, hook: RecordsWebhook, key: Signing, now: datetime) -> str:
    """A new secret, to be shown once; the old one signs along for a day."""
    secret = _new_secret()
    hook.old_secret, hook.old_until, hook.secret = hook.secret, now + OLD_SIGNS, encrypt(key.secret_key, hook.practice_id, secret)
    return secret


def go_on(session: Session, hook: RecordsWebhook) -> None:
    """Tell the address again of all that waits."""
    hook.paused_at = hook.failing_since = None
    readers = select(func.min(RecordsChangeReader.acknowledged)).where(RecordsChangeReader.practice_id == hook.practice_id)
    hook.told_until = session.scalar(readers) or 0
    ask_to_tell(session, hook.practice_id)


def remove(session: Session, hook: RecordsWebhook) -> None:
    """Tell nobody any more."""
    _replace(session, hook.practice_id)
    session.delete(hook)


def send_test(session: Session, practice_id: UUID, now: datetime) -> RecordsWebhookDelivery:
    """Send a message that says nothing."""
    return _put(session, RecordsWebhookDelivery(practice_id=practice_id, id=uuid7(), kind=TEST, until=0, kinds=[], made_at=now, next_at=now, attempts=[]))


def ask_to_tell(session: Session, practice_id: UUID) -> None:
    """Something was noted: have the address told once it is committed, where there is one."""
    active = select(RecordsWebhook.id).where(RecordsWebhook.practice_id == practice_id, RecordsWebhook.paused_at.is_(None))
    if session.scalar(active):
        outbox.put_once(session, practice_id, TELL, {})


def tell(session: Session, practice_id: UUID, now: datetime) -> None:
    """Make a message of all that was noted since the last one; it takes the place of one that has not got through."""
    hook = hook_of(session, practice_id, hold=True)
    if hook is None or hook.paused_at:
        return
    line_up(session, practice_id)
    until = last_number(session, practice_id)
    mine = (RecordsChange.practice_id == practice_id, RecordsChange.number > hook.told_until, RecordsChange.number <= until)
    kinds = set(session.scalars(select(RecordsChange.kind).where(*mine).distinct()))
    hook.told_until = until
    if kinds:
        kinds |= _replace(session, practice_id)
        _put(session, RecordsWebhookDelivery(practice_id=practice_id, id=uuid7(), kind=CHANGES, until=until, kinds=sorted(kinds), made_at=now, next_at=now, attempts=[]))


def deliver(session: Session, practice_id: UUID, delivery_id: UUID, key: Signing, now: datetime) -> None:
    """Send a message once, note what came of it, and have it sent again later when it did not get through."""
    hook = hook_of(session, practice_id)
    delivery = session.get(RecordsWebhookDelivery, (practice_id, delivery_id), with_for_update=True)
    if delivery is None or delivery.state != "waiting" or (delivery.next_at and delivery.next_at > now):
        return
    if hook is None or (hook.paused_at and delivery.kind == CHANGES):
        delivery.state, delivery.next_at = "replaced", None
        return
    # Not held while it is sent: nobody waits for a slow system.
    status, words = _send(hook, delivery, key, now)
    delivery.attempts = [*delivery.attempts, {"at": now.isoformat(), "status": status, "words": words}]
    _settle(session, hook_of(session, practice_id, hold=True), delivery, status, now)


def headers_of(delivery_id: UUID, body: bytes, signing: list[str], now: datetime) -> dict[str, str]:
    """What goes along with a message: its id, the time, and a signature for each secret."""
    sent_at = str(int(now.timestamp()))
    signed = f"{delivery_id}.{sent_at}.".encode() + body
    signatures = [b64encode(hmac.digest(b64decode(secret.removeprefix(PREFIX)), signed, "sha256")).decode() for secret in signing]
    return {
        "Content-Type": "application/json", "User-Agent": "Cuspid-Webhooks/1", "webhook-id": str(delivery_id), "webhook-timestamp": sent_at,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }  # fmt: skip


def deliveries(session: Session, practice_id: UUID, most: int) -> list[RecordsWebhookDelivery]:
    """What was sent last, the newest first."""
    mine = select(RecordsWebhookDelivery).where(RecordsWebhookDelivery.practice_id == practice_id)
    return list(session.scalars(mine.order_by(RecordsWebhookDelivery.made_at.desc(), RecordsWebhookDelivery.id.desc()).limit(most)))


def clear_deliveries(session: Session, practice_id: UUID, now: datetime) -> None:
    """Throw away what was sent more than thirty days ago."""
    clear_rows(session, RecordsWebhookDelivery, practice_id, RecordsWebhookDelivery.made_at <= now - KEPT)


def _new_secret() -> str:
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


def _put(session: Session, delivery: RecordsWebhookDelivery) -> RecordsWebhookDelivery:
    delivery.state = "waiting"
    session.add(delivery)
    outbox.put(session, delivery.practice_id, DELIVER, {"delivery_id": str(delivery.id)})
    return delivery


def _replace(session: Session, practice_id: UUID) -> set[str]:
    """Send what has not got through no more; returns the kinds that it told of."""
    mine = RecordsWebhookDelivery.practice_id == practice_id
    waiting = select(RecordsWebhookDelivery.id).where(mine, RecordsWebhookDelivery.kind == CHANGES, RecordsWebhookDelivery.state == "waiting")
    # One that is being sent right now is left alone.
    gone = update(RecordsWebhookDelivery).where(mine, RecordsWebhookDelivery.id.in_(waiting.with_for_update(skip_locked=True))).values(state="replaced", next_at=None).returning(RecordsWebhookDelivery.kinds)
    return {kind for kinds in session.scalars(gone) for kind in kinds}


def _send(hook: RecordsWebhook, delivery: RecordsWebhookDelivery, key: Signing, now: datetime) -> tuple[int, str]:
    data = {"until": delivery.until, "kinds": delivery.kinds} if delivery.kind == CHANGES else {}
    body = json.dumps({"type": delivery.kind, "timestamp": delivery.made_at.isoformat(), "data": data}).encode()
    kept = [hook.secret, *([hook.old_secret] if hook.old_until and hook.old_until > now else [])]
    signing = [decrypt(key.secret_key, hook.practice_id, one) for one in kept]
    try:
        status = post(place_of(hook.address, key.inside), body, headers_of(delivery.id, body, signing, now), key.inside)
    except NotReached as error:
        return 0, str(error)
    except ValueError:
        return 0, "The address is not allowed any more."
    return status, "" if 200 <= status < 300 else "Redirects are not followed." if 300 <= status < 400 else "The address answered with an error."


def _settle(session: Session, hook: RecordsWebhook | None, delivery: RecordsWebhookDelivery, status: int, now: datetime) -> None:
    """What follows from an attempt; without a hook somebody has given it up meanwhile."""
    if 200 <= status < 300 or hook is None:
        delivery.state, delivery.next_at = "delivered" if hook else "replaced", None
        if hook:
            hook.failing_since = None
        return
    if delivery.kind == TEST:
        delivery.state, delivery.next_at = "failed", None
        return
    hook.failing_since, attempts = hook.failing_since or now, len(delivery.attempts)
    if status == GONE or attempts > len(PAUSES) or now - hook.failing_since >= PAUSE_AFTER:
        delivery.state, delivery.next_at, hook.paused_at = "failed", None, now
        return
    delivery.next_at = now + PAUSES[attempts - 1]
    outbox.put(session, hook.practice_id, DELIVER, {"delivery_id": str(delivery.id)}, delivery.next_at)
