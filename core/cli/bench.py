"""`cuspid bench`: how fast the pages are, beside yardsticks that run in the same minutes; and what else only a clock can say."""

import os
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

from core import migrations
from core.cli.stopping import Stopped, say, stopped_by_signals
from core.local import Problem, throw_away
from core.local.processes import Supervisor
from core.local.reaper import adopt_orphans, end_children

ROOT = Path(__file__).parents[2]


@click.group(invoke_without_command=True)
@click.option("--seconds", default=5, show_default=True, help="How long each measurement lasts.")
@click.option("--rounds", default=3, show_default=True, help="How often everything is measured; the medians count.")
@click.option("--threads", default=1, show_default=True, help="Requests that one of the two web processes answers at the same time.")
@click.pass_context
def bench(context: click.Context, seconds: int, rounds: int, threads: int) -> None:
    """Measure how fast the pages are.

    Starts servers of its own, and asks the signed-in Appointments page with 50 visits and the sign-in page over 1, 8 and 32
    connections; in turns with two yardsticks on the same web server: a bare WSGI answer (a), and a minimal Pyramid page that
    shows the same 50 visits from one SELECT (b). Machines are noisy: compare the ratios of one run. Needs wrk.

    The commands below measure something else instead. Each ends with 1 when what it measures is not as it should be.
    """
    if context.invoked_subcommand is None:
        _measure("main", seconds, rounds, threads)


@bench.command()
@click.option(
    "--samples", default=200, show_default=True, help="How often each form is sent for somebody known, and as often for somebody unknown."
)
def timing(samples: int) -> None:
    """See whether the time of an answer tells who is known here.

    Sends the forms of sign-in, forgotten password, sign-in link and registration as strangers do, for names that exist and for
    names that do not, mixed by chance. For each form it says `overlap` or `differ`: they differ when less than one in a hundred
    runs would show it by chance (the rank test of Mann and Whitney) and the medians are more than 5 % apart.
    """
    _measure("timing", samples)


@bench.command()
@click.option("--processes", default=4, show_default=True, help="Web processes that have to notice.")
@click.option("--times", default=20, show_default=True, help="How often the tab is switched off and on again.")
def switching(processes: int, times: int) -> None:
    """See how soon every web process knows that a tab was switched.

    Starts several web processes and asks each for the Appointments page all the time, while another process switches the tab off
    and on as an office does. The time from the commit to the answer of the last process (404, or the page again) has to be less
    than a second, and no process may fall back.
    """
    _measure("switching", processes, times)


@bench.command()
@click.option("--seconds", default=2, show_default=True, help="How long each measurement lasts.")
@click.option("--rounds", default=3, show_default=True, help="How often everything is measured; the medians count.")
def practices(seconds: int, rounds: int) -> None:
    """See whether a page costs more the more practices there are.

    Fills three databases with 10, 1,000 and 10,000 practices, and asks the Appointments page and the sign-in page, of one practice and of
    practices picked at random, by web processes that know them all. The processor time of a page, web and database together, may
    be 1.1 times that with 10 practices. Tells the memory of the web processes, too. Needs wrk.
    """
    _measure("practices", seconds, rounds)


@bench.command()
@click.option("--patients", default=200_000, show_default=True, help="Patients of the practice that is searched.")
def finding(patients: int) -> None:
    """See how long the office's search takes.

    Makes a practice with so many patients, and searches for names, parts of names, slips, birthdates and phone numbers as offices
    type them. The slowest of these, by its median, may take 100 milliseconds.
    """
    _measure("finding", patients)


@bench.command()
def slots() -> None:
    """See how long the search for open times takes.

    Looks for every open time of ninety days in twenty operatories with fifteen providers, which may take 20 milliseconds of processor
    time, beside nested loops that do the same; and tells how that grows with operatories, providers and days. Needs no servers.
    """
    sys.exit(0 if _part("slots")(say) else 1)


@bench.command()
def statements() -> None:
    """See what a statement costs as a PDF.

    Makes statements of 1, 100 and 5,000 lines, each in a process of its own, and tells time and peak memory. A line of the longest may
    take twice the time of one of a hundred, and every file has to be tagged for screen readers. Needs no servers.
    """
    sys.exit(0 if _part("statements")(say) else 1)


@bench.command()
@click.option("--seconds", default=2, show_default=True, help="How long each measurement lasts.")
@click.option("--rounds", default=3, show_default=True, help="How often everything is measured; the medians count.")
def account(seconds: int, rounds: int) -> None:
    """See whether the pages of the Account tab cost more with a long ledger.

    Asks each page of the tab for a patient with 50 lines in the ledger and for one with 5,000, in turns, and counts the statements on
    the database. Needs wrk.
    """
    _measure("account", seconds, rounds)


@bench.command()
@click.option("--number", default=20_000, show_default=True, help="Accounts of the practice that is measured.")
def accounts(number: int) -> None:
    """See how long the office's pages of billing take among many accounts.

    Makes a practice with so many accounts, and one of 5,000 lines with a statement of them. Each page may take two seconds and eight
    statements on the database, however many accounts there are.
    """
    _measure("accounts", number)


@bench.command()
@click.option("--number", default=1_000_000, show_default=True, help="Records of a kind that are there in the end.")
def records(number: int) -> None:
    """See how quickly records of a practice's system come in.

    Two practices at once send batches of a thousand small records of each kind, and again: the slowest kind has to come in at 3,000 a second. Then one
    fills up to so many ledger entries and patients: a batch may take 1.2 times as long as when a few thousand were there, and all of it sent again is unchanged.
    """
    _measure("records", number)


@bench.command()
@click.option("--rounds", default=300, show_default=True, help="How often some people pay at once while processes die.")
@click.option("--seed", default=1, show_default=True, help="What chance begins with; times still differ from run to run.")
def crashes(rounds: int, seed: int) -> None:
    """See whether payments are right whatever dies.

    Starts the portal with a practice that keeps its own books. People pay by new and kept cards and from bank accounts, signed in and not,
    call off, dispute; the office gives back and processes. At any step of that the web process, the worker, the database, the broker
    or the stand-in of the card service is ended by SIGKILL and started again. Every ten rounds all comes to rest: each payment has to be
    made once or not charged, and the card service, the payments and the books have to agree to the cent. Needs Linux.
    """
    sys.exit(0 if _ending_all(lambda: _part("crashes.rounds")(rounds, seed, say)) else 1)


def _measure(part: str, *asked: int) -> None:
    """Run one part of the benchmark on servers that go away with it."""
    run = _part(part)
    sys.exit(0 if _ending_all(lambda: _on_own_servers(run, *asked)) else 1)


def _ending_all(run: Callable[[], bool]) -> bool:
    """Run something that starts processes: none of them is left, whichever way it ends."""
    adopt_orphans()
    with stopped_by_signals():
        try:
            return run()
        except Stopped:
            sys.exit(130)
        finally:
            end_children()


def _part(name: str) -> Callable[..., bool]:
    """What runs one part of the benchmark."""
    if not (ROOT / "bench").is_dir():
        raise Problem("The benchmark is not part of an installed package: run it from a checkout.")
    sys.path.insert(0, str(ROOT))
    return import_module(f"bench.{name}").run


def _memory() -> int:
    """A quarter of the machine's memory, as docs/operators.md asks for PostgreSQL, and at most 2 GB; in MB."""
    return min(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4, 2 << 30) >> 20


def _on_own_servers(run: Callable[..., bool], *asked: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="cuspid-bench-") as folder, Supervisor() as supervisor:
        servers = throw_away.start(Path(folder), supervisor, _memory())
        migrations.upgrade(servers.logins.migrate_url)
        environment = servers.environment | {
            "CUSPID_LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
            "CUSPID_TEST_ADMIN_URL": servers.admin_url,
        }
        return run(environment, Path(folder), *asked, say)
