"""Asking a page many times, and reading what it cost."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.local import Problem

LUA = Path(__file__).parent / "latency.lua"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """One measurement: requests a second, latencies in milliseconds, processor time of the server in milliseconds a request."""

    rate: float
    p50: float
    p95: float
    p99: float
    processor: float
    failures: int


@dataclass(frozen=True)
class Page:
    """What is asked: an address, the host name that it is asked by, a cookie, and the server's process.

    With `database` the time of that server's processes counts as well; with `practices` each request is for one of so many, by chance.
    """

    name: str
    url: str
    host: str
    cookie: str
    server: int
    database: int | None = None
    practices: int = 0


def find_wrk() -> str:
    """The load generator. Raises Problem."""
    path = shutil.which("wrk")
    if path is None:
        raise Problem("The benchmark needs wrk: install it, for instance with `apt-get install wrk` or `brew install wrk`.")
    return path


def load(page: Page, connections: int, seconds: int) -> Sample:
    """Ask a page over so many connections for so long."""
    headers = ["-H", f"Host: {page.host}"] + (["-H", f"Cookie: {page.cookie}"] if page.cookie else [])
    before = _spent(page)
    command = [find_wrk(), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(LUA), *headers, page.url]
    command += ["--", str(page.practices)] if page.practices else []
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = _spent(page) - before
    [line] = [line for line in output.splitlines() if line.startswith("BENCH ")]
    rate, p50, p95, p99, failures = line.split()[1:]
    return Sample(float(rate), float(p50), float(p95), float(p99), 1000 * spent / max(1.0, float(rate) * seconds), int(failures))


def _spent(page: Page) -> float:
    return processor_seconds(page.server) + (processor_seconds(page.database) if page.database else 0)


def family(process: int) -> list[int]:
    """A process and its children, and theirs; nothing when it has ended meanwhile."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [process, *(one for child in children for one in family(int(child)))]


def processor_seconds(process: int) -> float:
    """Processor time that a server's processes have used so far."""
    return sum(map(_ticks, family(process))) / TICK


def _ticks(process: int) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1].split()
    except FileNotFoundError:
        return 0
    return int(fields[11]) + int(fields[12])


def memory(process: int) -> list[float]:
    """The memory of each of a server's worker processes in MB: what it alone holds and its share of what it shares (PSS)."""
    workers = family(process)[1:] or [process]
    return [_pss(worker) for worker in workers if _pss(worker) > 10]


def _pss(process: int) -> float:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
