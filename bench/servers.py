"""The web servers that are measured, on the server program that the portal is run by."""

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

from core.local.folder import free_port
from core.local.processes import Child, Supervisor

PORTAL = "core.wsgi:app"


def serve(
    supervisor: Supervisor, log: Path, environment: dict[str, str], target: str = PORTAL, threads: int = 1, workers: int = 2
) -> tuple[int, int]:
    """Start a web server of so many processes; returns its process and its port, once it answers."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "granian", "--interface", "wsgi", "--workers", str(workers), "--blocking-threads", str(threads),
               "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "warning", target]  # fmt: skip
    child = Child(log.stem, command, log, environment=os.environ | environment)
    supervisor.start(child)
    supervisor.wait_for(lambda: _answers(f"http://127.0.0.1:{port}/health/live"), child.name, seconds=120)
    return child.process.pid, port


def work(supervisor: Supervisor, log: Path, environment: dict[str, str]) -> None:
    """Start a worker, for what is done behind the pages."""
    command = [sys.executable, "-W", "ignore", "-m", "core.cli", "worker", "--processes", "1"]
    supervisor.start(Child(log.stem, command, log, environment=os.environ | environment))


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
