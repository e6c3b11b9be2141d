"""Text messages through Twilio's REST API: one call, so that its library (and what that brings) is not needed.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from collections.abc import Sequence
from dataclasses import dataclass

import requests
import structlog
from urllib3.exceptions import NewConnectionError

from core.texting.interface import TextNotSent, TextRefused, Texts, TextStopped, is_same, signature_of

log = structlog.get_logger("texts")

TIMEOUTS = (5, 10)
"""Seconds to reach the gateway, and for its answer."""

# https://www.twilio.com/docs/api/errors. Only what lies in the number is for good; the rest can be mended by the operator or by time.
_STOPPED = 21610
_OF_THE_NUMBER = frozenset({21211, 21214, 21217, 21408, 21612, 21614})


@dataclass(frozen=True)
class Account:
    """An account at Twilio: who signs in (the account itself, or a key of it), and the number or messaging service that texts come from."""

    account: str
    user: str
    password: str
    sender: str
    address: str = "https://api.twilio.com"

    def __repr__(self) -> str:
        return f"Account({self.account!r})"  # never the password


class TwilioTexts(Texts):
    """Sends from one account; Twilio itself heeds STOP, START and HELP."""

    def __init__(self, account: Account, token: str = ""):
        self._account, self._token = account, token or (account.password if account.user == account.account else "")

    def _send(self, to: str, body: str) -> str:
        sender = "MessagingServiceSid" if self._account.sender.startswith("MG") else "From"
        try:
            answer = self._ask("POST", "/Messages.json", {"To": to, sender: self._account.sender, "Body": body})
        except requests.RequestException as error:
            if _never_left(error):
                raise TextNotSent(f"the gateway cannot be reached ({type(error).__name__})") from None
            return _unknown(type(error).__name__)
        return _read(answer)

    def signs(self, address: str, fields: Sequence[tuple[str, str]], signature: str) -> bool:
        """Signed with the account's own token; where a key signs in, the token is an option of its own."""
        return bool(self._token) and is_same(signature, signature_of(self._token, address, fields))

    def check(self) -> None:
        """Ask for the account, which needs the right password."""
        try:
            answer = self._ask("GET", ".json")
        except requests.RequestException as error:
            raise TextNotSent(f"the gateway cannot be reached ({type(error).__name__})") from None
        if answer.status_code != 200:
            raise TextNotSent(f"the gateway answers with status {answer.status_code}: are account and password right?")

    def _ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> requests.Response:
        ours = self._account
        address = f"{ours.address}/2010-04-01/Accounts/{ours.account}{path}"
        # A redirect would carry the text, and maybe the password, somewhere else.
        return requests.request(method, address, data=fields, auth=(ours.user, ours.password), timeout=TIMEOUTS, allow_redirects=False)


def _read(answer: requests.Response) -> str:
    status, content = answer.status_code, _content(answer)
    if status in {200, 201}:
        return str(content.get("sid", ""))
    if status >= 500 and status != 503:
        return _unknown(f"status {status}")
    code = content.get("code")
    if code == _STOPPED:
        raise TextStopped("whoever has the number wants no more (code 21610)")
    kind = TextRefused if status == 400 and code in _OF_THE_NUMBER else TextNotSent
    raise kind(f"the gateway refused the text message with status {status}, code {code if isinstance(code, int) else 'none'}")


def _content(answer: requests.Response) -> dict:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _unknown(why: str) -> str:
    # Twilio has no key by which it would know a second try, and every text costs: it is not sent again.
    log.warning("text_unknown", why=why)
    return ""


def _never_left(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)
