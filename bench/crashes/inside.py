"""`python -m bench.crashes.inside worker|stand_in ...`: the worker, or the stand-in of the card service, of the crash test."""

import runpy
import sys

from bench.crashes import points

PAUSE_SECONDS, DEBIT_SECONDS, LONGEST_DELAY = 0.5, 2, 2.0
"""A sweep, a bank and an event that was not taken are waited for no longer than this: the rounds of a test are short."""


def work() -> None:
    """`cuspid worker`."""
    from core import sweeper
    from core.cli import main
    from plugins.account.services import charging

    points.set_in_portal()
    points.set_in_tasks()
    start = sweeper.start
    charging.FROM_HOUR = 0  # the test may run at night
    sweeper.start = lambda registry: start(registry, PAUSE_SECONDS)
    main()


def stand_in() -> None:
    """The stand-in as the demo runs it."""
    from plugins.account.gateway.stand_in import events, money

    points.set_in_stand_in()
    money.DEBIT_SECONDS, events.FIRST_DELAY, events.LONGEST_DELAY, events.GIVE_UP_AFTER = DEBIT_SECONDS, 0.2, LONGEST_DELAY, 10_000
    runpy.run_module("plugins.account.gateway.stand_in", run_name="__main__")


if __name__ == "__main__":
    part = sys.argv[1]
    if part == "stand_in":
        del sys.argv[1]  # its own words follow
        stand_in()
    else:
        work()
