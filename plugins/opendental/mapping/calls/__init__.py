"""What patients do here, as calls of Open Dental's API. Pure: whoever pushes knows the numbers, and makes the calls.

Nothing there is told apart by a key of ours, so what is made gets a mark: a payment its receipt number, a visit, a document and a line of the communications log
the number of the change. By that it is looked up before it is made a second time.
"""

from collections.abc import Callable, Mapping

from plugins.opendental.mapping.calls import money, people, treatment, visits
from plugins.opendental.mapping.calls.telling import ByHand, Call, Told

__all__ = ["NOT_PUSHED", "PUSHED", "ByHand", "Call", "Told", "calls_of"]

_MAKERS: dict[str, Callable[[Told], list[Call]]] = {**visits.MAKERS, **money.MAKERS, **people.MAKERS, **treatment.MAKERS}
PUSHED = frozenset(_MAKERS)
NOT_PUSHED: Mapping[str, str] = {
    "patient.notice_switched": "Open Dental has one switch for all text messages, which STOP and START set, and none for single kinds of notices: the portal keeps to it, whatever Open Dental sends itself follows its own settings.",
}
"""Kinds of change that have no call, and why."""


def calls_of(told: Told) -> list[Call]:
    """The calls of a change, in order; none where Open Dental has no place for it. Raises ByHand."""
    maker = _MAKERS.get(told.kind)
    return maker(told) if maker else []
