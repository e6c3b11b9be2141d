"""Examines an installation: each setting and each outside service, what is wrong with it, and how to mend it."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module

from core import config

OTHERS = ("tenants.addresses.examining",)
"""Modules of others with `CHECKS` of their own."""


class State(StrEnum):
    """How one thing is. Only `WRONG` keeps the portal from working as it should."""

    RIGHT = "ok"
    CARE = "care"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What was found out about one thing, in a sentence; when it is not right, with what to do."""

    subject: str
    state: State
    text: str


Check = Callable[[config.Settings], Finding]


def right(subject: str, text: str) -> Finding:
    """It is as it should be."""
    return Finding(subject, State.RIGHT, text)


def care(subject: str, text: str) -> Finding:
    """It works, but somebody should look at it."""
    return Finding(subject, State.CARE, text)


def wrong(subject: str, text: str) -> Finding:
    """It must be mended."""
    return Finding(subject, State.WRONG, text)


def examine(environ: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """Look at everything, one after another; nothing is changed. Without readable settings there is nothing more to look at."""
    environ = os.environ if environ is None else environ
    try:
        settings = config.load(environ=environ)
    except config.WrongSetting as error:
        yield from (wrong("settings", line) for line in str(error).splitlines())
        return
    yield right("settings", f"read; the portal is at {settings.address('<practice>.' + settings.base_domain)}")
    yield from look_at(settings)


def look_at(settings: config.Settings) -> Iterator[Finding]:
    """Look at everything that these settings name."""
    from core.doctor import database, services, surroundings

    others = (check for name in OTHERS for check in import_module(name).CHECKS)
    for check in (*surroundings.CHECKS, *database.CHECKS, *services.CHECKS, *others):
        yield _careful(check, settings)


def _careful(check: Check, settings: config.Settings) -> Finding:
    try:
        return check(settings)
    except Exception as error:  # a fault in one examination must not hide the others
        return wrong(check.__name__.replace("_", " "), f"could not be examined: {type(error).__name__}: {error}")
