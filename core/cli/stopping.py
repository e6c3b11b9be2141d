"""Ending a command that runs servers: Ctrl-C, a kill and a closed terminal are the same to it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Someone asked the command to end; `signal` is how."""

    def __init__(self, number: int):
        super().__init__(number)
        self.signal = signal.Signals(number)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raise Stopped at the first signal; further ones do not disturb the tidying up."""

    def stop(number: int, _frame) -> None:
        for other in _SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(number)

    before = [signal.signal(number, stop) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)


def say(text: str) -> None:
    """Print a line; a terminal that is gone is no reason to fail."""
    try:
        click.echo(text)
    except OSError:
        pass  # a closed terminal: the tidying up goes on
