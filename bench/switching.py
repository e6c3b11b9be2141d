"""How long a tab that is switched off goes on answering: several web processes are asked all the time, a further process switches."""

import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from bench import office
from bench.comparing import quartiles
from bench.servers import serve
from core import config
from core.local.processes import Supervisor
from core.testing import Office
from tenants import settings

PAGE, TAB = "/appointments", "appointments"
MOST_SECONDS = 1.0
PATIENCE = 10.0
STAYS = 5
"""How often a process is asked again, to see that it does not fall back."""


@dataclass(frozen=True)
class Noticed:
    """When a web process gave the wanted answer first (by `time.perf_counter`), whether it stayed with it, and when it was last asked before."""

    at: float
    stayed: bool
    asked_before: float


@dataclass(frozen=True)
class Switch:
    """After how many seconds the last process knew, and how many processes gave an old answer to somebody who asked after the commit."""

    seconds: float
    old: int


def run(environment: dict[str, str], logs: Path, processes: int, times: int, say=print) -> bool:
    """Switch a tab off and on again so often; returns whether every process knew each time within a second."""
    os.environ.update(environment)
    measured = office.prepare(config.load(), (PAGE,))
    headers = {"Host": measured.office.host, "Cookie": measured.cookie}
    with Supervisor() as supervisor, ThreadPoolExecutor(processes) as asking:
        ports = [serve(supervisor, logs / f"portal-{number}.log", environment, workers=1)[1] for number in range(processes)]
        switches = []
        for on in [False, True] * times:
            watched = [asking.submit(_watch, port, headers, 200 if on else 404) for port in ports]
            switches.append(_switch(measured.office, on, watched))
    return report(processes, switches, say)


def _switch(practice: Office, on: bool, watched: list[Future[Noticed]]) -> Switch:
    """Switch the tab as an office does; takes infinitely many seconds when a process did not stay with it."""
    registry = practice.registry
    with practice.session() as session:
        settings.switch_plugin(session, registry.plugins, registry.tenants.current(practice.id), TAB, on, "benchmark", datetime.now(UTC))
        session.commit()
    committed = time.perf_counter()
    noticed = [watch.result() for watch in watched]
    last = max(one.at if one.stayed else float("inf") for one in noticed)
    return Switch(max(0.0, last - committed), sum(one.asked_before > committed for one in noticed))


def _watch(port: int, headers: dict[str, str], wanted: int) -> Noticed:
    """Ask one web process without a pause until it gives the wanted answer, and some times more."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    asked_before, asked = 0.0, time.perf_counter()
    until = asked + PATIENCE
    while _status(connection, headers) != wanted and asked < until:
        asked_before, asked = asked, time.perf_counter()
    at = time.perf_counter()
    stayed = all(_status(connection, headers) == wanted for _ in range(STAYS))
    connection.close()
    return Noticed(at, stayed, asked_before)


def _status(connection: HTTPConnection, headers: dict[str, str]) -> int:
    connection.request("GET", PAGE, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def report(processes: int, switches: list[Switch], say=print) -> bool:
    """How long it took, and whether that was always less than a second."""
    took = [switch.seconds for switch in switches]
    _, middle, _ = quartiles(took)
    say(
        f"{len(took)} switches, until the last of {processes} web processes knew: median {1000 * middle:.0f} ms, longest {1000 * max(took):.0f} ms"
    )
    say(f"Old answers to somebody who asked after the commit: {sum(switch.old for switch in switches)}")
    return max(took) < MOST_SECONDS
