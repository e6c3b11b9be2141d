"""Whether a page costs more the more practices there are: three installations with 10, 1,000 and 10,000, measured in turns."""

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import psycopg

from bench import many, measure, office
from bench.measure import Page, Sample
from bench.servers import serve
from core import config
from core.local import Problem
from core.local.processes import Supervisor
from core.testing import with_database

SIZES = (10, 1_000, 10_000)
PAGES = {"Appointments": "/appointments", "sign-in": "/sign-in"}
VISITS = 12
MOST = 1.1
CONNECTIONS = 1
URLS = ("CUSPID_DATABASE_URL", "CUSPID_MIGRATE_URL")


@dataclass(frozen=True)
class Installation:
    """One of the three: how many practices, its web process and its port, and what knowing all practices took.

    `cold` is how long the first page of a practice took, in milliseconds; `before` and `after` the memory of the process in MB.
    """

    size: int
    server: int
    port: int
    cold: float
    before: float
    after: float


Samples = dict[tuple[str, str, int], list[Sample]]


def run(environment: dict[str, str], logs: Path, seconds: int, rounds: int, say=print) -> bool:
    """Fill three databases, and ask one practice and practices at random; returns whether no page costs more than 1.1 times as much."""
    measure.find_wrk()
    os.environ.update(environment)
    measured = office.prepare(config.load(), tuple(PAGES.values()), VISITS)
    many.furnish(measured, datetime.now(UTC))
    admin_url = with_database(environment["CUSPID_TEST_ADMIN_URL"], "cuspid")
    say(f"Filling databases with {', '.join(f'{size:,}' for size in SIZES)} practices")
    _fill(admin_url, measured)
    with Supervisor() as supervisor, ThreadPoolExecutor() as asking:
        # Processes are made by the main thread: signals wait meanwhile, and no other thread may tell them to.
        started = [(size, *_start(supervisor, environment, logs, size)) for size in SIZES]
        installations = list(asking.map(lambda one: _warm(*one, measured.cookie), started))
        samples = _measure(installations, _database_process(admin_url), measured.cookie, seconds, rounds, say)
    return report(installations, samples, say)


def _fill(admin_url: str, measured: office.Measured) -> None:
    done = 0
    for size in SIZES:
        many.fill(admin_url, measured, done + 1, size)
        many.copy_database(admin_url, "cuspid", _database(size))
        done = size


def _database(size: int) -> str:
    return f"cuspid_{size}"


def _start(supervisor: Supervisor, environment: dict[str, str], logs: Path, size: int) -> tuple[int, int]:
    own = environment | {name: with_database(environment[name], _database(size)) for name in URLS}
    return serve(supervisor, logs / f"portal-{size}.log", own, workers=1)


def _warm(size: int, server: int, port: int, cookie: str) -> Installation:
    """Let a web process get to know every practice."""
    before = sum(measure.memory(server))
    started = time.perf_counter()
    _visit_all(port, size, PAGES["sign-in"])
    cold = 1000 * (time.perf_counter() - started) / size
    # Signed in, a practice is seen from a clinic, and that view is put together once, too.
    _visit_all(port, size, PAGES["Appointments"], cookie)
    return Installation(size, server, port, cold, before, sum(measure.memory(server)))


def _visit_all(port: int, size: int, path: str, cookie: str = "") -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    for number in range(1, size + 1):
        connection.request("GET", path, headers={"Host": f"{many.SLUG.format(number)}.localhost", "Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise Problem(f"{path} of practice {number} answers {answer.status}.")
    connection.close()


def _database_process(admin_url: str) -> int:
    """The database server's first process, the parent of all that answer."""
    with psycopg.connect(admin_url) as connection:
        fields = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return int(fields[1])


def _measure(installations: list[Installation], database: int, cookie: str, seconds: int, rounds: int, say) -> Samples:
    samples: Samples = {}
    for number in range(rounds):
        say(f"Round {number + 1} of {rounds}")
        for (name, path), one in ((page, one) for page in PAGES.items() for one in installations):
            for who, practices in (("one practice", 0), ("at random", one.size)):
                host, given = f"{many.SLUG.format(1)}.localhost", cookie if path == "/appointments" else ""
                page = Page(name, f"http://127.0.0.1:{one.port}{path}", host, given, one.server, database, practices)
                samples.setdefault((name, who, one.size), []).append(measure.load(page, CONNECTIONS, seconds))
    return samples


def report(installations: list[Installation], samples: Samples, say=print) -> bool:
    """The table with the ratios to the smallest installation, and whether none is above 1.1."""
    say(f"{'page':14}{'practice':14}{'practices':>10}{'req/s':>8}{'p50 ms':>8}{'CPU ms':>8}{'ratio':>7}{'failed':>8}")
    ratios = []
    for (name, who, size), found in samples.items():
        ratios.append(ratio(found, samples[name, who, SIZES[0]]))
        rate, middle, cost = (statistics.median(getattr(sample, field) for sample in found) for field in ("rate", "p50", "processor"))
        failed = sum(sample.failures for sample in found)
        say(f"{name:14}{who:14}{size:10,}{rate:8.0f}{middle:8.2f}{cost:8.2f}{ratios[-1]:7.2f}{failed:8}")
    for one in installations:
        say(f"{one.size:,} practices: {one.after:.0f} MB (at the start {one.before:.0f}), the first page of a practice {one.cold:.1f} ms")
    return max(ratios) <= MOST


def ratio(samples: list[Sample], least: list[Sample]) -> float:
    """How much more processor time a page takes, web and database together; the median of the rounds, each compared in itself."""
    return statistics.median(ours.processor / theirs.processor for ours, theirs in zip(samples, least, strict=True))
