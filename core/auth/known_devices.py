"""Browsers that have signed in to an account before: what strangers fail at does not count for them ("device cookies", OWASP).

The cookie opens nothing by itself and can be read by nobody but us. It is encrypted for one practice; an entry belongs to one account,
and ends with its password or after a year. A browser that several people use knows the last four accounts.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.auth.secrets import UnreadableSecret, decrypt, encrypt
from core.web import cookies

COOKIE = "cuspid-device"
LASTS = timedelta(days=365)
MOST = 4
ID_BYTES = 9
_MARK = "device"
"""So that nothing else that is encrypted with the same key can be taken for this."""


class KnownDevice(NamedTuple):
    """One entry: a name for the count, the account, what its password was, and when that was, in seconds since 1970."""

    id: str
    account_id: UUID
    password: str
    since: int


@dataclass(frozen=True)
class KnownDevices:
    """What a browser's cookie says, the newest entry first; nobody has asked yet whether it still holds."""

    entries: tuple[KnownDevice, ...] = ()

    def of(self, account: Account | None) -> str:
        """The id of this browser for an account that has its password of then, or nothing."""
        held = (entry.id for entry in self.entries if account and entry[1:3] == (account.id, _stamp(account)))
        return next(held, "")

    def asking(self, session: Session, practice_id: UUID, name: str) -> str:
        """The same for who asks for a mail. What is looked up is what stands in the cookie, never what was typed; `name` is normal."""
        if not self.entries:
            return ""
        known = Account.id.in_([entry.account_id for entry in self.entries])
        accounts = session.scalars(select(Account).where(Account.practice_id == practice_id, known, Account.closed_at.is_(None))).all()
        return next((self.of(account) for account in accounts if name in (account.user_name_norm, account.email.casefold())), "")

    def owner(self) -> str:
        """Whose browser this is, where no name is asked for; nothing when it is nobody's."""
        return str(self.entries[0].account_id) if self.entries else ""

    def with_account(self, account: Account, now: datetime) -> "KnownDevices":
        """The same with a new entry for this account in place of any older one."""
        new = KnownDevice(secrets.token_urlsafe(ID_BYTES), account.id, _stamp(account), int(now.timestamp()))
        return KnownDevices((new, *(entry for entry in self.entries if entry.account_id != account.id))[:MOST])


NOTHING_KNOWN = KnownDevices()


def read(secret_key: str, practice_id: UUID, cookie: str, now: datetime) -> KnownDevices:
    """What a cookie says; one that cannot be read, or is too old, says nothing."""
    try:
        mark, *lines = decrypt(secret_key, practice_id, cookie).split("\n")
    except UnreadableSecret:
        return NOTHING_KNOWN
    entries = (_entry(*line.split(" ")) for line in lines if mark == _MARK)
    return KnownDevices(tuple(entry for entry in entries if now - datetime.fromtimestamp(entry.since, UTC) < LASTS))


def write(secret_key: str, practice_id: UUID, devices: KnownDevices) -> str:
    """The cookie for a browser."""
    lines = (f"{entry.id} {entry.account_id.hex} {entry.password} {entry.since}" for entry in devices.entries)
    return encrypt(secret_key, practice_id, "\n".join((_MARK, *lines)))


def _entry(id_: str, account_id: str, password: str, since: str) -> KnownDevice:
    return KnownDevice(id_, UUID(account_id), password, int(since))


def _stamp(account: Account) -> str:
    # Of the hash, so that no way of setting a password can forget to end this.
    return sha256(account.password_hash.encode()).hexdigest()[:16]


def of_request(request) -> KnownDevices:
    """`request.known_devices`: what this browser's cookie says."""
    cookie = cookies.get(request, COOKIE)
    return read(request.registry.portal.secret_key, request.practice_id, cookie, request.now) if cookie.isascii() else NOTHING_KNOWN


def remember(request, response, account: Account):
    """Have the browser known to an account that has just proven itself with all that it asks for; returns the response."""
    devices = request.known_devices.with_account(account, request.now)
    cookie = write(request.registry.portal.secret_key, request.practice_id, devices)
    return cookies.put(request, response, COOKIE, cookie, int(LASTS.total_seconds()))


def includeme(config) -> None:
    """Let every request ask."""
    config.add_request_method(of_request, "known_devices", reify=True)
