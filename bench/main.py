"""How fast the pages are: servers up, pages asked in turns, one table."""

import os
import statistics
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from bench import measure, office
from bench.measure import Page, Sample
from bench.servers import serve
from core import config
from core.local.processes import Supervisor

CONNECTIONS = (1, 8, 32)
PAGES = {"Appointments, 50 rows": "/appointments", "sign-in": "/sign-in"}
BARE, ROWS = "(a) bare WSGI", "(b) Pyramid, one SELECT, 50 rows"


def run(environment: dict[str, str], logs: Path, seconds: int, rounds: int, threads: int, say=print) -> bool:
    """Measure every page at 1, 8 and 32 connections; rounds are interleaved, so that a noisy minute hits all alike. Nothing is judged."""
    measure.find_wrk()
    os.environ.update(environment)
    measured = office.prepare(config.load(), tuple(PAGES.values()))
    with Supervisor() as supervisor:
        pages = _start(supervisor, environment, logs, measured, threads)
        samples: dict[tuple[str, int], list[Sample]] = {}
        for page in pages:
            measure.load(page, 4, 2)
        for number in range(rounds):
            say(f"Round {number + 1} of {rounds}")
            for connections in CONNECTIONS:
                for page in pages:
                    samples.setdefault((page.name, connections), []).append(measure.load(page, connections, seconds))
        memory = {page.server: measure.memory(page.server) for page in pages}
    report(samples, measured.statements, list(memory.values()), say)
    return True


def _start(supervisor: Supervisor, environment: dict[str, str], logs: Path, measured: office.Measured, threads: int) -> list[Page]:
    yardsticks = {
        "BENCH_DATABASE_URL": environment["CUSPID_MIGRATE_URL"],
        "BENCH_PRACTICE": str(measured.office.id),
        "BENCH_PATIENT": measured.patient_id,
    }
    limits, limits_port = serve(supervisor, logs / "yardsticks.log", environment | yardsticks, "bench.limits:app", threads)
    portal, portal_port = serve(supervisor, logs / "portal.log", environment, threads=threads)
    host = measured.office.host
    return [
        Page(BARE, f"http://127.0.0.1:{limits_port}/bare", host, "", limits),
        Page(ROWS, f"http://127.0.0.1:{limits_port}/rows", host, _cookie(f"http://127.0.0.1:{limits_port}/enter"), limits),
        *(
            Page(name, f"http://127.0.0.1:{portal_port}{path}", host, "" if path == "/sign-in" else measured.cookie, portal)
            for name, path in PAGES.items()
        ),
    ]


def _cookie(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.headers["Set-Cookie"].partition(";")[0]


def report(samples: dict[tuple[str, int], list[Sample]], statements: dict[str, int], memory: Sequence[list[float]], say=print) -> None:
    """The table, medians over the rounds, and the ratios to the yardsticks."""
    say(f"{'page':36}{'conns':>6}{'req/s':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'CPU ms':>8}{'to (a)':>8}{'to (b)':>8}{'failed':>8}")
    for (name, connections), found in samples.items():
        rate = _median(found, "rate")
        ratios = [rate / _median(samples[yardstick, connections], "rate") for yardstick in (BARE, ROWS)]
        times = "".join(f"{_median(found, field):9.1f}" for field in ("p50", "p95", "p99"))
        failed = sum(sample.failures for sample in found)
        say(f"{name:36}{connections:6}{rate:9.0f}{times}{_median(found, 'processor'):8.2f}{ratios[0]:8.3f}{ratios[1]:8.2f}{failed:8}")
    for name, path in PAGES.items():
        say(f"{name}: {statements[path]} statements")
    for name, workers in zip(("yardsticks", "portal"), memory, strict=True):
        say(f"memory of each web process, {name}: {', '.join(f'{size:.0f} MB' for size in workers)}")


def _median(samples: list[Sample], field: str) -> float:
    return statistics.median(getattr(sample, field) for sample in samples)
