"""The link at the foot of a notice that turns its kind off. It is signed and needs no row: it works as long as the mail is kept."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from core.plugins import NoticeKind

SIGNATURE_BYTES = 16
TOKEN_LENGTH = 43
"""Sixteen bytes of the account's id and sixteen of signature, without padding."""


class Link(NamedTuple):
    """What a link turns off: the kind's name and the channel, for one account."""

    account_id: UUID
    kind: str
    channel: str


def path(secret_key: str, practice_id: UUID, link: Link) -> str:
    """Where the mail leads. Neither a name nor what the notice is about can be read from it."""
    return f"/unsubscribe/{_token(secret_key, practice_id, link)}"


def read(secret_key: str, practice_id: UUID, kinds: Iterable[NoticeKind], token: str) -> Link | None:
    """What a token turns off; None for one of another practice, one that was changed, or one for a kind that is not among these."""
    account_id = _account_in(token)
    if account_id is None:
        return None
    links = (Link(account_id, kind.name, channel) for kind in kinds if kind.can_be_off for channel in kind.channels)
    # The kind is not in the token, it is in what was signed: there are only a few to try.
    return next((link for link in links if hmac.compare_digest(_token(secret_key, practice_id, link), token)), None)


def _account_in(token: str) -> UUID | None:
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(f"{token}=")[:16])
    except (Error, ValueError):
        return None


def _token(secret_key: str, practice_id: UUID, link: Link) -> str:
    signed = b"unsubscribe:" + practice_id.bytes + link.account_id.bytes + f"{link.kind} {link.channel}".encode()
    signature = hmac.digest(secret_key.encode(), signed, "sha256")[:SIGNATURE_BYTES]
    return urlsafe_b64encode(link.account_id.bytes + signature).decode().rstrip("=")
