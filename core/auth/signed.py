"""Tokens for links in mails: the id of a row and a signature of what the link is for. They need no row of their own, and work as long as the mail is kept."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from uuid import UUID

SIGNATURE_BYTES = 16
TOKEN_LENGTH = 43
"""Sixteen bytes of the id and sixteen of signature, without padding."""


def sign(about: str, secret_key: str, practice_id: UUID, row_id: UUID, what: str) -> str:
    """A token of one room of the portal, `about`. Neither a name nor what it is for can be read from it."""
    signed = f"{about}:".encode() + practice_id.bytes + row_id.bytes + what.encode()
    signature = hmac.digest(secret_key.encode(), signed, "sha256")[:SIGNATURE_BYTES]
    return urlsafe_b64encode(row_id.bytes + signature).decode().rstrip("=")


def row_in(token: str) -> UUID | None:
    """The id in a token, which may still be a made-up one."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(f"{token}=")[:16])
    except (Error, ValueError):
        return None


def is_for(about: str, secret_key: str, practice_id: UUID, token: str, what: str) -> bool:
    """Whether a token is ours, of this practice, and for this."""
    row_id = row_in(token)
    return row_id is not None and hmac.compare_digest(sign(about, secret_key, practice_id, row_id, what), token)
