"""Whether payments are right whatever dies: people pay, and web, worker, database, broker or the card service is killed at some step of it.

Each is a process that is ended by SIGKILL and started again. From time to time all is let come to rest; then the card service, the
payments and the books have to say the same to the cent.
"""

import os
import random
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

import psycopg

from bench.crashes import people, plans
from bench.crashes.killer import Killer
from bench.crashes.people import Browser, GaveUp, Person, Town
from bench.crashes.servers import VICTIMS, Servers, need_linux
from bench.crashes.truth import NeverQuiet, Truth
from core import config
from core.app import configure
from core.testing import Factory, make_office
from tenants import settings as office_settings

PEOPLE, AT_ONCE, KILLS, KILLS_AT_REST = 24, 3, 2, 8
ROUNDS_BETWEEN = 10
OWED_CENTS = 100_000_000


def run(rounds: int, seed: int, say=print) -> bool:
    """So many rounds; returns whether everything was right."""
    need_linux()
    with tempfile.TemporaryDirectory(prefix="cuspid-crashes-") as name:
        servers = Servers(Path(name) / "data", Path(name) / "door")
        try:
            return _Test(servers, Path(name) / "door", random.Random(seed), say).run(rounds)
        finally:
            servers.stop()


class _Test:
    """One run."""

    def __init__(self, servers: Servers, door: Path, chance: random.Random, say: Callable[[str], None]):
        self.servers, self.chance, self.say = servers, chance, say
        self.killer = Killer(door, servers, chance)
        self.killer.told = lambda step, victim: say(f"    {victim} dies — {step}")
        self.flows: list[tuple[str, Callable]] = []

    def run(self, rounds: int) -> bool:
        started = time.monotonic()
        self.servers.start()
        os.environ.update({name: value for name, value in self.servers.environment.items() if name.startswith("CUSPID_")})
        self.town = _town(self.servers)
        self.servers.start_portal()
        self.truth = Truth(self.town)
        self.say(f"Everything runs after {time.monotonic() - started:.0f} seconds")
        faults: list[str] = []
        number = 0
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for number in range(1, rounds + 1):
                    self._round(number, pool)
                    if number % ROUNDS_BETWEEN == 0 or number == rounds:
                        faults += self._rest(number)
        finally:  # also when somebody has seen enough
            self._report(number, time.monotonic() - started, faults)
        return not faults

    def _round(self, number: int, pool: ThreadPoolExecutor) -> None:
        """Some people do something at once; at most two processes die."""
        chosen = [self._flow() for _ in range(AT_ONCE)]
        self.say(f"Round {number}: {', '.join(name for name, _ in chosen)}")
        tend = self._tend(KILLS)
        doing: list[Future] = [pool.submit(act) for _, act in chosen]
        while not all(one.done() for one in doing):
            tend()
            time.sleep(0.05)
        self.killer.disarm()
        self._revive()
        for (name, _), one in zip(chosen, doing, strict=True):
            error = one.exception()
            if error and not isinstance(error, GaveUp):
                raise RuntimeError(f"The crash test itself failed at: {name}") from error

    def _tend(self, most: int, choosy: bool = False) -> Callable[[], None]:
        """What is to be done again and again while so many may die: who is dead is started, then the next one may die (`Killer.arm`)."""
        before = sum(self.killer.kills.values())

        def tend() -> None:
            if not self.killer.is_done() and self.servers.all_alive():
                return
            self.killer.disarm()
            self._revive()
            if sum(self.killer.kills.values()) - before < most:
                self.killer.arm(choosy)

        return tend

    def _revive(self) -> None:
        """Start again whoever is dead. Nobody is killed meanwhile."""
        self.servers.revive()

    def _flow(self) -> tuple[str, Callable]:
        """Every flow comes up as often as every other."""
        if not self.flows:
            self.flows = [(name, self._with_account(act)) for name, act in (people.SIGNED_IN | {"plan": plans.agreed}).items()]
            self.flows += [("guest", people.as_guest)] * 2 + [("refund", self._give_back)] * 3 + [("processing", people.process), ("bank decides", self._decide)]
            self.chance.shuffle(self.flows)
        name, act = self.flows.pop()
        chance = random.Random(self.chance.random())
        return name, lambda: act(self.town, chance)

    def _with_account(self, act: Callable) -> Callable:
        return lambda town, chance: act(Browser(town, chance, chance.choice(town.people)))

    def _give_back(self, town: Town, chance: random.Random) -> None:
        people.give_back(town, chance, self._known("select id::text from account_payment where state = 'succeeded' and refunded_cents + disputed_cents < amount_cents"))

    def _decide(self, town: Town, chance: random.Random) -> None:
        people.decide(town, chance, self._known("select gateway_reference from account_dispute where not is_over"))

    def _known(self, query: str) -> list[str]:
        try:
            return [row[0] for row in self.truth.rows(query)]
        except psycopg.OperationalError:
            raise GaveUp from None  # the database is dead at this moment

    def _rest(self, number: int) -> list[str]:
        self.killer.disarm()
        self._revive()
        try:
            self.town.wait()
            self.truth.settle(self._tend(KILLS_AT_REST, choosy=True))
            self.killer.disarm()
            self._revive()
            self.truth.settle(self._revive)
            found = list(self.truth.faults())
        except NeverQuiet as never:
            found = [str(never)]
        states = self.truth.rows("select state, count(*), coalesce(sum(amount_cents), 0)::bigint from account_payment group by 1 order by 1")
        self.say(f"At rest after round {number}: " + ", ".join(f"{count} {state} (${cents / 100:,.2f})" for state, count, cents in states) + f"; {len(found)} faults")
        for one in found:
            self.say(f"  FAULT {one}")
        return found

    def _report(self, rounds: int, seconds: float, faults: list[str]) -> None:
        """Which step was hit how often, and who died at it."""
        kills, hits = self.killer.kills, self.killer.hits
        width = max(map(len, hits))
        self.say(f"{'step':{width}}{'times':>8}" + "".join(f"{victim:>14}" for victim in VICTIMS))
        for step in sorted(hits):
            self.say(f"{step:{width}}{hits[step]:8}" + "".join(f"{kills[step, victim] or '-':>14}" for victim in VICTIMS))
        by_victim = {victim: sum(count for (_, who), count in kills.items() if who == victim) for victim in VICTIMS}
        covered = sum(any(kills[step, victim] for victim in VICTIMS) for step in hits)
        self.say(f"{rounds} rounds in {seconds / 60:.0f} minutes, {sum(kills.values())} kills: " + ", ".join(f"{who} {count}" for who, count in by_victim.items()))
        for one in self.servers.by_themselves:
            self.say(f"Ended by itself where another had died, and was started again: {one}")
        self.say(f"{covered} of {len(hits)} steps were somebody’s last, {len(kills)} of {len(hits) * len(VICTIMS)} pairs of step and victim; {len(faults)} faults")


def _town(servers: Servers) -> Town:
    """A practice that keeps its own books, with people who owe a lot."""
    registry = configure(config.load()).make_wsgi_app().registry
    office = make_office(registry)
    with office.session() as session:
        make, now = Factory(office, session), datetime.now(UTC)
        for name, value in (("account.books", "portal"), ("account.process_at_once", True)):
            office_settings.change(session, registry.plugins, office.id, None, name, value, "crash test", now)
        session.commit()
        found = [_person(make, number) for number in range(PEOPLE)]
        staff = Person("", make.staff("billing"))
    return Town(office, servers, found, staff)


def _person(make: Factory, number: int) -> Person:
    names = {"first_name": f"Robin{number}", "last_name": f"Vale{number}", "birthdate": f"19{60 + number}-04-12"}
    patient = make.patient(**names, email=f"{token_hex(6)}@example.test")
    entry = {"kind": "ledger_entry", "external_id": f"BIG{number}", "patient": patient.external_id, "entry_type": "charge", "entered_on": datetime.now(UTC).date()}
    make.take_in([entry | {"description": "Implant", "amount_cents": OWED_CENTS}])
    return Person(str(patient.id), make.account(patient), names)
