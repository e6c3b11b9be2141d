"""The rules of open times word for word and minute by minute: far too slow, and plain enough to be believed.

It shares nothing with the search but the values. Each function is one rule.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from plugins.appointments.slots import Blockout, Book, Hours, Id, Operatory, Slot, Wanted, minute_of, moment_of


def openings(book: Book, wanted: Wanted) -> list[Slot]:
    """Every open time; of several at the same time that of the leftmost operatory."""
    found: dict[int, Slot] = {}
    for operatory in sorted(book.operatories, key=lambda one: one.position):
        if not takes(book, wanted, operatory):
            continue
        for provider in asked_in_order(book, wanted, operatory):
            for minute in starts(book, wanted, operatory, provider):
                if in_window(book, wanted, minute):
                    found.setdefault(minute, Slot(moment_of(minute), operatory.id, provider))
    return [found[minute] for minute in sorted(found)]


def starts(book: Book, wanted: Wanted, operatory: Operatory, provider: Id) -> Iterator[int]:
    """Whole steps of the clinic's clock at which nothing speaks against the visit; if so wished, one length apart."""
    next_one = 0
    for minute in steps(book.zone, book.first, book.last, book.increment):
        if minute >= next_one and can_begin(book, wanted, operatory, provider, minute):
            yield minute
            next_one = minute + wanted.minutes if wanted.back_to_back else 0


def can_begin(book: Book, wanted: Wanted, operatory: Operatory, provider: Id, start: int) -> bool:
    """Whether each minute of the visit can be."""
    return all(is_free(book, wanted, operatory, provider, start, minute) for minute in range(start, start + wanted.minutes))


def is_free(book: Book, wanted: Wanted, operatory: Operatory, provider: Id, start: int, minute: int) -> bool:
    """Whether one minute of the visit can be."""
    return (
        works(book, operatory, provider, minute)
        and not is_closed(book, minute)
        and not is_blocked(book, wanted, operatory, minute)
        and not operatory_is_taken(book, operatory, minute)
        and not (needs_provider(book, wanted, start, minute) and provider_is_busy(book, provider, minute))
        and not a_rule_forbids(book, wanted, provider, minute)
        and not patient_is_elsewhere(wanted, minute)
    )


# 1 and 2: operatories that patients book for such visits, of the clinic, or without one where there is none.
def takes(book: Book, wanted: Wanted, operatory: Operatory) -> bool:
    if operatory.clinic_id != book.clinic_id:
        return False
    if wanted.appointment_type_id is not None:
        return wanted.appointment_type_id in operatory.appointment_type_ids
    if wanted.is_recall:
        return operatory.takes_recalls
    return operatory.takes_recalls or len(operatory.appointment_type_ids) > 0


# 3 and 4: whoever's hours name the operatory has it, else its own provider by hours that name none.
def works(book: Book, operatory: Operatory, provider: Id, minute: int) -> bool:
    now = [hours for hours in book.hours if is_within(book, hours, minute, narrow=True)]
    named = [hours.provider_id for hours in now if operatory.id in hours.operatory_ids]
    if named:
        return provider in named
    return provider == own_provider(operatory) and any(hours.provider_id == provider and not hours.operatory_ids for hours in now)


def own_provider(operatory: Operatory) -> Id | None:
    if operatory.is_hygiene and operatory.hygienist_id is not None:
        return operatory.hygienist_id
    return operatory.provider_id


# 5 and 6: only those who may do it; the operatory's own provider is asked first, then the others in the order of the book.
def asked_in_order(book: Book, wanted: Wanted, operatory: Operatory) -> list[Id]:
    others = [hours.provider_id for hours in book.hours if operatory.id in hours.operatory_ids]
    return [provider for provider in dict.fromkeys([own_provider(operatory), *others]) if is_allowed(wanted, provider)]


def is_allowed(wanted: Wanted, provider: Id | None) -> bool:
    return provider is not None and (wanted.provider_ids is None or provider in wanted.provider_ids)


# 7: blockouts stop what is not allowed over them; some visits may be over blockouts of their types only.
def is_blocked(book: Book, wanted: Wanted, operatory: Operatory, minute: int) -> bool:
    here = [blockout for blockout in book.blockouts if not blockout.operatory_ids or operatory.id in blockout.operatory_ids]
    types = {blockout.type_id for blockout in here if is_within(book, blockout, minute, narrow=False)}
    if types - book.open_blockout_types - wanted.blockout_type_ids:
        return True
    return wanted.only_in_blockouts and not types & wanted.blockout_type_ids


# 8: an operatory is never booked twice; a provider not at all, or not during the own time of both visits.
def operatory_is_taken(book: Book, operatory: Operatory, minute: int) -> bool:
    return any(visit.operatory_id == operatory.id and is_during(visit.begins, length(visit), minute) for visit in book.taken)


def provider_is_busy(book: Book, provider: Id, minute: int) -> bool:
    for visit in book.taken:
        if visit.provider_id == provider and is_during(visit.begins, length(visit), minute):
            if book.prevents_double_booking or "X" not in visit.pattern:
                return True
            signs = enumerate(visit.pattern)
            if any(sign == "X" and is_during(visit.begins + 5 * place, 5, minute) for place, sign in signs):
                return True
    return False


def a_rule_forbids(book: Book, wanted: Wanted, provider: Id, minute: int) -> bool:
    """Where visits may overlap at all: not when this one or the one that is there has a procedure of a rule."""
    if book.prevents_double_booking:
        return False
    there = [visit for visit in book.taken if visit.provider_id == provider and is_during(visit.begins, length(visit), minute)]
    return any(is_of_rule(book, visit.codes) or is_of_rule(book, wanted.codes) for visit in there)


def is_of_rule(book: Book, codes: tuple[str, ...]) -> bool:
    return any(rule.first_code <= code <= rule.last_code for code in codes for rule in book.rules)


def length(visit) -> int:
    return max(visit.minutes, 5 * len(visit.pattern))


def needs_provider(book: Book, wanted: Wanted, start: int, minute: int) -> bool:
    return book.prevents_double_booking or "X" not in wanted.pattern or wanted.pattern[(minute - start) // 5] == "X"


# 9, 10 and 15: lead time, horizon, due date.
def in_window(book: Book, wanted: Wanted, minute: int) -> bool:
    day, _ = local(book.zone, minute)
    return moment_of(minute) >= wanted.earliest and day <= wanted.last_on and (wanted.first_on is None or day >= wanted.first_on)


# 13: closed days.
def is_closed(book: Book, minute: int) -> bool:
    day, _ = local(book.zone, minute)
    return day in book.closed or not book.first <= day <= book.last


def patient_is_elsewhere(wanted: Wanted, minute: int) -> bool:
    return any(is_during(begins, minutes, minute) for begins, minutes in wanted.own_visits)


# Time: what the clinic's clock shows; pieces of five minutes, of which hours need the whole and everything else takes the whole.
def is_within(book: Book, block: Hours | Blockout, minute: int, narrow: bool) -> bool:
    day, shown = local(book.zone, minute)
    begin, end = (up(block.starts), down(block.ends)) if narrow else (down(block.starts), up(block.ends))
    return day == block.day and begin <= shown < end


def is_during(begins: int, minutes: int, minute: int) -> bool:
    return down(begins) <= minute < up(begins + minutes)


def down(minute: int) -> int:
    return minute - minute % 5


def up(minute: int) -> int:
    return minute + -minute % 5


@lru_cache(maxsize=100_000)
def local(zone: ZoneInfo, minute: int) -> tuple[date, int]:
    """What the clock of a zone shows: the day, and minutes from midnight."""
    shown = moment_of(minute).astimezone(zone)
    return shown.date(), shown.hour * 60 + shown.minute


@lru_cache(maxsize=1000)
def steps(zone: ZoneInfo, first: date, last: date, increment: int) -> list[int]:
    """The minutes of some local days at which the clock shows whole steps from midnight."""
    begin = minute_of(datetime(first.year, first.month, first.day, tzinfo=UTC)) - 2 * 1440
    shown = ((minute, *local(zone, minute)) for minute in range(begin, begin + 1440 * ((last - first).days + 5)))
    return [minute for minute, day, since_midnight in shown if first <= day <= last and since_midnight % increment == 0]
