"""Asking a page many times, and reading what it cost."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

LUA = Path(__file__).parent / "latency.lua"
TICK = os.sysconf("SC_CLK_TCK")


class NoLoadGenerator(Exception):
    """The program that makes the load is not on this machine; the text says how to get it."""


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
    """What is asked: an address, the host name that it is asked by, a cookie, and the server's process."""

    name: str
    url: str
    host: str
    cookie: str
    server: int


def find_wrk() -> str:
    """The load generator. Raises NoLoadGenerator."""
    path = shutil.which("wrk")
    if path is None:
        raise NoLoadGenerator("The benchmark needs wrk: install it, for instance with `apt-get install wrk` or `brew install wrk`.")
    return path


def load(page: Page, connections: int, seconds: int) -> Sample:
    """Ask a page over so many connections for so long."""
    headers = ["-H", f"Host: {page.host}"] + (["-H", f"Cookie: {page.cookie}"] if page.cookie else [])
    before = processor_seconds(page.server)
    command = [find_wrk(), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(LUA), *headers, page.url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = processor_seconds(page.server) - before
    [line] = [line for line in output.splitlines() if line.startswith("BENCH ")]
    rate, p50, p95, p99, failures = line.split()[1:]
    return Sample(float(rate), float(p50), float(p95), float(p99), 1000 * spent / max(1.0, float(rate) * seconds), int(failures))


def family(process: int) -> list[int]:
    """A process and its children, and theirs."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(one for child in children for one in family(int(child)))]


def processor_seconds(process: int) -> float:
    """Processor time that a server's processes have used so far."""
    spent = 0
    for one in family(process):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(") ", 1)[1].split()
        spent += int(fields[11]) + int(fields[12])
    return spent / TICK


def memory(process: int) -> list[float]:
    """The memory of each of a server's worker processes in MB: what it alone holds and its share of what it shares (PSS)."""
    workers = family(process)[1:] or [process]
    return [_pss(worker) for worker in workers if _pss(worker) > 10]


def _pss(process: int) -> float:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
