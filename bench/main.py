"""The benchmark: servers up, pages asked in turns, one table."""

import os
import statistics
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from bench import measure, office
from bench.measure import Page, Sample
from core import config
from core.local.folder import free_port
from core.local.processes import Child, Supervisor

CONNECTIONS = (1, 8, 32)
PAGES = {"Appointments, 50 rows": "/appointments", "sign-in": "/sign-in"}
BARE, ROWS = "(a) bare WSGI", "(b) Pyramid, one SELECT, 50 rows"


def run(environment: dict[str, str], logs: Path, seconds: int, rounds: int, threads: int, say=print) -> dict[tuple[str, int], list[Sample]]:
    """Measure every page at 1, 8 and 32 connections; rounds are interleaved, so that a noisy minute hits all alike."""
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
    return samples


def _start(supervisor: Supervisor, environment: dict[str, str], logs: Path, measured: office.Measured, threads: int) -> list[Page]:
    yardsticks = {
        "BENCH_DATABASE_URL": environment["CUSPID_MIGRATE_URL"],
        "BENCH_PRACTICE": str(measured.office.id),
        "BENCH_PATIENT": measured.patient_id,
    }
    limits, limits_port = _serve(supervisor, logs / "yardsticks.log", "bench.limits:app", environment | yardsticks, threads)
    portal, portal_port = _serve(supervisor, logs / "portal.log", "core.wsgi:app", environment, threads)
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


def _serve(supervisor: Supervisor, log: Path, target: str, environment: dict[str, str], threads: int) -> tuple[int, int]:
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", str(threads),
               "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "warning", target]  # fmt: skip
    child = Child(log.stem, command, log, environment=os.environ | environment)
    supervisor.start(child)
    _wait(f"http://127.0.0.1:{port}/health/live")
    return child.process.pid, port


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


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
