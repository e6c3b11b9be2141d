"""What is due, when and to whom: each rule of the computation by an example, and years of a practice against a slow model of it."""

import os
import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.appointments.notices import times
from plugins.appointments.notices.due import Book, due, in_force
from plugins.appointments.notices.values import (
    ARRIVAL,
    BEFORE,
    CONFIRMATION,
    EMAIL,
    INVITATION,
    INVITATION_AFTER,
    NEW_THANKS,
    ONCE,
    REMINDER,
    TEXT,
    THANKS,
    TOGETHER,
    Clock,
    Person,
    Rule,
    Sent,
    Visit,
)

YEARS = int(os.environ.get("CUSPID_TEST_YEARS", "4"))
"""How many years of practices are gone through: a few in every run, as many as one likes by hand."""
NEW_YORK = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
_ids = iter(UUID(int=number) for number in range(1, 10**9))


def at(words: str) -> datetime:
    """A moment by the clock of New York."""
    return datetime.fromisoformat(words).replace(tzinfo=NEW_YORK).astimezone(UTC)


def person(**fields) -> Person:
    return Person(next(_ids), **{"name": "Robin", "email": "robin@example.test", "number": "+13035550142"} | fields)


def visit(who: Person, starts: str, made: str = "2026-03-01 09:00", **fields) -> Visit:
    return Visit(next(_ids), who.id, None, at(starts), 50, at(made), **fields)


def rule(kind: str, days: int = 0, **fields) -> Rule:
    return Rule(next(_ids), kind, lead_days=days, **fields)


def written(plan, now: datetime) -> list[Sent]:
    """What is on record once a plan is carried out."""
    return [
        Sent(message.rule.kind, message.rule.id, item.visit.id, item.visit.starts_at, now, message.recipient_id, message.channel)
        for message in plan.messages
        for item in message.items
    ]


class Office:
    """A practice in which time passes."""

    def __init__(self, *rules: Rule, people=(), visits=(), **clock):
        self.rules, self.people, self.visits, self.sent = list(rules), list(people), list(visits), []
        self.clock, self.is_paused = Clock(NEW_YORK, **clock), False
        self.clinics: dict[UUID, Clock] = {}

    def look(self, moment: str | datetime):
        """What goes out at a moment: it is on record from then on."""
        now = at(moment) if isinstance(moment, str) else moment
        plan = due(self.book(), now)
        self.sent += written(plan, now)
        return plan

    def book(self) -> Book:
        return Book(self.rules, self.visits, {one.id: one for one in self.people}, {None: self.clock} | self.clinics, self.sent, self.is_paused)

    def told(self, moment: str) -> list[tuple]:
        return [(message.rule.kind, message.channel, len(message.items)) for message in self.look(moment).messages]


def office_with(*rules: Rule, starts: str = "2026-03-20 10:00", made: str = "2026-03-01 09:00", clock=None, **fields) -> Office:
    who = person(**fields)
    return Office(*rules, people=[who], visits=[visit(who, starts, made)], **clock or {})


def test_a_reminder_goes_out_so_many_days_before_and_once():
    office = office_with(rule(REMINDER, 2))
    assert office.told("2026-03-18 09:59") == []
    assert office.told("2026-03-18 10:00") == [(REMINDER, TEXT, 1)]
    assert office.told("2026-03-18 10:05") == []


def test_while_the_practice_system_is_silent_nothing_is_said_of_its_visits_and_afterwards_only_what_is_still_ahead():
    office = office_with(rule(REMINDER, 7), rule(REMINDER, 2))
    own, fed = office.visits[0], replace(office.visits[0], id=uuid4(), is_fed=True)
    office.visits, office.is_paused = [fed], True
    assert office.told("2026-03-13 10:00") == []
    office.visits = [own, fed]
    assert [item.visit for message in office.look("2026-03-13 10:05").messages for item in message.items] == [own]
    office.visits, office.is_paused = [fed], False
    assert [message.rule.lead_days for message in office.look("2026-03-18 11:00").messages] == [2], "the earlier one is not sent late"
    office.visits, office.is_paused = [replace(fed, id=uuid4())], True
    assert office.told("2026-03-20 09:00") == []
    office.is_paused = False
    assert office.told("2026-03-20 10:00") == [], "the visit has begun"


def test_days_are_those_of_the_calendar_also_when_the_clock_changes():
    moment = times.moment(rule(REMINDER, 2), visit(person(), "2026-03-09 10:00"), Clock(NEW_YORK))
    assert moment == at("2026-03-07 10:00")
    assert at("2026-03-09 10:00") - moment == timedelta(hours=47)


def test_a_rule_that_is_edited_sends_nothing_again():
    office = office_with(rule(REMINDER, 5))
    assert office.told("2026-03-15 10:00")
    office.rules = [replace(office.rules[0], lead_days=1)]
    assert office.told("2026-03-19 10:00") == []


def test_a_rule_that_is_added_late_repeats_nothing():
    office = office_with(rule(REMINDER, 2))
    assert office.told("2026-03-18 10:00")
    office.rules = [rule(REMINDER, 2), rule(REMINDER, 7)]
    assert office.told("2026-03-18 10:05") == []
    office.rules.append(rule(REMINDER, 1))
    assert office.told("2026-03-19 10:00") == [(REMINDER, TEXT, 1)]


def test_of_several_rules_only_the_one_nearest_to_the_visit_is_used():
    office = office_with(rule(CONFIRMATION, 7), rule(CONFIRMATION, 3), made="2026-03-18 10:00")
    assert [message.rule.lead_days for message in office.look("2026-03-18 11:00").messages] == [3]
    assert office.told("2026-03-18 11:05") == []


def test_a_visit_that_moved_is_told_of_anew_also_when_it_moves_back():
    office = office_with(rule(REMINDER, 2))
    first = office.visits[0]
    assert office.told("2026-03-18 10:00")
    office.visits = [replace(first, starts_at=at("2026-03-19 15:00"))]
    assert office.told("2026-03-18 10:05")
    office.visits = [first]
    assert office.told("2026-03-18 10:10")
    assert office.told("2026-03-18 10:15") == []
    keys = {item.key for moment in ("2026-03-18 10:20",) for message in office.look(moment).messages for item in message.items}
    assert keys == set()


def test_thanks_come_once_however_often_the_visit_moves_and_not_for_what_was_booked_before_the_rule():
    office = office_with(rule(THANKS, since=at("2026-03-01 00:00")))
    assert office.told("2026-03-01 09:01") == [(THANKS, TEXT, 1)]
    office.visits = [replace(office.visits[0], starts_at=at("2026-03-25 15:00"))]
    assert office.told("2026-03-02 09:00") == []
    old = office_with(rule(THANKS, since=at("2026-03-01 09:30")))
    assert old.told("2026-03-01 09:31") == []


def test_who_is_new_gets_the_thanks_for_new_patients_in_their_place():
    office = office_with(rule(THANKS), rule(NEW_THANKS))
    office.visits = [replace(office.visits[0], is_new_patient=True)]
    assert office.told("2026-03-01 09:01") == [(NEW_THANKS, TEXT, 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "broken"}, {"confirmation": "confirmed"}, {"confirmation": "callback"}, {"sends": frozenset({REMINDER})},
        {"made_at": at("2026-03-20 07:00")}, {"starts_at": at("2026-03-18 08:00")},
    ],
)  # fmt: skip
def test_no_confirmation_is_asked_for_what_needs_none(change):
    office = office_with(rule(CONFIRMATION, 2))
    office.visits = [replace(office.visits[0], **change)]
    assert office.told("2026-03-18 10:00" if "made_at" not in change else "2026-03-20 07:05") == []


def test_nothing_goes_out_too_shortly_before_the_visit():
    office = office_with(rule(REMINDER, 2, not_within=timedelta(hours=24)))
    assert office.told("2026-03-19 10:01") == []


def test_a_day_without_messages_is_passed_over_to_the_nearest_day_before():
    clock = {"weekdays": frozenset({5, 6}), "days": frozenset({date(2026, 3, 13)})}
    office = office_with(rule(REMINDER, 2), starts="2026-03-17 10:00", clock=clock)
    assert times.moment(office.rules[0], office.visits[0], office.clock) == at("2026-03-12 10:00")
    late = office_with(rule(REMINDER, 2), starts="2026-03-17 10:00", made="2026-03-14 09:00", clock=clock)
    assert late.told("2026-03-14 12:00") == []
    assert late.told("2026-03-16 00:00") == [(REMINDER, TEXT, 1)]
    assert times.moment(office.rules[0], office.visits[0], Clock(NEW_YORK, weekdays=frozenset(range(7)))) is None


@pytest.mark.parametrize(
    ("starts", "hours", "goes_out"),
    [
        ("2026-03-20 22:00", 2, "2026-03-20 18:00"),  # due after the end: at the end
        ("2026-03-20 08:00", 24 + 2, "2026-03-19 08:00"),  # due before the start: at the start
        ("2026-03-20 08:30", 3, "2026-03-20 07:30"),  # that would be too late: one hour before
        ("2026-03-20 09:30", 3, "2026-03-20 08:00"),
        ("2026-03-20 15:00", 3, "2026-03-20 12:00"),
    ],
)
def test_messages_go_out_within_the_sending_window(starts, hours, goes_out):
    office = office_with(rule(REMINDER, lead_hours=hours), starts=starts, clock={"opens": 480, "closes": 1080})
    assert times.moment(office.rules[0], office.visits[0], office.clock) == at(goes_out)
    assert not due(office.book(), at(goes_out) - timedelta(minutes=1)).messages
    assert due(office.book(), at(goes_out)).messages


def test_what_was_left_behind_waits_for_the_next_morning():
    office = office_with(rule(REMINDER, 2), starts="2026-03-20 17:00", clock={"opens": 480, "closes": 1080})
    assert office.told("2026-03-18 23:00") == []
    assert office.told("2026-03-19 08:00")


def test_the_visits_of_a_day_and_of_one_address_go_into_one_message():
    mother = person(name="Ana", language="es")
    child = person(name="Mia", email="ANA@example.test", number="", birthdate=date(2019, 1, 1), guarantor_id=mother.id)
    visits = [visit(mother, "2026-03-20 10:00"), visit(child, "2026-03-20 15:00"), visit(mother, "2026-03-21 10:00")]
    office = Office(rule(REMINDER, 1), people=[mother, child], visits=visits)
    [message] = office.look("2026-03-19 10:00").messages
    assert (message.recipient_id, message.language) == (mother.id, "es")
    assert [item.visit for item in message.items] == visits[:2]
    assert office.told("2026-03-19 15:00") == []


def test_one_text_a_day_asks_for_a_confirmation_the_next_one_takes_another_way_or_waits():
    who = person()
    visits = [visit(who, "2026-03-20 10:00"), visit(who, "2026-03-20 16:00"), visit(who, "2026-03-21 10:00")]
    office = Office(rule(CONFIRMATION, 7), people=[who], visits=visits)
    assert office.told("2026-03-15 09:00") == [(CONFIRMATION, TEXT, 2), (CONFIRMATION, EMAIL, 1)]
    no_mail = Office(rule(CONFIRMATION, 7, order=(TEXT,)), people=[replace(who, email="")], visits=visits)
    assert no_mail.told("2026-03-15 09:00") == [(CONFIRMATION, TEXT, 2)]
    assert no_mail.told("2026-03-15 18:00") == []
    assert no_mail.told("2026-03-16 09:00") == [(CONFIRMATION, TEXT, 1)]


@pytest.mark.parametrize(
    ("fields", "order", "send_all", "goes"),
    [
        ({}, ("preferred", TEXT, EMAIL), False, [TEXT]),
        ({"prefers": EMAIL}, ("preferred", TEXT, EMAIL), False, [EMAIL]),
        ({"prefers": "phone"}, ("preferred", TEXT, EMAIL), False, [TEXT]),
        ({"number": ""}, (TEXT, EMAIL), False, [EMAIL]),
        ({"may_text": False}, (TEXT, EMAIL), False, [EMAIL]),
        ({"off": frozenset({(REMINDER, TEXT)})}, (TEXT, EMAIL), False, [EMAIL]),
        ({"off": frozenset({(CONFIRMATION, TEXT)})}, (TEXT, EMAIL), False, [TEXT]),
        ({"off": frozenset({("", EMAIL), ("", TEXT)})}, (TEXT, EMAIL), False, []),
        ({}, (TEXT, EMAIL), True, [TEXT, EMAIL]),
        ({"email": ""}, (EMAIL,), False, []),
    ],
)
def test_the_way_is_the_first_that_is_open(fields, order, send_all, goes):
    office = office_with(rule(REMINDER, 2, order=order, send_all=send_all), **fields)
    plan = office.look("2026-03-18 10:00")
    assert [message.channel for message in plan.messages] == goes
    assert [skip.why for skip in plan.skips] == ([] if goes else ["unwanted" if fields.get("off") else "no_address"])


@pytest.mark.parametrize(
    ("child", "setting", "to_guarantor"),
    [
        ({}, True, True), ({}, False, False), ({"email": "", "number": ""}, False, True), ({"birthdate": date(2000, 1, 1)}, True, False),
        ({"is_confidential": True}, True, False), ({"birthdate": None}, True, False),
    ],
)  # fmt: skip
def test_notices_for_children_go_to_the_guarantor(child, setting, to_guarantor):
    mother = person()
    young = person(**{"birthdate": date(2010, 6, 1), "guarantor_id": mother.id, "email": "mia@example.test", "number": "+13035550143"} | child)
    office = Office(rule(REMINDER, 2), people=[mother, young], visits=[visit(young, "2026-03-20 10:00")], children_to_guarantor=setting)
    [message] = office.look("2026-03-18 10:00").messages
    assert (message.recipient_id == mother.id) == to_guarantor


@pytest.mark.parametrize(("mode", "visited", "sent"), [(1, None, 1), (1, -300, 0), (2, -1, 1), (3, -10, 0), (3, -31, 1), (3, None, 1)])
def test_invitations_look_at_whether_the_patient_was_in_the_portal(mode, visited, sent):
    now = "2026-03-13 10:00"
    seen = at(now) + timedelta(days=visited) if visited else None
    office = office_with(rule(INVITATION, 7, order=(EMAIL,), mode=mode), visited_at=seen)
    assert len(office.look(now).messages) == sent
    after = office_with(rule(INVITATION_AFTER, lead_hours=1, order=(EMAIL,), mode=mode), visited_at=seen, starts="2026-03-13 08:00")
    after.visits = [replace(after.visits[0], status="complete")]
    assert len(after.look(now).messages) == sent


def test_a_clinic_has_rules_of_its_own_or_those_of_the_practice():
    clinic, own, whole = next(_ids), rule(REMINDER), rule(REMINDER)
    own = replace(own, clinic_id=clinic)
    assert in_force([own, whole], REMINDER, clinic) == [own]
    assert in_force([own, whole], REMINDER, next(_ids)) == [whole]
    assert in_force([replace(own, is_on=False), whole], REMINDER, clinic) == []


# A slow model: it says for each rule and visit, in so many words, whether it goes out at a moment.


def _wall(moment: datetime, clock: Clock) -> datetime:
    return moment.astimezone(clock.zone).replace(tzinfo=None)


def _utc(wall: datetime, clock: Clock) -> datetime:
    return wall.replace(tzinfo=clock.zone).astimezone(UTC)


def slow_moment(one: Rule, seen: Visit, clock: Clock) -> datetime:
    if one.kind not in BEFORE:
        begins = seen.made_at if one.kind != INVITATION_AFTER else seen.starts_at + timedelta(minutes=seen.minutes)
        goes = _utc(_wall(begins, clock) + one.lead_days * DAY, clock) + timedelta(hours=one.lead_hours)
    else:
        wall = _wall(seen.starts_at, clock)
        for _ in range(one.lead_days):
            wall -= DAY
        goes = _utc(wall, clock) - timedelta(hours=one.lead_hours)
        while _wall(goes, clock).weekday() in clock.weekdays or _wall(goes, clock).date() in clock.days:
            goes = _utc(_wall(goes, clock) - DAY, clock)
    if clock.opens == clock.closes:
        return goes
    minute = _wall(goes, clock).hour * 60 + _wall(goes, clock).minute + _wall(goes, clock).second / 60
    morning = datetime.combine(_wall(goes, clock).date(), time())
    if minute > clock.closes:
        return _utc(morning + timedelta(minutes=clock.closes), clock)
    if minute >= clock.opens:
        return goes
    opening = _utc(morning + timedelta(minutes=clock.opens), clock)
    same_day = _wall(seen.starts_at, clock).date() == morning.date()
    if same_day and (seen.starts_at - opening).total_seconds() < 3600:
        return max(goes, seen.starts_at - timedelta(hours=1))
    return opening


def slow_is_open(one: Rule, seen: Visit, clock: Clock, now: datetime) -> bool:
    wall = _wall(now, clock)
    if one.kind in BEFORE and (wall.weekday() in clock.weekdays or wall.date() in clock.days):
        return False
    if clock.opens == clock.closes:
        return True
    opening = _utc(datetime.combine(wall.date(), time()) + timedelta(minutes=clock.opens), clock)
    closing = _utc(datetime.combine(wall.date(), time()) + timedelta(minutes=clock.closes), clock)
    if opening <= now < closing + timedelta(minutes=15):
        return True
    to_visit = (seen.starts_at - now).total_seconds()
    early = _wall(seen.starts_at, clock).date() == wall.date() and (seen.starts_at - opening).total_seconds() < 3600
    return early and now < opening and to_visit <= 3600


def slow_clock(office: Office, seen: Visit) -> Clock:
    return office.clinics[seen.clinic_id] if seen.clinic_id else office.clock


def slow_rules(office: Office, seen: Visit) -> list[Rule]:
    """Of each kind those of the clinic, on or off, if it has any; else those of the practice."""
    own = {one.kind for one in office.rules if seen.clinic_id and one.clinic_id == seen.clinic_id}
    return [one for one in office.rules if one.is_on and one.clinic_id == (seen.clinic_id if one.kind in own else None)]


def slow_pairs(office: Office, now: datetime) -> list[tuple]:
    """Each rule that means a visit: its moment, whether it was said, and whether it is ripe; the visits in their order."""
    people = {one.id: one for one in office.people}
    pairs = []
    for seen in sorted(office.visits, key=lambda seen: (seen.starts_at, seen.id)):
        clock = slow_clock(office, seen)
        for one in [one for one in slow_rules(office, seen) if slow_means(office, one, seen, people, now)]:
            moment = slow_moment(one, seen, clock)
            ripe = moment <= now and slow_is_open(one, seen, clock, now)
            pairs.append((one, seen, moment, slow_said(office, one, seen, moment), ripe))
    return pairs


def slow_due(office: Office, now: datetime) -> set[tuple]:
    """(rule, channel, address, visits, language) of every message: the language is that of whose visit is first, who is nobody's guarantor here."""
    pairs, live = slow_pairs(office, now), {}
    speaks = {one.id: one.language for one in office.people}
    for one, seen, moment, said, ripe in pairs:
        rivals = [(other[2], other[0].id) for other in pairs if other[4] and (other[1].id, other[0].kind) == (seen.id, one.kind)]
        is_first = ripe and max(rivals) == (moment, one.id)
        if not said and (is_first or (not ripe and one.kind in TOGETHER)):
            for key in slow_ways(office, one, seen):
                live.setdefault(key, []).append((seen, moment, is_first, one.kind))
    going = {key: group for key, group in live.items() if any(first for _, _, first, _ in group)}
    out = set()
    for (rule_id, channel, where, _), group in going.items():
        kept = [(seen, first) for seen, moment, first, kind in group if slow_is_nearest(going, seen, moment, kind)]
        if any(first for _, first in kept):
            first = min((seen for seen, _ in kept), key=lambda seen: (seen.starts_at, seen.id))
            out.add((rule_id, channel, where, frozenset(seen.id for seen, _ in kept), speaks[first.person_id]))
    return out


def slow_ways(office: Office, one: Rule, seen: Visit) -> list[tuple]:
    [who] = [who for who in office.people if who.id == seen.person_id]
    day = _wall(seen.starts_at, slow_clock(office, seen)).date() if one.kind in TOGETHER else None
    return [(one.id, channel, who.email if channel == EMAIL else who.number, day) for channel in slow_channels(one, who)]


def slow_is_nearest(going: dict, seen: Visit, moment: datetime, kind: str) -> bool:
    return all(moment >= other for group in going.values() for same, other, _, its in group if (same.id, its) == (seen.id, kind))


def slow_means(office: Office, one: Rule, seen: Visit, people: dict, now: datetime) -> bool:
    if seen.status != "scheduled" or seen.starts_at <= now or seen.starts_at < now + one.not_within:
        return False
    clock = slow_clock(office, seen)
    if one.kind == CONFIRMATION:
        return seen.confirmation == "unconfirmed" and _wall(seen.made_at, clock).date() != _wall(seen.starts_at, clock).date()
    if one.kind == THANKS:
        return not seen.is_from_before and seen.made_at >= one.since and now - slow_moment(one, seen, clock) <= 3 * DAY
    return True


def slow_said(office: Office, one: Rule, seen: Visit, moment: datetime) -> bool:
    """Whether anything of the kind was said of the visit as it stands, by this rule or when this rule's time had come."""
    story = [sent for sent in office.sent if (sent.visit_id, sent.kind) == (seen.id, one.kind)]
    if one.kind not in ONCE:
        while any(sent.starts_at != seen.starts_at for sent in story):
            story.pop(0)
    return any(sent.rule_id == one.id or sent.at >= moment for sent in story)


def slow_channels(one: Rule, who: Person) -> list[str]:
    found = []
    for channel in [who.prefers if channel == "preferred" else channel for channel in one.order]:
        has = {EMAIL: who.email, TEXT: who.number and who.may_text}.get(channel)
        if has and (one.kind, channel) not in who.off and channel not in found:
            found.append(channel)
    return found if one.send_all else found[:1]


class Year(Office):
    """A year of a practice with a clinic in another time zone: bookings, moves, cancellations, answers, opt-outs, and rules that are edited."""

    def __init__(self, chance: random.Random):
        window = chance.choice([{}, {"opens": 480, "closes": 1080}, {"opens": 600, "closes": 1200}])
        days = {"weekdays": frozenset(chance.sample(range(7), chance.choice([0, 1, 2]))), "days": frozenset({date(2026, 7, 3), date(2026, 12, 24)})}
        mails, numbers = ["a@example.test", "b@example.test", ""], ["+13035550101", "+13035550102", ""]
        people = [person(email=chance.choice(mails), number=chance.choice(numbers), prefers=chance.choice(["", EMAIL]), language=chance.choice(["en", "es"])) for _ in range(5)]
        self.lake = next(_ids)
        super().__init__(*(self._rule(chance) for _ in range(4)), people=people, **window, **days)
        self.chance = chance
        self.clinics = {self.lake: Clock(ZoneInfo("America/Los_Angeles"), 540, 1020, frozenset({6}), frozenset({date(2026, 11, 26)}))}

    def _rule(self, chance: random.Random, since=datetime(2026, 1, 1, tzinfo=UTC)) -> Rule:
        # Confirmations by mail only: what one text a day leaves open has an example of its own.
        kind = chance.choice([REMINDER, REMINDER, CONFIRMATION, THANKS, ARRIVAL])
        order = (EMAIL,) if kind == CONFIRMATION else chance.choice([("preferred", TEXT, EMAIL), (EMAIL, TEXT), (TEXT,)])
        more = {"order": order, "send_all": chance.random() < 0.2, "since": since, "not_within": timedelta(hours=chance.choice([0, 0, 24]))}
        return Rule(next(_ids), kind, self.lake if chance.random() < 0.25 else None, 0 if kind == THANKS else chance.choice([0, 1, 2, 7]), chance.choice([0, 0, 3]), **more)

    def happen(self, now: datetime) -> None:
        """Something, or nothing."""
        chance = self.chance
        act = chance.choice([self._book, self._book, self._move, self._cancel, self._answer, self._edit, self._say_no])
        if chance.random() < 0.12:
            act(now)
        self.visits = [seen for seen in self.visits if seen.starts_at > now - 4 * DAY]

    def _when(self, now: datetime) -> datetime:
        day = (now + timedelta(days=self.chance.choice([0, 1, 2, 3, 10, 20]))).astimezone(NEW_YORK).date()
        return datetime.combine(day, time(self.chance.choice([7, 8, 10, 10, 15, 21]), self.chance.choice([0, 30])), NEW_YORK).astimezone(UTC)

    def _book(self, now):
        is_from_before = self.chance.random() < 0.2
        self.visits.append(Visit(next(_ids), self.chance.choice(self.people).id, self.chance.choice([None, None, self.lake]), self._when(now), 50, now, is_from_before=is_from_before))

    def _change(self, **fields):
        if self.visits:
            place = self.chance.randrange(len(self.visits))
            self.visits[place] = replace(self.visits[place], **fields)

    def _move(self, now):
        back = {sent.starts_at for sent in self.sent if self.visits and sent.visit_id == self.visits[0].id and sent.starts_at > now}
        self._change(starts_at=min(back) if back and self.chance.random() < 0.3 else self._when(now))

    def _cancel(self, now):
        self._change(status="broken")

    def _answer(self, now):
        self._change(confirmation="confirmed")

    def _edit(self, now):
        place = self.chance.randrange(len(self.rules))
        edited = replace(self.rules[place], lead_days=self.chance.choice([0, 1, 3]), is_on=self.chance.random() < 0.8)
        self.rules[place] = self.chance.choice([edited, edited, self._rule(self.chance, now)])

    def _say_no(self, now):
        place = self.chance.randrange(len(self.people))
        off = frozenset({(self.chance.choice([REMINDER, THANKS]), self.chance.choice([EMAIL, TEXT]))})
        self.people[place] = replace(self.people[place], off=off if self.chance.random() < 0.5 else frozenset())


@settings(max_examples=YEARS)
@given(st.integers(0, 2**32))
def test_a_year_of_a_practice_sends_what_the_slow_model_says_and_nothing_twice(seed):
    chance = random.Random(seed)
    year, now, keys = Year(chance), datetime(2026, 1, 1, 5, tzinfo=UTC), []
    while now < datetime(2027, 1, 1, 5, tzinfo=UTC):
        year.happen(now)
        people = {one.id: one for one in year.people}
        expected = slow_due(year, now)
        plan = year.look(now)
        found = {
            (message.rule.id, message.channel, people[message.recipient_id].email if message.channel == EMAIL else people[message.recipient_id].number,
             frozenset(item.visit.id for item in message.items), message.language)
            for message in plan.messages
        }  # fmt: skip
        assert found == expected, now
        keys += [item.key for message in plan.messages for item in message.items]
        # Now and then the worker was away for more than a day.
        now += timedelta(minutes=chance.choice([30, 60, 240, 300]) if chance.random() < 0.98 else 1600)
    assert len(keys) == len(set(keys))
    assert keys
