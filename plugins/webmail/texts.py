"""What people type or a practice's system sends, made into text that can be kept and shown."""

import re
import unicodedata

MAX_SUBJECT = 100
MAX_BODY = 5000
"""Counted in characters; some signs that look like one, such as a flag, are several."""

# PostgreSQL keeps no NUL, UTF-8 no half of a surrogate pair; the other control characters show as nothing or worse.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?|\u2028|\u2029|\x0b|\x0c|\x85")
# Controls, formats such as a zero-width space, and spaces; a sign that is newer than this Python is one all the same.
_NOTHING_TO_SEE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


def checked_subject(text: str) -> str:
    """A subject that can be kept: one line, single spaces, perhaps empty. Raises ValueError, in words for whoever wrote it."""
    subject = " ".join(_storable(_LINE_ENDS.sub(" ", text)).split())
    _refuse_longer(subject, MAX_SUBJECT, "subject")
    return subject if is_readable(subject) else ""


def checked_body(text: str) -> str:
    """A message that can be kept: line breaks of one kind, none around it. Raises ValueError when it is empty or too long."""
    lines = _storable(_LINE_ENDS.sub("\n", text)).split("\n")
    body = "\n".join(line.rstrip() for line in lines).strip("\n")
    if not is_readable(body):
        raise ValueError("Please write your message.")
    _refuse_longer(body, MAX_BODY, "message")
    return body


def is_readable(text: str) -> bool:
    """Whether there is anything to see: spaces and invisible characters alone are no message."""
    return any(unicodedata.category(character) not in _NOTHING_TO_SEE for character in text)


def opening(body: str) -> str:
    """How a message begins, on one line, for lists."""
    return " ".join(body.split())


def answer_subject(subject: str) -> str:
    """The subject of an answer: "Re: " once, however long the conversation is, and cut to what fits."""
    plain = re.sub(r"^(?:re:\s*)+", "", subject, flags=re.IGNORECASE)
    full = f"Re: {plain}".strip()
    return full if len(full) <= MAX_SUBJECT else full[: MAX_SUBJECT - 1].rstrip() + "…"


def _storable(text: str) -> str:
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))


def _refuse_longer(text: str, most: int, what: str) -> None:
    if len(text) > most:
        raise ValueError(f"Please shorten the {what} to {most:,} characters; it has {len(text):,}.")
