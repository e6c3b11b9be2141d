"""What may come of asking an office's Open Dental. The text of each says in plain words what is the matter and what helps; nothing of a record is in it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 3600.0
_NO_CONNECTOR = re.compile(r"e-?connector", re.IGNORECASE)
_OLD = re.compile(r"version|update (your|open dental)|upgrade", re.IGNORECASE)
_LATE = re.compile(r"tim(ed|e) ?-?out", re.IGNORECASE)
_TOO_OFTEN = re.compile(r"too many|throttl|rate limit|limit (was )?exceeded|too (often|fast|quickly)", re.IGNORECASE)
_PERMISSION = re.compile(r"permission", re.IGNORECASE)


class Fault(Exception):
    """Open Dental did not do what was asked. `may_be_done` says whether it may have been done all the same."""

    sentence = "Open Dental did not do what was asked."

    def __init__(self, sentence: str = "", may_be_done: bool = False):
        super().__init__(sentence or self.sentence)
        self.may_be_done = may_be_done


class Away(Fault):
    """Nobody answers, or nobody who could: it may be better later."""

    sentence = "Open Dental cannot be reached now. The portal tries again by itself; see that the eConnector or the API Service runs on the office’s server."


class TimedOut(Away):
    """The answer took too long, as when much is asked for at once."""

    sentence = "Open Dental took too long to answer. The portal tries again by itself."


class SlowDown(Fault):
    """It was asked more often than the office's key allows; nothing was done. `after` is how many seconds to wait."""

    sentence = "Open Dental was asked more often than the office’s key allows. The portal waits and goes on by itself."

    def __init__(self, after: float | None = None):
        super().__init__()
        self.after = after


class NotAllowed(Fault):
    """The key is unknown, switched off, or lacks a permission."""

    sentence = "Open Dental does not accept the office’s key. See under Setup, Advanced Setup, API in Open Dental whether the key is there and switched on."
    without_permission = "The office’s key lacks a permission for this. In Open Dental, under Setup, Advanced Setup, API, see what the key may do."


class Refused(Fault):
    """Open Dental understood, and will not. `said` is its own sentence, which may speak of a record: for the office's eyes, never for a log."""

    sentence = "Open Dental refused this."

    def __init__(self, said: str = ""):
        super().__init__()
        self.said = said


class NotThere(Fault):
    """There is nothing of this number, or no such resource."""

    sentence = "Open Dental has nothing of this number (any more)."


class TooOld(Fault):
    """The office's Open Dental cannot do this yet."""

    sentence = "The office’s Open Dental is too old for this. Update it, then it works by itself."


class TooLarge(Fault):
    """More than one request or answer may hold."""

    sentence = "This is more than Open Dental takes or gives at once (16.8 million characters)."


def fault_of(status: int, said: str, headers: Mapping[str, str], now: datetime) -> Fault:
    """What an answer other than 200 and 201 means. Redirects are not followed: the key would go along."""
    if status == 429:
        return SlowDown(_seconds(headers.get("Retry-After", ""), now))
    if status in (401, 403):
        return NotAllowed(NotAllowed.without_permission if _PERMISSION.search(said) else "")
    if status == 504 or status == 408:
        return TimedOut(may_be_done=True)
    if status == 410:
        return TooOld("Open Dental no longer has what was asked for. Tell whoever runs the portal.")
    if status == 404:
        return NotThere()
    return _of_text(said) if status == 400 else Away(may_be_done=status >= 500)


def _of_text(said: str) -> Fault:
    # A 400 stands for nearly everything: only its words tell.
    if _TOO_OFTEN.search(said):
        return SlowDown()
    if _NO_CONNECTOR.search(said):
        return Away("The eConnector of the office does not run. Start it on the office’s server; the portal then goes on by itself.")
    if _LATE.search(said):
        return TimedOut(may_be_done=True)
    return TooOld() if _OLD.search(said) else Refused(said)


def _seconds(text: str, now: datetime) -> float | None:
    """What Retry-After says: seconds, or a moment."""
    if text.strip().isdecimal():
        return min(float(text), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, min((at - now).total_seconds(), LONGEST_WAIT))
