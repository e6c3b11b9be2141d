"""The slot engine: when a visit can be. Functions of plain values, without a database or a request.

`openings(book, wanted)` gives every open time; `slot_at` looks at one of them again, before it is booked.
"""

from plugins.appointments.slots.book import Book
from plugins.appointments.slots.reasons import Reason, why_not
from plugins.appointments.slots.search import days_of, nearest, openings, slot_at
from plugins.appointments.slots.values import (
    EPOCH,
    PIECE,
    Beside,
    Blockout,
    Hours,
    Id,
    Operatory,
    Rule,
    Slot,
    Taken,
    Wanted,
    minute_of,
    moment_of,
)
from plugins.appointments.slots.window import earliest, last_day

__all__ = [
    "EPOCH", "PIECE", "Beside", "Blockout", "Book", "Hours", "Id", "Operatory", "Reason", "Rule", "Slot", "Taken", "Wanted", "days_of",
    "earliest", "last_day", "minute_of", "moment_of", "nearest", "openings", "slot_at", "why_not",
]  # fmt: skip
