"""The second step at sign-in: an authenticator app, a code by e-mail, a recovery code. Each code counts once, also for two who come at once."""

import hmac
import re
import secrets
from base64 import b32decode, b32encode
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.auth import tickets
from core.auth.limits import windows
from core.auth.models import Account, Passkey, RecoveryCode
from core.auth.secrets import UnreadableSecret, decrypt, encrypt
from core.tasks import enqueue

TRIES, MAILS = windows("5 per 5 minutes; 20 per 1 hour"), windows("4 per 10 minutes; 20 per 1 day")
MAIL_CODE_LIVES = timedelta(minutes=10)
SEED_BYTES, STEP_SECONDS = 20, 30
RECOVERY_CODES, RECOVERY_LETTERS = 10, 10
# Without letters that are taken for digits (Crockford's alphabet): fifty bits in ten of them.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
APP, MAIL, PASSKEY, RECOVERY = "app", "mail", "passkey", "recovery"
PASSWORD = "password"  # noqa: S105  (the name of a way, too: of proving oneself again while one is signed in)
AT_SIGN_IN, AT_PROOF = "second", "proof"
"""The kinds of ticket that hold a mailed code: a code that was sent for the one is no good for the other."""
_SIX_DIGITS = re.compile(r"[0-9]{6}")


class WrongCode(Exception):
    """The code does not open this account, or did so before; which of the two is not said."""


class LastWay(Exception):
    """The office asks for a second step, and this is the only one the account has."""


def ways_of(session: Session, account: Account, host: str) -> list[str]:
    """The second steps that this account can take at this address, the usual one first; recovery codes do not stand alone."""
    at_host = select(Passkey.id).where(Passkey.practice_id == account.practice_id, Passkey.account_id == account.id, Passkey.host == host)
    ways = [APP] if account.totp_secret else []
    ways += [PASSKEY] if session.scalar(at_host.limit(1)) else []
    ways += [MAIL] if account.email_codes and account.email else []
    return ways + ([RECOVERY] if recovery_codes_left(session, account) else [])


def has_factor(session: Session, account: Account) -> bool:
    """Whether a second step was set up at all, wherever it can be taken."""
    anywhere = select(Passkey.id).where(Passkey.practice_id == account.practice_id, Passkey.account_id == account.id)
    return bool(account.totp_secret or account.email_codes or session.scalar(anywhere.limit(1)))


def proof_ways(session: Session, account: Account, host: str) -> list[str]:
    """How somebody who is signed in can prove again who they are: any of what opens the account, but for two that are too weak for it.

    A code by mail is a way only where neither an app nor a passkey is set up: whoever picks up an unlocked phone holds its mailbox, too.
    A recovery code is for the day on which everything else is lost, and the password is not.
    """
    hosts = set(session.scalars(select(Passkey.host).where(Passkey.practice_id == account.practice_id, Passkey.account_id == account.id)))
    ways = [PASSWORD] if account.password_hash else []
    ways += [APP] if account.totp_secret else []
    ways += [PASSKEY] if host in hosts else []
    return ways + ([MAIL] if account.email_codes and account.email and not (account.totp_secret or hosts) else [])


# The authenticator app.


def new_draft(secret_key: str, account: Account) -> str:
    """A fresh seed for an app, encrypted and bound to the account: it can stay with the browser until it is confirmed."""
    seed = b32encode(secrets.token_bytes(SEED_BYTES)).decode()
    return encrypt(secret_key, account.practice_id, f"{account.id}:{seed}")


def seed_of_draft(secret_key: str, account: Account, draft: str) -> str | None:
    """The seed in a draft; None for a draft of another account, or what is no draft."""
    try:
        owner, _, seed = decrypt(secret_key, account.practice_id, draft).partition(":")
    except UnreadableSecret:
        return None
    return seed if owner == str(account.id) else None


def app_picture(seed: str, user_name: str, office: str) -> str:
    """The QR code that the app reads, as a picture that can stand in the page."""
    # A colon parts the two names in what the app reads, so neither may hold one.
    name, issuer = user_name.replace(":", " "), office.replace(":", " ")
    uri = f"otpauth://totp/{quote(issuer, safe='')}:{quote(name, safe='')}?secret={seed}&issuer={quote(issuer, safe='')}"
    return segno.make(uri, error="m", micro=False).svg_data_uri(scale=5, border=3, dark="#000", light="#fff")


def turn_on_app(session: Session, secret_key: str, account: Account, draft: str, code: str, now: datetime) -> None:
    """From now on the app counts, because it has shown a right code; that code counts no more. Raises WrongCode."""
    seed = seed_of_draft(secret_key, account, draft)
    steps = _matching_steps(seed, code, now) if seed else []
    if not seed or not steps:
        raise WrongCode
    account.totp_secret, account.totp_step = encrypt(secret_key, account.practice_id, seed), steps[0]
    tell(session, account)


def turn_off_app(session: Session, account: Account, required: bool) -> None:
    """The app counts no more. Raises LastWay."""
    before, account.totp_secret = account.totp_secret, ""
    if required and not has_factor(session, account):
        account.totp_secret = before
        raise LastWay
    after_removal(session, account)


def use_app_code(session: Session, secret_key: str, account: Account, code: str, now: datetime) -> None:
    """Take the app's code of now or of the thirty seconds before, once. Raises WrongCode."""
    try:
        seed = decrypt(secret_key, account.practice_id, account.totp_secret) if account.totp_secret else ""
    except UnreadableSecret:
        raise WrongCode from None
    if not seed or not any(_accept_step(session, account, step) for step in _matching_steps(seed, code, now)):
        raise WrongCode


def _accept_step(session: Session, account: Account, step: int) -> bool:
    # One statement looks and marks: of two who bring the same code, the second finds it used.
    own = (Account.practice_id == account.practice_id, Account.id == account.id, Account.totp_secret == account.totp_secret)
    marked = update(Account).where(*own, Account.totp_step < step).values(totp_step=step).returning(Account.id)
    return session.execute(marked).first() is not None


def _matching_steps(seed: str, code: str, now: datetime) -> list[int]:
    """The steps, the latest first, whose code this is. Only six plain digits are a code: a second spelling would count a second time."""
    if not _SIX_DIGITS.fullmatch(code):
        return []
    app, step = TOTP(b32decode(seed), 6, SHA1(), STEP_SECONDS), int(now.timestamp()) // STEP_SECONDS  # noqa: S303  (what the apps know)
    return [one for one in (step, step - 1) if hmac.compare_digest(app.generate(one * STEP_SECONDS), code.encode())]


# Codes by e-mail.


def ask_for_mail_code(session: Session, account: Account, now: datetime, kind: str = AT_SIGN_IN) -> UUID:
    """Have a code mailed to the account's address; the ticket's id stays with the browser that asked."""
    ticket_id = tickets.put_code(session, kind, now, MAIL_CODE_LIVES, account.email, account_id=account.id)
    enqueue(session, "auth.send_second_code", ticket_id=str(ticket_id))
    return ticket_id


def use_mail_code(session: Session, account: Account, ticket_id: str, code: str, now: datetime, kind: str = AT_SIGN_IN) -> None:
    """Take a code that was mailed, once and in the browser that asked for it. Raises WrongCode."""
    if not ticket_id or not _SIX_DIGITS.fullmatch(code):
        raise WrongCode
    try:
        tickets.use_code(session, account.practice_id, kind, UUID(ticket_id), code, now, account)
    except tickets.BadTicket:
        raise WrongCode from None


def turn_on_mail(session: Session, account: Account) -> None:
    """From now on a code by e-mail can be the second step; the account has an address."""
    account.email_codes = True
    tell(session, account)


def turn_off_mail(session: Session, account: Account, required: bool) -> None:
    """No codes by e-mail any more. Raises LastWay."""
    before, account.email_codes = account.email_codes, False
    if required and not has_factor(session, account):
        account.email_codes = before
        raise LastWay
    after_removal(session, account)


# Recovery codes.


def recovery_codes_left(session: Session, account: Account) -> int:
    """How many were not used yet."""
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(*_codes_of(account), RecoveryCode.used_at.is_(None))) or 0


def first_recovery_codes(session: Session, secret_key: str, account: Account) -> list[str]:
    """Ten codes when a way was set up and there are none yet; else none."""
    return [] if recovery_codes_left(session, account) else new_recovery_codes(session, secret_key, account)


def new_recovery_codes(session: Session, secret_key: str, account: Account) -> list[str]:
    """Ten codes, to be shown once; those from before count no more."""
    session.execute(delete(RecoveryCode).where(*_codes_of(account)))
    letters = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LETTERS)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(account_id=account.id, code_hash=_code_hash(secret_key, account, code)) for code in letters)
    return [f"{code[:5]}-{code[5:]}" for code in letters]


def use_recovery_code(session: Session, secret_key: str, account: Account, code: str, now: datetime) -> int:
    """Take a recovery code, once; returns how many are left. Raises WrongCode."""
    letters = code.strip(" ").replace("-", "").upper() if code.isascii() else ""
    where = (*_codes_of(account), RecoveryCode.used_at.is_(None), RecoveryCode.code_hash == _code_hash(secret_key, account, letters))
    if session.execute(update(RecoveryCode).where(*where).values(used_at=now).returning(RecoveryCode.id)).first() is None:
        raise WrongCode
    return recovery_codes_left(session, account)


def _codes_of(account: Account) -> tuple:
    return RecoveryCode.practice_id == account.practice_id, RecoveryCode.account_id == account.id


def _code_hash(secret_key: str, account: Account, letters: str) -> str:
    # With the installation's key: a copy of the database alone does not tell whether a guess is right.
    return hmac.digest(secret_key.encode(), b"recovery:" + account.practice_id.bytes + account.id.bytes + letters.encode(), "sha256").hex()


# What every change does.


def forget(session: Session, account: Account) -> None:
    """Forget every way of the second step, for somebody who has lost them; it is set up anew at the next sign-in. The owner is told."""
    account.totp_secret, account.totp_step, account.email_codes = "", 0, False
    session.execute(delete(Passkey).where(Passkey.practice_id == account.practice_id, Passkey.account_id == account.id))
    session.execute(delete(RecoveryCode).where(*_codes_of(account)))
    tell(session, account)


def after_removal(session: Session, account: Account) -> None:
    """Tell the owner that a way is gone; with the last of them the recovery codes go."""
    session.flush()
    if not has_factor(session, account):
        session.execute(delete(RecoveryCode).where(*_codes_of(account)))
    tell(session, account)


def tell(session: Session, account: Account) -> None:
    """Tell the owner by mail that the second step was changed."""
    enqueue(session, "auth.tell_of_change", account_id=str(account.id), change="second_factor")
