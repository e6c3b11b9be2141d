"""Choosing who sends text messages by the setting `texts_url`."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from core.config import WrongSetting
from core.texting.interface import Texts
from core.texting.local import MailboxTexts, local_secret
from core.texting.numbers import whole_number

_WRONG = "CUSPID_TEXTS_URL must be twilio://account:password@api.twilio.com?from=%2B13035550100 (or a messaging service MG...), or mailbox:/folder."


def texts_from_url(url: str | None, secret_key: str) -> Texts | None:
    """Whoever sends text messages at `twilio://account:password@api.twilio.com?from=...`, or `mailbox:/folder`; None when nobody does.

    With a key in place of the account's own password it is `twilio://key:secret@api.twilio.com?account=AC...&token=...&from=...`,
    where the token is the account's own, by which answers are known as its. `secret_key` is the installation's: local answers are known
    by what is made of it. Raises WrongSetting.
    """
    if not url:
        return None
    if url.startswith("mailbox:/"):
        return MailboxTexts(Path(unquote(url.removeprefix("mailbox:"))), local_secret(secret_key))
    if url.startswith("twilio://"):
        return _twilio(url)
    raise WrongSetting(_WRONG)


def _twilio(url: str) -> Texts:
    # Loaded only where it is used.
    from core.texting.twilio import Account, TwilioTexts

    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    user, password, host = unquote(parts.username or ""), unquote(parts.password or ""), parts.netloc.rpartition("@")[2]
    account, sender = options.pop("account", user), options.pop("from", "")
    token = options.pop("token", "")
    sender = sender if sender.startswith("MG") else whole_number(sender)
    if options or not (account.startswith("AC") and password and host and sender):
        raise WrongSetting(_WRONG)
    return TwilioTexts(Account(account, user, password, sender, f"https://{host}"), token)
