"""Ending a command that runs servers: Ctrl-C, a kill and a closed terminal are the same to it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from core.local.processes import ENDING


class Stopped(BaseException):
    """Someone asked the command to end; `signal` is how."""

    def __init__(self, number: int):
        super().__init__(number)
        self.signal = signal.Signals(number)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raise Stopped at the first signal; further ones do not disturb the tidying up."""

    def stop(number: int, _frame) -> None:
        for other in (*ENDING, signal.SIGALRM):
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(number)

    def not_swallowed(lost) -> None:
        # What is raised inside a finalizer or a callback of a weak reference goes no further: raise it again in a moment.
        if isinstance(lost.exc_value, Stopped):
            signal.signal(signal.SIGALRM, stop)
            signal.setitimer(signal.ITIMER_REAL, 0.01)
        else:
            unraisable(lost)

    unraisable, sys.unraisablehook = sys.unraisablehook, not_swallowed
    before = {number: signal.signal(number, stop) for number in ENDING} | {signal.SIGALRM: signal.getsignal(signal.SIGALRM)}
    try:
        yield
    finally:
        sys.unraisablehook = unraisable
        for number, handler in before.items():
            signal.signal(number, handler)


def say(text: str) -> None:
    """Print a line; a terminal that is gone is no reason to fail."""
    try:
        click.echo(text)
    except OSError:
        pass  # a closed terminal: the tidying up goes on
