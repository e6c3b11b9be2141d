"""Passwords, kept as Argon2id."""

import os
import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError


class Busy(Exception):
    """Too many passwords are being checked at this moment; try again in a few seconds."""


# OWASP's floor for Argon2id: 19 MiB and two passes. One check costs 50 to 90 ms of a processor core.
STRONG = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_hasher = STRONG
# A flood of sign-ins must not take the processor from everyone else.
_turns = BoundedSemaphore(max(1, (os.cpu_count() or 2) // 2))
TURN_SECONDS = 4
# Checked when there is no such account, or none that has a password yet, so that the answer takes as long.
_NOBODY = _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """The Argon2id hash of a password, with its parameters."""
    return _hasher.hash(password)


def check_password(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; as slow, and never, when there is no hash or an empty one. Raises Busy."""
    if not _turns.acquire(timeout=TURN_SECONDS):
        raise Busy
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and bool(password_hash)
    except (VerifyMismatchError, InvalidHashError):
        return False
    finally:
        _turns.release()


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
