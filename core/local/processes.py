"""Starting, watching and ending processes, so that nothing is left behind whichever way a command ends."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.local import Problem

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that end a command: Ctrl-C, a kill, a closed terminal."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ChildDied(Problem):
    """A process ended that should have gone on; the text holds the end of its log."""


def _end_with_parent(stop_signal: int) -> None:
    # The kernel sends it when the launcher is gone, even by kill -9. Only Linux can do this.
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, stop_signal)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let the signals that end a command wait while a process is being made.

    Python swallows what is raised in the hooks that it runs around a fork: the command would go on for ever. And what is raised before the
    new process has its place would leave it behind.
    """
    came: list[int] = []
    before = {number: signal.signal(number, lambda came_now, _: came.append(came_now)) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


@dataclass
class Child:
    """One process under our care, in a session of its own, so that Ctrl-C in the terminal reaches only the launcher.

    `stop_signal` asks it to end in good order, `patience` is how many seconds it may take, `prepare` runs in the new
    process before the program, `user` is whom it runs as. One that runs `once` may end by itself, with exit code 0.
    """

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 15
    prepare: Callable[[], None] | None = None
    user: str | None = None
    once: bool = False
    process: subprocess.Popen | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; its output goes to `log`, the log of the last run is kept beside it. Raises Problem when it cannot be started."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("wb") as output, undisturbed():
            self.process = self._spawn(output)

    def _spawn(self, output) -> subprocess.Popen:
        try:
            return subprocess.Popen(
                [str(word) for word in self.command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=None if self.environment is None else dict(self.environment),
                start_new_session=True, preexec_fn=self._prepare, user=self.user, cwd="/" if self.user else None,
            )  # fmt: skip
        except OSError as error:
            raise Problem(f"{self.name} could not be started: {error}.") from None

    def _prepare(self) -> None:
        if self.prepare:
            self.prepare()
        _end_with_parent(self.stop_signal)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def tail(self, lines: int = 12) -> str:
        """The last lines of its log."""
        try:
            return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])
        except OSError:
            return ""

    def check(self) -> None:
        """Raise ChildDied when it has ended and should not have."""
        if self.process is not None and self.process.poll() is not None and not (self.once and self.process.returncode == 0):
            raise ChildDied(f"{self.name} {_how_it_ended(self.process.returncode)}. The end of {self.log}:\n{self.tail()}")

    def ask_to_stop(self) -> None:
        """Send the signal that ends it in good order."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def wait(self, until: float) -> None:
        """Wait until it has ended, at the latest until this time of `time.monotonic`; then end all of its session."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.05, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass  # the next line is what happens to a process that does not listen
        _kill_session(self.process)

    def stop(self) -> None:
        """End it and whatever it started."""
        self.ask_to_stop()
        self.wait(time.monotonic() + self.patience)


def _kill_session(process: subprocess.Popen) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # nobody is left
    process.wait()


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended by itself with exit code {code}"


class Supervisor:
    """The processes of one command. Leaving the `with` block ends them, the last ones first."""

    def __init__(self) -> None:
        self._layers: list[list[Child]] = []

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def children(self) -> list[Child]:
        """Every process, in the order of their start."""
        return [child for layer in self._layers for child in layer]

    def start(self, *children: Child) -> None:
        """Start processes that do not need each other; they end together, before those that were started earlier."""
        layer: list[Child] = []
        self._layers.append(layer)
        for child in children:
            layer.append(child)
            child.start()

    def forget(self, child: Child) -> None:
        """Leave out one that has ended, to start it anew."""
        child.stop()
        self._layers = [[other for other in layer if other is not child] for layer in self._layers]

    def check(self) -> None:
        """Raise ChildDied when one of them has ended that should have gone on."""
        for child in self.children:
            child.check()

    def wait_for(self, ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Ask until it is ready. Raises ChildDied, or Problem when the time is over."""
        until = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > until:
                raise Problem(f"{what} did not answer within {seconds:.0f} seconds; its log may say why.")
            time.sleep(0.03)

    def stop(self) -> None:
        """End every process."""
        while self._layers:
            layer = self._layers[-1]
            for child in layer:
                child.ask_to_stop()
            started = time.monotonic()
            for child in layer:
                child.wait(started + child.patience)
            self._layers.pop()
