"""The door at which every process asks whether it may go on, and whoever stands behind it with a gun."""

import random
import socket
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.crashes.servers import VICTIMS, Servers

SELDOM, AT_TIMES, OFTEN = 0.01, 0.1, 0.4
"""How likely somebody dies at a step: one at which every victim has died before, at which some have, and at which nobody has."""


class Killer:
    """Lets processes go on, or kills one of them first: mostly at steps at which it has not killed that victim yet."""

    def __init__(self, path: Path, servers: Servers, chance: random.Random):
        self._servers, self._chance, self._lock = servers, chance, threading.Lock()
        self.hits: Counter[str] = Counter()
        self.kills: Counter[tuple[str, str]] = Counter()
        self._armed = self._choosy = False
        self.told: Callable[[str, str], None] = lambda step, victim: None
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(path))
        self._door.listen(200)
        threading.Thread(target=self._listen, daemon=True).start()

    def arm(self, choosy: bool = False) -> None:
        """The next step may be somebody's last; with `choosy` only one at which nobody has died yet, while there is such a step."""
        self._armed, self._choosy = True, choosy

    def disarm(self) -> None:
        """Let everybody live."""
        with self._lock:
            self._armed = False

    def is_done(self) -> bool:
        """Whether somebody has died since it was armed; a kill that is under way is waited for."""
        with self._lock:
            return not self._armed

    def _listen(self) -> None:
        while True:
            caller, _ = self._door.accept()
            threading.Thread(target=self._answer, args=(caller,), daemon=True).start()

    def _answer(self, caller: socket.socket) -> None:
        with caller:
            step = caller.makefile().readline().strip()
            if step:
                self._at(step)
                try:
                    caller.sendall(b"1")
                except OSError:  # it is the one who has died
                    pass

    def _at(self, step: str) -> None:
        with self._lock:
            self.hits[step] += 1
            victim = self._victim(step) if self._armed else None
            if victim is None:
                return
            self._armed = False
            self.kills[step, victim] += 1
            self.told(step, victim)
            self._servers.kill(victim)

    def _victim(self, step: str) -> str | None:
        fewest = min(self.kills[step, victim] for victim in VICTIMS)
        last_of_somebody = {known for (known, _), count in self.kills.items() if count}
        nobody = step not in last_of_somebody
        if self._choosy and not nobody and self.hits.keys() - last_of_somebody:
            return None
        if self._chance.random() > (SELDOM if fewest else OFTEN if nobody else AT_TIMES):
            return None
        return self._chance.choice([victim for victim in VICTIMS if self.kills[step, victim] == fewest])
