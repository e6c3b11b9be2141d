"""What everybody who sends text messages can do, wherever they go."""

import hmac
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Sequence

from core.texting.numbers import whole_number

MOST_LETTERS = 1600
"""What a gateway takes as one text message; phones show it in one piece."""


class TextNotSent(Exception):
    """The text message was not taken for sure; trying again later may help. The text of the error holds no number and no content."""


class TextRefused(TextNotSent):
    """It will never be taken: the number is none, takes no text messages, or the text is none."""


class TextStopped(TextRefused):
    """Whoever has the number has answered STOP: nothing more goes there until they answer START. The gateway keeps count of that."""


class Texts(ABC):
    """Sends text messages. They are read on locked screens and by carriers: no health information stands in them."""

    def send(self, to: str, body: str) -> str:
        """Hand a text message over for a number such as +13035550142; returns what the gateway calls it.

        Empty when the gateway did not say whether it took it: it may be on its way, so whoever sends it again may send it twice.
        Raises TextNotSent, TextRefused, TextStopped.
        """
        if not to or whole_number(to) != to:
            raise TextRefused("the number is not one")
        if not body.strip() or len(body) > MOST_LETTERS or "\0" in body:
            raise TextRefused("the text is empty, too long, or cannot be sent")
        return self._send(to, body)

    @abstractmethod
    def _send(self, to: str, body: str) -> str:
        """Send what was checked."""

    @abstractmethod
    def signs(self, address: str, fields: Sequence[tuple[str, str]], signature: str) -> bool:
        """Whether the gateway itself has sent these fields of a form to this address, by the signature that came along."""

    @abstractmethod
    def check(self) -> None:
        """Say whether text messages could be sent now, without sending one. Raises TextNotSent."""


def signature_of(secret: str, address: str, fields: Sequence[tuple[str, str]]) -> str:
    """The signature as Twilio makes it (https://www.twilio.com/docs/usage/security): of the address and all fields, by their names."""
    # Once each, as Twilio's own library has it.
    signed = address + "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.digest(secret.encode(), signed.encode("utf-8", "surrogatepass"), "sha1")).decode()


def is_same(given: str, expected: str) -> bool:
    """Whether two signatures are the same, without telling by the time it takes how much of them is."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
