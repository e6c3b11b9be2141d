"""Text messages that stay on this machine: they lie among the mails of a local mailbox and are read there."""

import hmac
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from pathlib import Path

from core.mail import MailboxMail, MailNotSent
from core.texting.interface import TextNotSent, TextRefused, Texts, TextStopped, is_same, signature_of

# The numbers with which Twilio tries out the same: https://www.twilio.com/docs/iam/test-credentials
NO_NUMBER, STOPPED, NO_PHONE = "+15005550001", "+15005550004", "+15005550009"


def local_secret(secret_key: str) -> str:
    """What answers to local text messages are signed with: nobody outside of the installation knows it, and it opens nothing else."""
    return hmac.digest(secret_key.encode(), b"local text messages", "sha256").hex()


class MailboxTexts(Texts):
    """A folder in the Maildir format, such as that of local mails; three numbers are refused, so that this can be tried out."""

    def __init__(self, folder: Path, secret: str = ""):
        self._mailbox, self._secret = MailboxMail(folder), secret

    def _send(self, to: str, body: str) -> str:
        if to in {NO_NUMBER, NO_PHONE}:
            raise TextRefused("the number takes no text messages")
        if to == STOPPED:
            raise TextStopped("whoever has the number wants no more")
        message = EmailMessage()
        message["To"], message["Subject"], message["Date"] = to, "Text message", localtime()
        message["Message-ID"] = make_msgid(domain="localhost")
        message.set_content(body)
        self._mailbox.send(message)
        return str(message["Message-ID"])

    def signs(self, address: str, fields: Sequence[tuple[str, str]], signature: str) -> bool:
        """Answers are tried out with a signature by the installation's own `local_secret`; without one nothing is taken for an answer."""
        return bool(self._secret) and is_same(signature, signature_of(self._secret, address, fields))

    def check(self) -> None:
        """See whether the folder can be written."""
        try:
            self._mailbox.check()
        except MailNotSent as error:
            raise TextNotSent(str(error)) from None
