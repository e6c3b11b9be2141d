"""The states of a payment, and which may follow on which: one table for answers, events, comparing and staff alike.

Money that was taken (`succeeded`) never turns into money that was not; what is given back or disputed afterwards is counted beside it. A
payment that is over stays as it is, whoever comes with what: that makes late and repeated events harmless.
"""

from typing import Literal, get_args

State = Literal["created", "submitted", "payer", "processing", "unknown", "succeeded", "failed", "canceled"]
STATES: tuple[State, ...] = get_args(State)

OPEN: tuple[State, ...] = ("created", "submitted", "payer", "processing", "unknown")
"""Nobody knows yet whether these were paid."""
OVER: tuple[State, ...] = ("succeeded", "failed", "canceled")
UNCERTAIN: tuple[State, ...] = ("submitted", "processing", "unknown")
"""Of these the payer need not do anything more: the money may be on its way, so it is not asked for a second time."""

_NEXT: dict[State, frozenset[State]] = {
    "created": frozenset({"submitted", "canceled"}),
    "submitted": frozenset({"payer", "processing", "unknown", "succeeded", "failed", "canceled"}),
    "payer": frozenset({"processing", "unknown", "succeeded", "failed", "canceled"}),
    "processing": frozenset({"succeeded", "failed"}),
    "unknown": frozenset({"payer", "processing", "succeeded", "failed", "canceled"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "canceled": frozenset(),
}


def may_follow(before: State, after: State) -> bool:
    """Whether a payment in the one state may go on to the other."""
    return after in _NEXT[before]
