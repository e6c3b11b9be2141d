"""Practices for the timing of sign-in: whom they know, and as many whom nobody knows, with names as long."""

import secrets
import string
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from core.app import configure
from core.auth import services
from core.auth.models import Account
from core.auth.passwords import hash_password
from core.config import Settings
from core.people.models import Patient
from core.testing import PASSWORD, Factory, Office, make_office
from tenants import settings

NAME_LETTERS = 12
BIRTHDATE = "1985-04-12"
MOST_WRONG = 80
"""Wrong passwords that a practice gets in one run: fewer than it slows all strangers for (core/auth/lockout.py)."""


@dataclass(frozen=True)
class Pair:
    """Somebody with an account, somebody with a chart and none, and somebody unknown, for one practice."""

    host: str
    account: str
    chart: str
    nobody: str


def prepare(portal: Settings, count: int, wrong_passwords: int) -> list[Pair]:
    """So many pairs, at as many practices as it takes for so many wrong passwords in all."""
    registry = configure(portal).make_wsgi_app().registry
    offices = [_open(make_office(registry)) for _ in range(-(-wrong_passwords // MOST_WRONG))]
    pairs = [Pair(offices[number % len(offices)].host, _name(), _name(), _name()) for number in range(count)]
    password_hash = hash_password(PASSWORD)
    for office in offices:
        _acquaint(office, [pair for pair in pairs if pair.host == office.host], password_hash)
    registry.engine.dispose()
    return pairs


def email(name: str) -> str:
    """The address that somebody with this name has, or would have."""
    return f"{name}@example.test"


def _open(office: Office) -> Office:
    now = datetime.now(UTC)
    with office.session() as session:
        for name in ("portal.self_registration", "portal.sign_in_links"):
            settings.change(session, office.registry.plugins, office.id, None, name, True, "benchmark", now)
        session.commit()
    return office


def _acquaint(office: Office, pairs: list[Pair], password_hash: str) -> None:
    """Charts through the door that they always come in by; accounts with one hash, because making one is slow on purpose."""
    names = [name for pair in pairs for name in (pair.account, pair.chart)]
    with office.session() as session:
        Factory(office, session).take_in([_chart(name) for name in names])
        charts = {patient.external_id: patient for patient in session.scalars(select(Patient).where(Patient.practice_id == office.id))}
        for pair in pairs:
            _give_account(session, charts[pair.account], password_hash)
        session.commit()


def _chart(name: str) -> dict:
    return {"kind": "patient", "external_id": name, "first_name": name, "last_name": "Vale", "birthdate": BIRTHDATE, "clinic": "C1",
            "provider": "D1", "email": email(name)}  # fmt: skip


def _give_account(session, patient: Patient, password_hash: str) -> None:
    now = datetime.now(UTC)
    name = str(patient.external_id)
    given = {"user_name": name, "user_name_norm": name, "email": patient.email, "password_hash": password_hash}
    account = Account(patient_id=patient.id, created_at=now, **given)
    session.add(account)
    session.flush()
    services.grant(session, account.id, patient.id, "self", now)


def _name() -> str:
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(NAME_LETTERS))
