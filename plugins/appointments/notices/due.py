"""Which notices of visits are due now: a pure function of the rules, the visits, the people, the clocks, and what was written before.

Each rule's notice of a visit goes out once. What was written is known by the rule and the visit, so a rule that is edited sends nothing
again; a visit that moved is a new occasion, also when it moves back. A rule is met, too, when anything of its kind went out after its time
had come: of several that are due only the one nearest to the visit is used, and none that is added later repeats what was said.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from plugins.appointments.notices import reaching, times
from plugins.appointments.notices.values import (
    ARRIVAL,
    BEFORE,
    CONFIRMATION,
    INVITATION,
    INVITATION_AFTER,
    KINDS,
    NEW_THANKS,
    ONCE,
    RECALL,
    TEXT,
    THANKS,
    TOGETHER,
    Clock,
    Item,
    Message,
    Person,
    Plan,
    Rule,
    Sent,
    Skip,
    Visit,
)

OF_VISITS = tuple(kind for kind in KINDS if kind != RECALL)
STALE = timedelta(days=3)
"""What should have gone out so long ago about something that is over is left."""
_ANSWERED = frozenset({"confirmed", "callback"})


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that the computation looks at."""

    rules: Collection[Rule]
    visits: Collection[Visit]
    people: Mapping[UUID, Person]
    clocks: Mapping[UUID | None, Clock]
    sent: Collection[Sent]
    is_paused: bool = False
    """What comes from the practice's system is out of date: nothing goes out about its visits. Afterwards goes out only what is still ahead."""


@dataclass(slots=True)
class _Due:
    """A rule that has something to say about a visit, at the latest from `at` on."""

    rule: Rule
    visit: Visit
    at: datetime
    base: str
    is_ripe: bool


@dataclass(slots=True)
class _Round:
    """One look at the book."""

    book: Book
    now: datetime
    history: dict[tuple[UUID, str], list[Sent]]
    texted: dict[UUID, object]

    def clock(self, visit: Visit) -> Clock:
        return self.book.clocks.get(visit.clinic_id) or self.book.clocks[None]


def due(book: Book, now: datetime) -> Plan:
    """What goes out now."""
    turn = _Round(book, now, _history(book.sent), _texted_today(book, now))
    groups: dict[tuple, list[tuple[_Due, Person, str]]] = defaultdict(list)
    skips = []
    found = [one for visit in sorted(book.visits, key=lambda visit: (visit.starts_at, visit.id)) for one in _of_visit(turn, visit)]
    for one in sorted(found, key=lambda one: not one.is_ripe):
        reached, recipient = _reach(turn, one)
        if not reached and one.is_ripe and (why := _why_not(turn, one, recipient)):
            skips.append(Skip(one.rule, one.visit, f"{one.base}:none", why))
        for channel in reached:
            groups[_together(turn, one, recipient, channel)].append((one, recipient, channel))
    return Plan(tuple(_messages(turn, groups)), tuple(skips))


def in_force(rules: Iterable[Rule], kind: str, clinic_id: UUID | None) -> list[Rule]:
    """The rules of a kind at a clinic: its own, if it has any, on or off; else the practice's."""
    of_kind = [rule for rule in rules if rule.kind == kind]
    own = [rule for rule in of_kind if clinic_id is not None and rule.clinic_id == clinic_id]
    return [rule for rule in own or [rule for rule in of_kind if rule.clinic_id is None] if rule.is_on]


def _history(sent: Iterable[Sent]) -> dict[tuple[UUID, str], list[Sent]]:
    found: dict[tuple[UUID, str], list[Sent]] = defaultdict(list)
    for one in sorted(sent, key=lambda one: one.at):
        found[one.visit_id, one.kind].append(one)
    return found


def _texted_today(book: Book, now: datetime) -> dict[UUID, object]:
    """Who had a text message today that asks for a confirmation: there is no second one."""
    clocks = {visit.id: book.clocks.get(visit.clinic_id) for visit in book.visits}
    texts = (one for one in book.sent if (one.kind, one.channel) == (CONFIRMATION, TEXT))
    of_day = ((one, clocks.get(one.visit_id) or book.clocks[None]) for one in texts)
    return {one.recipient_id: None for one, clock in of_day if clock.day(one.at) == clock.day(now)}


def _of_visit(turn: _Round, visit: Visit) -> Iterator[_Due]:
    if turn.book.is_paused and visit.is_fed:
        return
    for kind in OF_VISITS:
        if kind not in visit.sends or not _concerns(turn, kind, visit):
            continue
        open_ = [one for rule in in_force(turn.book.rules, kind, visit.clinic_id) if (one := _open(turn, rule, visit))]
        ripe = [one for one in open_ if one.is_ripe]
        if ripe:
            nearest = max(ripe, key=lambda one: (one.at, one.rule.id))
            if not _is_met(turn, nearest):
                yield nearest
        if kind in TOGETHER:
            yield from (one for one in open_ if not one.is_ripe and not _is_met(turn, one))


def _concerns(turn: _Round, kind: str, visit: Visit) -> bool:
    """Whether a visit gets this kind at all."""
    if kind == INVITATION_AFTER:
        return visit.status in ("scheduled", "complete") and visit.starts_at <= turn.now
    if visit.status != "scheduled" or visit.starts_at <= turn.now:
        return False
    if kind == ARRIVAL:
        return not visit.has_arrived
    if kind == CONFIRMATION:
        clock = turn.clock(visit)
        return visit.confirmation not in _ANSWERED and clock.day(visit.made_at) != clock.day(visit.starts_at)
    if kind in (THANKS, NEW_THANKS) and visit.is_from_before:
        return False
    if kind == NEW_THANKS:
        return visit.is_new_patient
    return kind != THANKS or not (visit.is_new_patient and in_force(turn.book.rules, NEW_THANKS, visit.clinic_id))


def _open(turn: _Round, rule: Rule, visit: Visit) -> _Due | None:
    """The rule's notice of a visit, if this rule means it."""
    clock = turn.clock(visit)
    at = times.moment(rule, visit, clock)
    if at is None or not _means(turn, rule, visit, at):
        return None
    ripe = at <= turn.now and times.is_open(rule, visit, clock, turn.now)
    return _Due(rule, visit, at, _base(turn, rule, visit), ripe)


def _means(turn: _Round, rule: Rule, visit: Visit, at: datetime) -> bool:
    if rule.kind != INVITATION_AFTER and visit.starts_at - turn.now < rule.not_within:
        return False
    if rule.kind not in BEFORE:
        happened = visit.starts_at if rule.kind == INVITATION_AFTER else visit.made_at
        if (rule.since and happened < rule.since) or turn.now - at > STALE:
            return False
    return rule.kind not in (INVITATION, INVITATION_AFTER) or _needs_invitation(rule, turn.book.people[visit.person_id], turn.now)


def _needs_invitation(rule: Rule, person: Person, now: datetime) -> bool:
    if rule.mode == 1:
        return person.visited_at is None
    return rule.mode == 2 or person.visited_at is None or now - person.visited_at > timedelta(days=rule.mode_days)


def _base(turn: _Round, rule: Rule, visit: Visit) -> str:
    """What makes this notice the one that it is, without its channel."""
    if rule.kind in ONCE:
        return f"{rule.kind}:{rule.id}:{visit.id}"
    told = [one.starts_at for one in turn.history[visit.id, rule.kind]] + [visit.starts_at]
    moves = sum(1 for before, after in pairwise(told) if before != after)
    return f"{rule.kind}:{rule.id}:{visit.id}:{moves}"


def _is_met(turn: _Round, one: _Due) -> bool:
    """Whether it was said: by this rule, or by another one when this one's time had come."""
    history = turn.history[one.visit.id, one.rule.kind]
    if one.rule.kind not in ONCE:
        history = _since_last_move(history, one.visit.starts_at)
    return any(sent.rule_id == one.rule.id or sent.at >= one.at for sent in history)


def _since_last_move(history: list[Sent], starts_at: datetime) -> list[Sent]:
    elsewhere = [place for place, sent in enumerate(history) if sent.starts_at != starts_at]
    return history[elsewhere[-1] + 1 :] if elsewhere else history


def _recipient(turn: _Round, visit: Visit) -> Person:
    person, clock = turn.book.people[visit.person_id], turn.clock(visit)
    return reaching.recipients(person, turn.book.people, clock.day(turn.now), clock.children_to_guarantor)[0]


def _reach(turn: _Round, one: _Due) -> tuple[list[str], Person]:
    """By which channels it goes out, and to whom."""
    recipient = _recipient(turn, one.visit)
    open_ = [
        channel
        for channel in reaching.channels(one.rule, recipient, turn.book.people[one.visit.person_id])
        if not _is_second_text(turn, one, recipient, channel)
    ]
    chosen = open_ if one.rule.send_all else open_[:1]
    if one.is_ripe and one.rule.kind == CONFIRMATION and TEXT in chosen:
        turn.texted.setdefault(recipient.id, _day(turn, one))
    return chosen, recipient


def _is_second_text(turn: _Round, one: _Due, recipient: Person, channel: str) -> bool:
    is_text = channel == TEXT and one.rule.kind == CONFIRMATION
    return is_text and recipient.id in turn.texted and turn.texted[recipient.id] != _day(turn, one)


def _why_not(turn: _Round, one: _Due, recipient: Person) -> str:
    """Why nobody is reached; no words where it only has to wait for tomorrow."""
    waits = reaching.channels(one.rule, recipient, turn.book.people[one.visit.person_id])
    return "" if waits else reaching.why_not(one.rule, recipient)


def _day(turn: _Round, one: _Due) -> object:
    return turn.clock(one.visit).day(one.visit.starts_at)


def _together(turn: _Round, one: _Due, recipient: Person, channel: str) -> tuple:
    """What notices have in common that go into one message."""
    day = _day(turn, one) if one.rule.kind in TOGETHER else None
    alone = one.visit.id if one.rule.kind in (INVITATION, INVITATION_AFTER) else None
    return (one.rule.id, channel, reaching.address_of(recipient, channel), day, alone)


def _messages(turn: _Round, groups: Mapping[tuple, list[tuple[_Due, Person, str]]]) -> Iterator[Message]:
    """The groups in which something is ripe; a visit that two rules speak of at once is left to the nearer one."""
    ripe = [found for found in groups.values() if any(one.is_ripe for one, _, _ in found)]
    nearest: dict[tuple[UUID, str], datetime] = {}
    for found in ripe:
        for one, _, _ in found:
            place = one.visit.id, one.rule.kind
            nearest[place] = max(one.at, nearest.get(place, one.at))
    for found in ripe:
        kept = [part for part in found if part[0].at == nearest[part[0].visit.id, part[0].rule.kind]]
        if any(one.is_ripe for one, _, _ in kept):
            yield _message(turn, sorted(kept, key=lambda part: (part[0].visit.starts_at, part[0].visit.id)))


def _message(turn: _Round, parts: list[tuple[_Due, Person, str]]) -> Message:
    first, recipient, channel = parts[0]
    persons = [turn.book.people[one.visit.person_id] for one, _, _ in parts]
    items = tuple(Item(one.visit, f"{one.base}:{channel}") for one, _, _ in parts)
    return Message(first.rule, channel, recipient.id, reaching.language(persons), items)
