"""What needs doing, asked of all tabs for several people in one statement."""

from collections.abc import Sequence
from typing import Any

import structlog

from core.auth.identity import Person
from core.plugins.hooks import HookFault
from core.plugins.parts import ActionItem, Question
from core.plugins.questions import rows_of_all

log = structlog.get_logger("plugins")

HOOK = "portal_action_items"


def action_items(request, people: Sequence[Person]) -> list[ActionItem]:
    """What these people should do, the most urgent first. A tab is asked about those only to whom it is open, at their own clinics."""
    host = request.registry.plugins
    asked = {name: tuple(person for person in people if request.may_see(name, person)) for name in host.plugins}
    answers: dict[str, Any] = {
        name: answer for name, some in asked.items() if some for _, answer in host.only(name).each(HOOK, request.db, request=request, people=some)
    }
    rows = rows_of_all(request.db, {name: answer for name, answer in answers.items() if isinstance(answer, Question)})
    items = [item for name, answer in answers.items() for item in _items(name, answer, rows.get(name), asked[name])]
    places = {person.id: place for place, person in enumerate(people)}
    return sorted(items, key=lambda item: (item.order, places[item.person_id]))


def _items(name: str, answer: Any, rows: list[dict[str, Any]] | None, people: Sequence[Person]) -> list[ActionItem]:
    """The items of one plugin; one that makes something else of its rows costs its own items only."""
    if isinstance(answer, Question) and rows is None:
        return []
    try:
        items = _answered(answer, rows or [], people) if isinstance(answer, Question) else answer
        if not all(isinstance(item, ActionItem) for item in items) or {item.person_id for item in items} - {person.id for person in people}:
            raise HookFault(f"{HOOK} must answer with ActionItem for the people that were asked about")
    except Exception:
        log.exception("hook_failed", plugin=name, hook=HOOK)
        return []
    return items


def _answered(question: Question, rows: list[dict[str, Any]], people: Sequence[Person]) -> list[ActionItem]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["patient_id"], []).append(row)
    return [item for person in people for item in question.answer(person, found.get(str(person.id), []))]
