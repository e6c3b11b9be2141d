"""Opening a made-up practice: its clinics, its look, its settings, its own address, and who can sign in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from secrets import token_hex
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth import services as auth
from core.auth.models import Account
from core.auth.passwords import hash_password
from core.auth.realms import STAFF
from core.people import offers
from core.people.family import BY_ACCOUNT
from core.people.giving import Day, giver_of
from core.people.models import Grant as AccessGrant
from core.people.models import Patient, Provider
from core.records import runs
from core.records.kinds import kinds_for
from core.safety.emblems import prove_logo
from tenants import clinics, looks, privacy, settings
from tenants.addresses.models import Domain
from tenants.demo.book import Book
from tenants.demo.chart import Chart, Office
from tenants.demo.days import calendar_of
from tenants.models import Clinic
from tenants.practices import create

BY = "demo"
NOTICE_VERSION = 1


class DemoRefused(Exception):
    """The portal refused a record of the demo: the demo is wrong, or a tab has changed what it takes in. The text says which."""


@dataclass(frozen=True)
class Look:
    """What an office chose: the fields of a theme, and the file name of its logo."""

    theme: dict[str, str]
    logo: str


@dataclass(frozen=True)
class Grant:
    """That an account may see, or act on, tabs of another patient ("*" is every tab)."""

    patient: str
    relation: str
    level: str
    plugins: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Offer:
    """Access that a patient has offered to somebody without a chart here, who has not taken it yet."""

    name: str
    email: str
    relation: str
    rights: tuple[str, ...]


@dataclass(frozen=True)
class Access:
    """Someone who can sign in: whose chart it is, and a line about them."""

    user_name: str
    patient: str
    note: str
    grants: tuple[Grant, ...] = ()
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Worker:
    """Someone who works in the office: role (core/auth/roles.py), clinics by external id (none: all), and a line about them."""

    user_name: str
    name: str
    role: str
    note: str
    clinics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Story:
    """A whole practice. `looks` has the practice's own under None and those of its clinics by external id."""

    slug: str
    name: str
    time_zone: str
    clinics: tuple[dict, ...]
    providers: tuple[dict, ...]
    looks: Mapping[str | None, Look]
    charts: Callable[[Office], list[Chart]]
    people: tuple[Access, ...]
    staff: tuple[Worker, ...] = ()
    folders: tuple[dict, ...] = ()
    book: Book = field(default_factory=Book)
    relationships: tuple[dict, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    tabs_off: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    notice: str = ""


@dataclass
class Opening:
    """One practice in the making, in one transaction: all of it or nothing."""

    session: Session
    registry: Any
    story: Story
    now: datetime
    patients: dict[str, Patient] = field(default_factory=dict)
    run: runs.Run = field(init=False)

    def __post_init__(self):
        self.run = runs.begin(BY, self.now)

    def open(self, password: str) -> UUID:
        """Make the practice with everything in it; the caller commits. Raises DemoRefused."""
        story = self.story
        practice = create(self.session, story.slug, story.name, story.time_zone, self.now)
        practice.is_set_up = True
        first = story.clinics[0]
        self._take_in([{"kind": "practice", "external_id": story.slug, "name": story.name, "phone": first["phone"], "time_zone": story.time_zone}])
        self._take_in([{"kind": "clinic", **clinic} for clinic in story.clinics])
        self._choose(practice.id)
        self._take_in([{"kind": "provider", **provider} for provider in story.providers])
        self._show(practice.id)
        self._take_in([{"kind": "image_folder", **folder} for folder in story.folders])
        self._take_in(story.book.records(self.office.calendars))
        self._take_in([record for chart in story.charts(self.office) for record in chart.records])
        self._take_in([{"kind": "relationship", **relationship} for relationship in story.relationships])
        runs.end(self.session, self.run, {}, self.now)
        found = self.session.scalars(select(Patient).where(Patient.practice_id == practice.id))
        self.patients = {str(patient.external_id): patient for patient in found}
        self._publish(practice.id)
        self._admit(password)
        self._employ(practice.id, password)
        return practice.id

    def _show(self, practice_id: UUID) -> None:
        """The contact page: who works here, and when nobody does."""
        for provider in clinics.providers(self.session, practice_id):
            clinics.change_provider(self.session, provider, {"is_shown": True})
        today = self.now.date()
        holidays = date(today.year + (today > date(today.year, 12, 26)), 12, 24)
        clinics.add_closed(self.session, practice_id, None, holidays, holidays + timedelta(days=2), "Winter holidays", today)

    def _take_in(self, batch: list[dict]) -> None:
        """Through the same door as a practice's system; what belongs to a tab that is not installed is left out."""
        plugins = self.registry.plugins
        kinds = kinds_for(self.registry, frozenset(plugins.plugins) - set(self.story.tabs_off))
        answers = runs.take_in(self.session, self.run, kinds, [record for record in batch if record["kind"] in kinds], self.now)
        refused = [answer for answer in answers if answer.outcome == "refused"]
        if refused:
            raise DemoRefused(f"{len(refused)} records, the first: {refused[0].kind} {refused[0].external_id}: {refused[0].reason}")

    @property
    def office(self) -> Office:
        """What the charts are written with: calendars as of now, and the providers' names."""
        calendars = {clinic["external_id"]: calendar_of(clinic, self.now) for clinic in self.story.clinics}
        return Office(calendars, {record["external_id"]: Provider(**record).name for record in self.story.providers}, self.story.book)

    def _choose(self, practice_id: UUID) -> None:
        """The looks, the settings, the tabs, the addresses."""
        clinics = self._clinic_ids(practice_id)
        for clinic, look in self.story.looks.items():
            logo = prove_logo(BytesIO(files("tenants.demo").joinpath("logos", look.logo).read_bytes()), look.logo)
            mark = looks.keep_picture(self.session, practice_id, logo, self.now)
            looks.change(self.session, practice_id, clinics.get(clinic), look.theme | {"logo": mark}, looks.By(None, BY), self.now)
        for host in self.story.domains:
            self.session.add(Domain(host=host, practice_id=practice_id, verified_at=self.now, token=token_hex(16), state="ok", checked_at=self.now))
        self.session.flush()
        self._set(practice_id)

    def _set(self, practice_id: UUID) -> None:
        """Settings and switches, as an office would choose them; those of a tab that is not installed are left out."""
        host = self.registry.plugins
        for name, value in {**self.story.settings, **dict.fromkeys(self.story.tabs_off, False)}.items():
            if name.partition(".")[0] in host.settings:
                settings.change(self.session, host, practice_id, None, name, value, BY, self.now)

    def _publish(self, practice_id: UUID) -> None:
        """The notice of privacy practices, if the office has one."""
        if self.story.notice:
            privacy.publish(self.session, practice_id, self.story.notice, self.now)

    def _admit(self, password: str) -> None:
        """Give accounts, what each may see besides the own chart, and what they have offered to others."""
        accounts = {}
        for access in self.story.people:
            account = accounts[access.patient] = auth.create_account(
                self.session, self.patients[access.patient], access.user_name, password, self.now
            )
            if self.story.notice:  # they have been here before
                account.notice_version, account.notice_accepted_at = NOTICE_VERSION, self.now
        for access in self.story.people:
            for grant in access.grants:
                self._share(accounts[access.patient], accounts[grant.patient], grant)
            for offer in access.offers:
                self._offer(accounts[access.patient], offer)
        self.session.flush()

    def _share(self, account: Account, giver: Account, grant: Grant) -> None:
        """What a patient has given to somebody who is a patient, too."""
        given = {"relation": grant.relation, "level": grant.level, "given_by": BY_ACCOUNT, "giver_id": giver.id, "since": self.now}
        for plugin in grant.plugins:
            self.session.add(AccessGrant(account_id=account.id, patient_id=self.patients[grant.patient].id, plugin=plugin, **given))

    def _offer(self, account: Account, offer: Offer) -> None:
        """An offer whose mail the worker sends."""
        patient, day = next(patient for patient in self.patients.values() if patient.id == account.patient_id), Day(self.now, self.now.date(), 18)
        giver = giver_of(self.session, patient.practice_id, account.id, patient.id, day)
        assert giver is not None, "who offers access in the demo is of age"
        wanted = offers.Offered(offer.name, offer.email, offer.relation, frozenset(offer.rights), None)
        offers.make(self.session, self.registry.limiter, giver, wanted, self.now, timedelta(days=14))

    def _employ(self, practice_id: UUID, password: str) -> None:
        """Those who work in the office; the second step they set up at their first sign-in."""
        clinics = self._clinic_ids(practice_id)
        for worker in self.story.staff:
            about = {"name": worker.name, "role": worker.role, "email": f"{worker.user_name}@{self.story.slug}.example.test"}
            self.session.add(
                Account(
                    kind=STAFF, user_name=worker.user_name, user_name_norm=worker.user_name, password_hash=hash_password(password),
                    clinic_ids=[clinics[clinic] for clinic in worker.clinics], created_at=self.now, **about,
                )
            )  # fmt: skip
        self.session.flush()

    def _clinic_ids(self, practice_id: UUID) -> dict[str | None, UUID]:
        found = self.session.scalars(select(Clinic).where(Clinic.practice_id == practice_id))
        return {clinic.external_id: clinic.id for clinic in found}
