"""Whether the time of an answer tells who is known: each form sent about somebody who is there and about somebody who is not, mixed."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import acquaintances
from bench.acquaintances import BIRTHDATE, Pair, email
from bench.comparing import compare
from bench.servers import serve, work
from bench.strangers import Answer, send
from core import config
from core.local import Problem
from core.local.processes import Supervisor

TRUST_LOOPBACK = {"CUSPID_TRUSTED_PROXIES": "127.0.0.1"}
"""So that each stranger can come from an address of their own."""
WARM_UP = 10
"""Pairs that are asked about first and not counted."""


@dataclass(frozen=True)
class Question:
    """A form that a stranger sends: its page, the status of the right answer, and what is typed about somebody."""

    name: str
    path: str
    status: int
    typed: Callable[[str], dict[str, str]]
    about: Callable[[Pair], str]


def _wrong(name: str) -> dict[str, str]:
    return {"user_name": name, "password": "Not-the-right-1"}


def _named(name: str) -> dict[str, str]:
    return {"user_name": name}


def _person(name: str) -> dict[str, str]:
    return {"first_name": name, "last_name": "Vale", "birthdate": BIRTHDATE, "contact": email(name)}


def _holder(pair: Pair) -> str:
    return pair.account


QUESTIONS = (
    Question("sign-in by user name", "/sign-in", 422, _wrong, _holder),
    Question("sign-in by e-mail", "/sign-in", 422, lambda name: _wrong(email(name)), _holder),
    Question("forgot password", "/forgot", 303, _named, _holder),
    Question("sign-in link", "/sign-in/link", 303, _named, _holder),
    Question("registration", "/register", 303, _person, lambda pair: pair.chart),
)
WRONG_PASSWORDS = 4
"""Of a pair: two ways to sign in, known and unknown."""


def run(environment: dict[str, str], logs: Path, samples: int, say=print) -> bool:
    """Ask everything so often of each kind; returns whether known and unknown overlap everywhere."""
    environment = environment | TRUST_LOOPBACK
    os.environ.update(environment)
    count = samples + WARM_UP
    pairs = acquaintances.prepare(config.load(), count, WRONG_PASSWORDS * count)
    with Supervisor() as supervisor:
        _, port = serve(supervisor, logs / "portal.log", environment)
        work(supervisor, logs / "worker.log", environment)
        _ask(port, pairs[:WARM_UP], 0)
        answers = _ask(port, pairs[WARM_UP:], WARM_UP)
    return report(answers, say)


def _ask(port: int, pairs: list[Pair], first: int) -> dict[tuple[str, bool], list[Answer]]:
    """Every question about everybody, in an order that chance makes. Raises Problem for an answer that is no answer to the question."""
    turns = [(question, pair, known) for question in QUESTIONS for pair in pairs for known in (True, False)]
    random.shuffle(turns)
    answers: dict[tuple[str, bool], list[Answer]] = {}
    for number, (question, pair, known) in enumerate(turns, start=first * 2 * len(QUESTIONS)):
        name = question.about(pair) if known else pair.nobody
        answer = send(port, pair.host, number, question.path, question.typed(name))
        if answer.status != question.status:
            raise Problem(f"{question.name}: {answer.status} instead of {question.status}, so that nothing can be said of its time.")
        answers.setdefault((question.name, known), []).append(answer)
    return answers


def report(answers: dict[tuple[str, bool], list[Answer]], say=print) -> bool:
    """The table, and whether nothing differs: neither the times nor what is answered."""
    say(f"{'milliseconds: quartiles':24}{'known':>24}{'unknown':>24}{'difference':>12}{'p':>9}")
    alike = [_line(question.name, answers[question.name, True], answers[question.name, False], say) for question in QUESTIONS]
    return all(alike)


def _line(name: str, known: list[Answer], unknown: list[Answer], say) -> bool:
    found = compare([answer.took for answer in known], [answer.took for answer in unknown])
    same = {answer[1:] for answer in known} == {answer[1:] for answer in unknown}
    verdict = ("overlap" if found.overlap else "differ") if same else "differ in what is answered"
    say(f"{name:24}{_three(found.first)}{_three(found.second)}{found.difference:12.1%}{found.chance:9.3f}  {verdict}")
    return same and found.overlap


def _three(figures: tuple[float, float, float]) -> str:
    return f"{' '.join(f'{figure:7.2f}' for figure in figures):>24}"
