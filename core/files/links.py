"""Links to a local store: what the link allows, and until when, in a token that only we can sign."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import astuple, dataclass, replace

from core.files.interface import Link, WrongLink
from core.files.keys import WrongKey

_SIGNATURE_BYTES = 32
# Signed and refused before anything is parsed, so the text that is parsed is our own.
_PURPOSE = b"cuspid files link 1"
_LONGEST = 2000


@dataclass(frozen=True)
class Signer:
    """Signs links with a key that is made from the installation's secret for this purpose only."""

    secret: str

    def token(self, link: Link, now: float | None = None) -> str:
        """A token for a link that lives from now on."""
        until = int((time.time() if now is None else now) + link.expires_seconds)
        text = json.dumps([until, *astuple(link)], separators=(",", ":")).encode()
        return _written(self._signature(text) + text)

    def read(self, token: str, now: float | None = None) -> Link:
        """The link of a token; its `expires_seconds` are those that are left. Raises WrongLink when it was changed or has expired."""
        text = self._proven(token)
        until, *details = json.loads(text)
        left = until - (time.time() if now is None else now)
        if left <= 0:
            raise WrongLink("the link has expired")
        link = replace(Link(*details), expires_seconds=max(1, int(left)))
        try:
            link.check()
        except WrongKey:
            raise WrongLink("the link names no file") from None
        return link

    def _proven(self, token: str) -> bytes:
        if len(token) > _LONGEST:
            raise WrongLink("the link is too long")
        try:
            data = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError, ValueError):
            raise WrongLink("the link is broken") from None
        # The last letter may carry bits that say nothing: there is one way to write a link, and every other is refused.
        if _written(data) != token:
            raise WrongLink("the link is broken")
        signature, text = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(text)):
            raise WrongLink("the link was changed")
        return text

    def _signature(self, text: bytes) -> bytes:
        key = hmac.digest(self.secret.encode(), _PURPOSE, hashlib.sha256)
        return hmac.digest(key, text, hashlib.sha256)


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
