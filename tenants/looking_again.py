"""Pages that look again by themselves while something is being made: for a while only, because they must not keep an empty desk signed in, and not for
whoever wants them still."""

from datetime import datetime, timedelta
from typing import NamedTuple

FOR = timedelta(minutes=10)
"""So long after the beginning; then there is a button."""
STILL = "still"


class Looking(NamedTuple):
    """Whether the page looks again by itself, every so many seconds; whether it may; and where it does, and where it keeps still."""

    looks: bool
    may: bool
    seconds: int
    again: str
    still: str


def look_again(request, began: datetime | None, seconds: int) -> Looking:
    """Have the page that answers look again; `began` is when what is being made was begun, or None where nothing is."""
    may = began is not None and request.now - began < FOR
    looks = may and STILL not in request.GET
    if looks:
        request.response.headers["Refresh"] = str(seconds)
    return Looking(looks, may, seconds, request.path, f"{request.path}?{STILL}=yes")
