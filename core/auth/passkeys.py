"""Passkeys (WebAuthn): keys on somebody's device. Each belongs to one account at one host name; whatever is wrong has the same answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
import webauthn
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.auth import second, tickets
from core.auth.models import Account, Passkey, Ticket
from core.db import uuid7

log = structlog.get_logger("passkeys")

CHALLENGE_LIVES = timedelta(minutes=5)
MAKING, SHOWING = "passkey_new", "passkey"
"""The kinds of ticket that hold a challenge: one for making a key is no good for showing one."""
MOST_KEYS = 20
LONGEST_NAME = 60
LONGEST_ANSWER = 20_000


class BadPasskey(Exception):
    """The passkey cannot be used; why is not said."""


@dataclass(frozen=True)
class Site:
    """Where a passkey is made or shown: the exact host name of the practice's address, and its origin."""

    host: str
    origin: str


@dataclass(frozen=True)
class Question:
    """What the browser is asked: the options for its script, and the challenge, which comes back once."""

    options: dict[str, Any]
    challenge: str


def keys_of(session: Session, practice_id: UUID, account_id: UUID, host: str | None = None) -> list[Passkey]:
    """The passkeys of an account, the oldest first; of one host, or of all."""
    where = [Passkey.practice_id == practice_id, Passkey.account_id == account_id]
    where += [Passkey.host == host] if host else []
    return list(session.scalars(select(Passkey).where(*where).order_by(Passkey.created_at, Passkey.id)))


def ask_to_make(session: Session, site: Site, account: Account, office: str, now: datetime) -> Question:
    """Ask the browser to make a passkey for an account."""
    challenge = _new_challenge(session, account.practice_id, MAKING, now, account.id)
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=office,
        user_id=account.id.bytes,
        user_name=account.user_name,
        user_display_name=account.user_name,
        challenge=base64url_to_bytes(challenge),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_named(keys_of(session, account.practice_id, account.id, site.host)),
    )
    return Question(options_to_json_dict(options), challenge)


def make(session: Session, site: Site, account: Account, challenge: str, answer: str, name: str, now: datetime) -> Passkey:
    """Keep the passkey that the browser made. Raises BadPasskey."""
    _take_challenge(session, account.practice_id, MAKING, challenge, now, account.id)
    if len(keys_of(session, account.practice_id, account.id)) >= MOST_KEYS:
        raise BadPasskey
    credential = _read(parse_registration_credential_json, answer)
    made = _read(
        webauthn.verify_registration_response,
        credential=credential,
        expected_challenge=base64url_to_bytes(challenge),
        expected_rp_id=site.host,
        expected_origin=site.origin,
        require_user_verification=True,
    )
    row = {"practice_id": account.practice_id, "id": uuid7(), "account_id": account.id, "host": site.host, "name": clean_name(name)}
    key = {"credential_id": bytes_to_base64url(made.credential_id), "public_key": made.credential_public_key, "sign_count": made.sign_count}
    # A key that another account brought here before is nobody else's.
    kept = session.execute(insert(Passkey).values(**row, **key, created_at=now).on_conflict_do_nothing().returning(Passkey.id)).scalar()
    if kept is None:
        raise BadPasskey
    second.tell(session, account)
    return session.get_one(Passkey, (account.practice_id, kept))


def ask_to_show(session: Session, practice_id: UUID, site: Site, now: datetime, account: Account | None = None) -> Question:
    """Ask the browser for a passkey: one of this account, or whichever the person chooses."""
    challenge = _new_challenge(session, practice_id, SHOWING, now, account.id if account else None)
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=base64url_to_bytes(challenge),
        allow_credentials=_named(keys_of(session, practice_id, account.id, site.host)) if account else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Question(options_to_json_dict(options), challenge)


def show(
    session: Session, practice_id: UUID, site: Site, challenge: str, answer: str, now: datetime, account: Account | None = None
) -> Account:
    """The account whose passkey was shown: this one, if one is given. The challenge is used up whatever comes of it. Raises BadPasskey."""
    _take_challenge(session, practice_id, SHOWING, challenge, now, account.id if account else None)
    credential = _read(parse_authentication_credential_json, answer)
    key, owner = _find(session, practice_id, site, credential.id)
    handle = credential.response.user_handle
    if (account and owner.id != account.id) or (handle and handle != owner.id.bytes):
        raise BadPasskey
    shown = _read(
        webauthn.verify_authentication_response,
        credential=credential,
        expected_challenge=base64url_to_bytes(challenge),
        expected_rp_id=site.host,
        expected_origin=site.origin,
        credential_public_key=key.public_key,
        credential_current_sign_count=key.sign_count,
        require_user_verification=True,
    )
    _count_on(session, key, shown.new_sign_count, now)
    return owner


def _find(session: Session, practice_id: UUID, site: Site, credential_id: str) -> tuple[Passkey, Account]:
    # Text that PostgreSQL cannot hold is no key of ours.
    if not credential_id.isascii() or not credential_id.isprintable():
        raise BadPasskey
    joined = (Account.practice_id == Passkey.practice_id) & (Account.id == Passkey.account_id)
    where = (
        Passkey.practice_id == practice_id,
        Passkey.credential_id == credential_id,
        Passkey.host == site.host,
        Account.closed_at.is_(None),
    )
    found = session.execute(select(Passkey, Account).join(Account, joined).where(*where)).one_or_none()
    if found is None:
        raise BadPasskey
    return found[0], found[1]


def _count_on(session: Session, key: Passkey, count: int, now: datetime) -> None:
    """Keep the key's own count, which goes up with every use: a copy of the key would fall behind. Many keys do not count; theirs stays 0."""
    higher = Passkey.sign_count < count if count else Passkey.sign_count == 0
    where = (Passkey.practice_id == key.practice_id, Passkey.id == key.id, higher)
    if session.execute(update(Passkey).where(*where).values(sign_count=count, used_at=now).returning(Passkey.id)).first() is None:
        raise BadPasskey


def rename(session: Session, practice_id: UUID, account_id: UUID, key_id: UUID, name: str) -> bool:
    """Give a passkey another name; False when the account has no such key."""
    where = (Passkey.practice_id == practice_id, Passkey.account_id == account_id, Passkey.id == key_id)
    return session.execute(update(Passkey).where(*where).values(name=clean_name(name)).returning(Passkey.id)).first() is not None


def remove(session: Session, account: Account, key_id: UUID, required: bool) -> bool:
    """Take a passkey away; False when the account has no such key. Raises LastWay."""
    keys = keys_of(session, account.practice_id, account.id)
    key = next((key for key in keys if key.id == key_id), None)
    if key is None:
        return False
    if required and len(keys) == 1 and not (account.totp_secret or account.email_codes):
        raise second.LastWay
    session.delete(key)
    second.after_removal(session, account)
    return True


def clean_name(name: str) -> str:
    """A name as it can be shown: no signs that cannot be seen, not too long, never empty."""
    return " ".join("".join(sign for sign in name[:1000] if sign.isprintable()).split())[:LONGEST_NAME].strip() or "Passkey"


def _new_challenge(session: Session, practice_id: UUID, kind: str, now: datetime, account_id: UUID | None) -> str:
    # Whoever opens the sign-in page may ask, and many never answer: what is too old is cleared away by those who come after.
    old = (Ticket.practice_id == practice_id, Ticket.kind == kind, Ticket.account_id.is_(None), Ticket.expires_at < now)
    session.execute(delete(Ticket).where(*old))
    return tickets.issue_link(session, kind, now, CHALLENGE_LIVES, account_id=account_id)


def _take_challenge(session: Session, practice_id: UUID, kind: str, challenge: str, now: datetime, account_id: UUID | None) -> None:
    try:
        ticket = tickets.use_link(session, practice_id, kind, challenge, now)
    except tickets.BadTicket:
        raise BadPasskey from None
    if ticket.account_id != account_id:
        raise BadPasskey


def _named(keys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential_id)) for key in keys]


def _read(function: Callable, *text: str, **about) -> Any:
    """Let the library read what a browser sent. That can be broken in any way, and every way has the same answer."""
    if any(len(part) > LONGEST_ANSWER for part in text):
        raise BadPasskey
    try:
        return function(*text, **about)
    except Exception as error:
        log.info("passkey_refused", error=type(error).__name__)
        raise BadPasskey from None
