"""What needs doing about visits, as the home page and the family's page say it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

from core.auth.identity import Person
from core.plugins import ActionItem, Question
from plugins.appointments.services import needs

CONFIRM, WAIT, BOOK = "appointments.confirm", "appointments.wait", "appointments.book"


def question(request, people: Sequence[Person]) -> Question:
    """One question for all of them."""
    asked = [person for person in people if request.may(person, CONFIRM)]
    days = {person.id: request.tenant_of(person).settings["appointments.confirm_days"] for person in asked}
    about = {
        "practice_id": request.practice_id,
        "now": request.now,
        "appointments_people": [person.id for person in people],
        "appointments_asked": list(days),
        "appointments_lasts": [request.now + timedelta(days=number) for number in days.values()],
    }
    today = request.now.astimezone(request.whole_tenant.time_zone).date()
    return Question(needs.NEEDS_OF, about | needs.about(today), partial(_items, request))


def _items(request, person: Person, rows: list[dict]) -> list[ActionItem]:
    return [item for row in rows for item in _SAY[row["kind"]](request, person, row["number"], row["words"])]


def _confirm(request, person: Person, number: int, _: str) -> Iterator[ActionItem]:
    one = "Confirm your visit" if person.is_self else "Confirm a visit"
    text = f"Let us know that {'you are' if person.is_self else f'{person.short_name} is'} coming."
    title = one if number == 1 else f"Confirm {number} visits"
    yield ActionItem(person.id, title, text, request.path_of("appointments.home"), "calendar-check", 10)


def _answered(request, person: Person, number: int, _: str) -> Iterator[ActionItem]:
    title = "The office has answered a request" if number == 1 else f"The office has answered {number} requests"
    yield ActionItem(person.id, title, "See what it says about your visit.", request.path_of("appointments.home"), "reply", 12)


def _recall(request, person: Person, number: int, words: str) -> Iterator[ActionItem]:
    title = f"{words} is due" if number == 1 else f"{number} regular visits are due"
    # The family's page puts the person in view on the way there.
    book = request.path_of(BOOK) if request.may(person, BOOK) else ""
    text = "Find a time that suits." if book else "Look at it, and ask us for a time."
    yield ActionItem(person.id, title, text, book or request.path_of("appointments.home"), "calendar-plus", 40)


def _offer(request, person: Person, number: int, _: str) -> Iterator[ActionItem]:
    if request.may(person, WAIT):
        title = "An earlier time is open" if number == 1 else f"{number} earlier times are open"
        yield ActionItem(person.id, title, "Whoever says yes first has it.", request.path_of("appointments.wait"), "clock-history", 5)


_SAY = {"confirm": _confirm, "answered": _answered, "recall": _recall, "offer": _offer}
