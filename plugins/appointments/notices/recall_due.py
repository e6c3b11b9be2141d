"""Which recall notices are due now: a pure function, as `due` is for visits. The first when somebody is due, further ones at intervals."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from plugins.appointments.notices import reaching, times
from plugins.appointments.notices.due import in_force
from plugins.appointments.notices.values import RECALL, TEXT, Clock, Person, Rule

BRAKE = timedelta(minutes=10)
"""In so long only so many texts go out at a clinic: who gets one may want to book at once."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often somebody is told. `past` and `future` are days around the due date; without `later` there is no third notice; `most` counts those
    after the first; `families`: one message to the guarantor."""

    past: int = 365
    future: int = 30
    first: int = 90
    later: int | None = 182
    most: int | None = 3
    families: bool = True
    texts: int = 2


@dataclass(frozen=True, slots=True)
class Called:
    """A recall of somebody who can book it: whoever has a visit for it is not among these."""

    id: UUID
    person_id: UUID
    clinic_id: UUID | None
    due_on: date


@dataclass(frozen=True, slots=True)
class RecallSent:
    """A recall notice that was written before; those with one `message_id` went out as one message."""

    recall_id: UUID
    due_on: date
    number: int
    at: datetime
    clinic_id: UUID | None
    channel: str
    message_id: UUID | None


@dataclass(frozen=True, slots=True)
class RecallItem:
    """A recall that a message tells of, and which notice of it this is. No two rows ever have the same key."""

    recall: Called
    number: int
    key: str


@dataclass(frozen=True, slots=True)
class RecallMessage:
    """A message to one person about one or more recalls."""

    rule: Rule
    channel: str
    recipient_id: UUID
    language: str
    items: tuple[RecallItem, ...]


@dataclass(frozen=True, slots=True)
class RecallBook:
    """Everything that the computation looks at."""

    rules: Collection[Rule]
    recalls: Collection[Called]
    people: Mapping[UUID, Person]
    clocks: Mapping[UUID | None, Clock]
    sent: Collection[RecallSent]
    pace: Pace


def recalls_due(book: RecallBook, now: datetime) -> list[RecallMessage]:
    """What goes out now; texts beyond the brake wait for the next look."""
    groups: dict[tuple, list[tuple[RecallItem, Rule, Person]]] = defaultdict(list)
    for item, rule in _ripe(book, now):
        person = book.people[item.recall.person_id]
        recipient = _recipient(book, item.recall, person, now)
        ways = reaching.channels(rule, recipient, person)
        for channel in ways if rule.send_all else ways[:1]:
            alone = None if book.pace.families else item.recall.person_id
            groups[rule.id, channel, recipient.id, reaching.address_of(recipient, channel), alone].append((item, rule, recipient))
    return _braked(book, now, [_message(book, key[1], found) for key, found in groups.items()])


def _ripe(book: RecallBook, now: datetime) -> Iterator[tuple[RecallItem, Rule]]:
    history: dict[tuple[UUID, date], list[RecallSent]] = defaultdict(list)
    for one in book.sent:
        history[one.recall_id, one.due_on].append(one)
    for recall in sorted(book.recalls, key=lambda recall: (recall.due_on, recall.id)):
        clock, rules = _clock(book, recall.clinic_id), in_force(book.rules, RECALL, recall.clinic_id)
        number = next_number(book.pace, recall.due_on, history[recall.id, recall.due_on], clock, now)
        if rules and number and _is_open(clock, now):
            yield RecallItem(recall, number, f"recall:{recall.id}:{recall.due_on}:{number}"), rules[0]


def next_number(pace: Pace, due_on: date, sent: Collection[RecallSent], clock: Clock, now: datetime) -> int:
    """Which notice of a recall is due now: 1 for the first; 0 when none is."""
    today = clock.day(now)
    if not due_on - timedelta(days=pace.future) <= today <= due_on + timedelta(days=pace.past):
        return 0
    if not sent:
        return 1
    number = max(one.number for one in sent)
    wait = pace.first if number == 1 else pace.later
    if wait is None or (pace.most is not None and number > pace.most):
        return 0
    return number + 1 if clock.day(max(one.at for one in sent)) + timedelta(days=wait) <= today else 0


def _recipient(book: RecallBook, recall: Called, person: Person, now: datetime) -> Person:
    """The guarantor, where families are told together and the record is not confidential; else as for visits."""
    clock = _clock(book, recall.clinic_id)
    guarantor = book.people.get(person.guarantor_id) if person.guarantor_id else None
    if book.pace.families and guarantor and not person.is_confidential and (guarantor.email or guarantor.number):
        return guarantor
    return reaching.recipients(person, book.people, clock.day(now), clock.children_to_guarantor)[0]


def _message(book: RecallBook, channel: str, found: list[tuple[RecallItem, Rule, Person]]) -> RecallMessage:
    _, rule, recipient = found[0]
    persons = [book.people[item.recall.person_id] for item, _, _ in found]
    items = tuple(RecallItem(item.recall, item.number, f"{item.key}:{channel}") for item, _, _ in found)
    told = recipient.language if len(found) > 1 else reaching.language(persons)
    return RecallMessage(rule, channel, recipient.id, told, items)


def _braked(book: RecallBook, now: datetime, messages: list[RecallMessage]) -> list[RecallMessage]:
    texts: dict[UUID | None, int] = defaultdict(int)
    for one in {(sent.clinic_id, sent.message_id) for sent in book.sent if sent.channel == TEXT and sent.at > now - BRAKE}:
        texts[one[0]] += 1
    kept = []
    for message in messages:
        clinic_id = message.items[0].recall.clinic_id
        texts[clinic_id] += message.channel == TEXT
        if message.channel != TEXT or texts[clinic_id] <= book.pace.texts:
            kept.append(message)
    return kept


def _clock(book: RecallBook, clinic_id: UUID | None) -> Clock:
    return book.clocks.get(clinic_id) or book.clocks[None]


def _is_open(clock: Clock, now: datetime) -> bool:
    if clock.is_all_day:
        return True
    opens, closes = times.window(now, clock)
    return opens <= now < closes
