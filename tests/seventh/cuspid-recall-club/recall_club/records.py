"""The kind of record that brings members in."""

from pydantic import AwareDatetime

from core.records import Record


class MemberRecord(Record):
    """Who joined at the office's desk, and when, with the offset from UTC."""

    patient: str
    joined_at: AwareDatetime
