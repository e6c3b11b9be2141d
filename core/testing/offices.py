"""Practices that live for one test, the people in them, and a browser that signs in."""

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, cached_property
from hashlib import sha256
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import webtest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.auth import services as auth
from core.auth.models import Account
from core.auth.passwords import hash_password
from core.auth.realms import OFFICE, PERSON, PORTAL
from core.db import SessionFactory, bind_tenant, uuid7
from core.people.found_by import names_of, trace_rows, words_of
from core.people.models import NameTrace, Patient, PatientWord, Provider
from core.people.records import PatientRecord
from core.records import Answer, door, uploaded
from core.records.kinds import kinds_for

ZONE = "America/New_York"
_FOR_THE_DOOR = frozenset({"external_id", "clinic", "provider", "guarantor", "responsible_party", "merged_into", "portal_id", "deleted"})
"""A record that says one of these may be about somebody who is here, or names somebody else."""
PASSWORD = "Correct-horse-7"  # noqa: S105  (of people who live for one test)

hash_of = cache(hash_password)
"""The hash of a password, worked out once."""


@dataclass
class Office:
    """A practice that was made for one test, with one clinic and one provider."""

    registry: Any
    id: UUID
    slug: str
    clinic_id: UUID | None = None
    provider_id: UUID | None = None

    @property
    def host(self) -> str:
        """The address of its portal."""
        return f"{self.slug}.localhost"

    @cached_property
    def make(self) -> "Factory":
        """Factories of this office, with a session of their own."""
        return Factory(self, self.session())

    def session(self):
        """A new session in which the practice is bound."""
        session = SessionFactory(bind=self.registry.engine)
        bind_tenant(session, self.id)
        return session


def make_office(registry) -> Office:
    """Make a practice with a name that no other test has.

    Nearly every test begins with one, so its rows are written as the door would leave them (tests/core/test_testing.py), without asking it.
    The application knows it already, as one that has answered there before: what a page asks of the database is counted without that.
    """
    from importlib import import_module

    # core names the tenants only as a string.
    models = import_module("tenants.models")
    office = Office(registry, uuid7(), "p" + secrets.token_hex(6), uuid7(), uuid7())
    practice = {"id": office.id, "slug": office.slug, "name": f"Practice {office.slug}", "version": 2}
    practice |= {"time_zone": ZONE, "created_at": datetime.now(UTC)}
    with SessionFactory(bind=registry.engine) as session:
        session.execute(insert(models.Practice), practice)
        bind_tenant(session, office.id)
        rows = (models.Clinic, clinic_of(office), office.clinic_id), (Provider, provider_of(office), office.provider_id)
        for model, record, id_ in rows:
            values = {name: value for name, value in record.items() if name != "kind"}
            session.execute(insert(model), {"practice_id": office.id, "id": id_, **values})
        session.commit()
    registry.tenants.current(office.id)
    return office


def clinic_of(office: Office) -> dict:
    """What the practice's system would say of the clinic of a new office."""
    place = {"time_zone": ZONE, "email": f"desk@{office.slug}.test", "phone": "555-0100", "city": "Springfield"}
    return {"kind": "clinic", "external_id": "C1", "name": "Main Street", **place}


def provider_of(office: Office) -> dict:
    """What it would say of the provider."""
    name = {"first_name": "Dana", "last_name": "Okafor", "suffix": "DDS"}
    return {"kind": "provider", "external_id": "D1", "email": f"okafor@{office.slug}.test", **name}


class Factory:
    """Makes what a test needs, committed; data of the chart goes through the same door as a practice system's."""

    def __init__(self, office: Office, session):
        self._office, self._db, self._count = office, session, 0

    def take_in(self, batch: list[dict]) -> list[Answer]:
        """Take in records; raises when one is refused."""
        registry = self._office.registry
        answers = door.take_in(self._db, kinds_for(registry, frozenset(registry.plugins.plugins)), batch)
        refused = [answer for answer in answers if answer.outcome == "refused"]
        assert not refused, refused
        self._db.commit()
        return answers

    def upload(self, kind: str, data: bytes, content_type: str) -> str:
        """Send a file for a record of this kind, as a practice's system does; returns the id by which the record names it."""
        registry, now = self._office.registry, datetime.now(UTC)
        files, kinds = registry.files.within(self._office.id), kinds_for(registry, frozenset(registry.plugins.plugins))
        announced = uploaded.Announced(kind, len(data), content_type, sha256(data).hexdigest())
        upload_id = uploaded.begin(self._db, files, kinds, announced, now).id
        uploaded.receive(self._db, files, upload_id, BytesIO(data), now)
        self._db.commit()
        return str(upload_id)

    def patient(self, **fields) -> Patient:
        """A patient of the office's clinic and provider."""
        self._count += 1
        record = {"external_id": f"P{self._count}-{secrets.token_hex(3)}", "first_name": "Robin", "last_name": "Vale", "birthdate": date(1985, 4, 12),
                  "clinic": "C1", "provider": "D1", "email": "robin@example.test", "phone": "555-0142"} | fields  # fmt: skip
        if _FOR_THE_DOOR.isdisjoint(fields) and not self._may_be_here():
            self._write_down(record)
        else:
            self.take_in([{"kind": "patient", **record}])
        return self._db.scalars(
            select(Patient).where(Patient.practice_id == self._office.id, Patient.external_id == record["external_id"])
        ).one()

    def _may_be_here(self) -> bool:
        """Whether a patient who comes with a new number may be one who is here without any."""
        mine = (Patient.practice_id == self._office.id, Patient.external_id.is_(None))
        return self._db.scalar(select(Patient.id).where(*mine).limit(1)) is not None

    def _write_down(self, record: dict) -> None:
        """A new patient as the door would leave them (tests/core/test_testing.py), for many tests begin with several."""
        office, said = self._office, PatientRecord(**record).model_dump()
        row = {name: said[name] for name in said.keys() & Patient.__table__.c.keys()} | {"practice_id": office.id, "id": uuid7()}
        row |= {"clinic_id": office.clinic_id, "provider_id": office.provider_id}
        patient = SimpleNamespace(**row)
        words = [{"practice_id": office.id, "patient_id": patient.id, "word": word} for word in sorted(words_of(patient))]
        traces = [{"id": uuid7(), **trace} for trace in trace_rows(office.id, names_of(patient))]
        for model, rows in ((Patient, [row]), (PatientWord, words), (NameTrace, traces)):
            if rows:
                self._db.execute(insert(model).on_conflict_do_nothing(), rows)
        self._db.commit()

    def account(self, patient: Patient, password: str = PASSWORD, user_name: str | None = None) -> Account:
        """Access for a patient, with every right on the own record."""
        account = self._account(user_name or f"{patient.first_name}{secrets.token_hex(4)}", password, patient_id=patient.id, email=patient.email)
        auth.open_own_record(self._db, account, patient, account.created_at)
        self._db.commit()
        return account

    def staff(self, role: str = "office_admin", clinic_ids: tuple[UUID, ...] = (), name: str = "Kim Sato") -> Account:
        """Somebody who works in the office, with a password and a passkey still to be made."""
        user_name = f"staff{secrets.token_hex(4)}"
        work = {"kind": "staff", "name": name, "role": role, "clinic_ids": list(clinic_ids)}
        account = self._account(user_name, PASSWORD, patient_id=None, email=f"{user_name}@example.test", **work)
        self._db.commit()
        return account

    def _account(self, user_name: str, password: str, **owner) -> Account:
        names = {"user_name": user_name, "user_name_norm": auth.normal_user_name(user_name)}
        account = Account(**names, password_hash=hash_of(password), created_at=datetime.now(UTC), **owner)
        self._db.add(account)
        self._db.flush()
        return account

    def grant(
        self, account: Account, patient: Patient, plugin: str = "*", level: str = "act", relation: str = "guardian", until=None
    ) -> None:
        """Let an account see, or act on, another patient's tab."""
        auth.grant(self._db, account.id, patient.id, relation, datetime.now(UTC), plugin, level, until)
        self._db.commit()


def browser(portal, office: Office) -> webtest.TestApp:
    """A browser at the office's address that nobody has signed in with."""
    return webtest.TestApp(portal, extra_environ={"HTTP_HOST": office.host, "REMOTE_ADDR": "127.0.0.9"})


def sign_in(portal, office: Office, account: Account) -> webtest.TestApp:
    """A browser that is signed in with this account, at the portal or at the office; the password check is left out, for speed."""
    app = browser(portal, office)
    add_sign_in(app, office, account)
    return app


def add_sign_in(app: webtest.TestApp, office: Office, account: Account) -> None:
    """Sign one more account in with a browser: a browser may hold one for the portal and one for the office."""
    realm = PORTAL if account.kind == PERSON else OFFICE
    with office.session() as session:
        token = auth.open_session(session, account, datetime.now(UTC), auth.Place(realm=realm.name))
        session.commit()
    app.set_cookie(realm.cookie, token)
