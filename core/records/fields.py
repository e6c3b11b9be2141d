"""The sorts of fields that many kinds of record have, each with its limits."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field

ExternalId = Annotated[str, Field(min_length=1, max_length=200)]
"""The practice's own id of another record."""
ExternalIds = Annotated[list[ExternalId], Field(max_length=200)]
Name = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=500)]
Note = Annotated[str, Field(max_length=4000)]
Code = Annotated[str, Field(max_length=40)]
Email = Annotated[str, Field(max_length=320)]
Phone = Annotated[str, Field(max_length=60)]
State = Annotated[str, Field(max_length=100)]
PostalCode = Annotated[str, Field(max_length=40)]
Position = Annotated[int, Field(ge=-100_000, le=100_000)]
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def example(*records: dict) -> ConfigDict:
    """Examples of a kind, as its schema publishes them; a test takes those of all kinds in together."""
    return ConfigDict(json_schema_extra={"examples": list(records)})


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("is no time zone that is known here; they are named like America/Denver") from None
    return name


def _time(words: str) -> str:
    if not _CLOCK.fullmatch(words):
        raise ValueError("is no time of day, such as 08:00")
    return words


TimeZone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_known_zone)]
"""A time zone of the IANA list, such as America/Denver."""
Hours = dict[
    Annotated[str, Field(pattern="^[0-6]$")], Annotated[list[Annotated[str, Field(max_length=5), AfterValidator(_time)]], Field(min_length=2, max_length=2)]
]
"""A weekday, "0" is Monday, to when it opens and closes on it."""
