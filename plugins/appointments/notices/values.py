"""What the computation of notices works with: plain values, apart from the database."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

EMAIL, TEXT, PREFERRED = "email", "text", "preferred"
CHANNELS = (EMAIL, TEXT)
REMINDER, CONFIRMATION, THANKS, NEW_THANKS, RECALL = "reminder", "confirmation", "thanks", "new_thanks", "recall"
INVITATION, INVITATION_AFTER, ARRIVAL = "invitation", "invitation_after", "arrival"
KINDS = (REMINDER, CONFIRMATION, ARRIVAL, THANKS, NEW_THANKS, RECALL, INVITATION, INVITATION_AFTER)
OFFER = "offer"
CHOSEN = (*KINDS, OFFER)
"""What a patient can turn off: notices, and offers to the wait list."""
BEFORE = frozenset({REMINDER, CONFIRMATION, ARRIVAL, INVITATION})
"""Kinds that go out so long before a visit; the others so long after something."""
ONCE = frozenset({THANKS, NEW_THANKS, INVITATION, INVITATION_AFTER})
"""Kinds that a visit gets once, also when it moves."""
TOGETHER = frozenset({REMINDER, CONFIRMATION, ARRIVAL})
"""Kinds of which the visits of a day at one address go into one message, also when some of them would be due later."""
ADULT = 18


@dataclass(frozen=True, slots=True)
class Rule:
    """When a kind of notice goes out, and how. Without a clinic it is the practice's, for clinics that have none of this kind of their own.

    `since` is when it was switched on: what happened before gets no thanks. `not_within` blocks notices so shortly before a visit.
    `mode` is for invitations: 1 until the patient has been in the portal, 2 always, 3 after `mode_days` without a visit to the portal.
    """

    id: UUID
    kind: str
    clinic_id: UUID | None = None
    lead_days: int = 0
    lead_hours: int = 0
    not_within: timedelta = timedelta()
    order: tuple[str, ...] = (PREFERRED, TEXT, EMAIL)
    send_all: bool = False
    is_on: bool = True
    since: datetime | None = None
    mode: int = 1
    mode_days: int = 30


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment. `sends` are the kinds that its confirmation status lets go out.

    One that `is_from_before` came when the practice's system was first read: when it was made nobody knows, `made_at` is when it came.
    """

    id: UUID
    person_id: UUID
    clinic_id: UUID | None
    starts_at: datetime
    minutes: int
    made_at: datetime
    status: str = "scheduled"
    confirmation: str = "unconfirmed"
    sends: frozenset[str] = frozenset(KINDS)
    is_new_patient: bool = False
    is_from_before: bool = False
    has_arrived: bool = False
    is_fed: bool = False
    """It comes from the practice's system."""


@dataclass(frozen=True, slots=True)
class Person:
    """A patient, and how to reach them. `number` is whole, such as +13035550142; `off` are (kind, channel) that nobody wants there.

    `may_text` is False for whoever said STOP, or must be asked first. `visited_at` is when they were last in the portal.
    """

    id: UUID
    name: str = ""
    email: str = ""
    number: str = ""
    language: str = "en"
    birthdate: date | None = None
    guarantor_id: UUID | None = None
    is_confidential: bool = False
    prefers: str = ""
    may_text: bool = True
    off: frozenset[tuple[str, str]] = frozenset()
    visited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """When messages of a clinic may go out. The window is in minutes from midnight; equal ends mean all day."""

    zone: ZoneInfo
    opens: int = 0
    closes: int = 0
    weekdays: frozenset[int] = frozenset()
    days: frozenset[date] = frozenset()
    children_to_guarantor: bool = True

    @property
    def is_all_day(self) -> bool:
        """Whether messages go out at any time."""
        return self.opens == self.closes

    def excludes(self, day: date) -> bool:
        """Whether nothing goes out on a day that comes before a visit."""
        return day.weekday() in self.weekdays or day in self.days

    def day(self, moment: datetime) -> date:
        """The day of a moment at the clinic."""
        return moment.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice that was written before, for a visit as it stood then."""

    kind: str
    rule_id: UUID
    visit_id: UUID
    starts_at: datetime
    at: datetime
    recipient_id: UUID
    channel: str


@dataclass(frozen=True, slots=True)
class Item:
    """A visit that a message tells of. No two rows ever have the same key."""

    visit: Visit
    key: str


@dataclass(frozen=True, slots=True)
class Message:
    """A mail or text message to one person, of one rule, about one or more visits, the earliest first."""

    rule: Rule
    channel: str
    recipient_id: UUID
    language: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """A notice that is due and reaches nobody, and why: `no_address`, or `unwanted`."""

    rule: Rule
    visit: Visit
    key: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due now."""

    messages: tuple[Message, ...]
    skips: tuple[Skip, ...]
