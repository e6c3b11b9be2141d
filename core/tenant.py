"""The tenant: what a request knows of the practice whose address was asked for. Core declares it, `tenants` fills it in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.theme import Greeting, Picture, Theme


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """One weekday of a clinic (Monday is 0), in the clinic's own time; closed when `opens` is None."""

    weekday: int
    opens: time | None
    closes: time | None


@dataclass(frozen=True, slots=True)
class Closing:
    """Days on which a clinic is closed, first and last included, and why, if the office says so."""

    first_on: date
    last_on: date
    words: str = ""


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A provider: the name as patients know it, first and last name without titles, and the mark of a photo, if there is one.

    `is_shown`: the office shows this provider on its contact page, to everybody.
    """

    name: str
    plain_name: str
    specialty: str = ""
    photo: str = ""
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class ClinicDetails:
    """What anyone may know of a clinic."""

    id: UUID
    name: str
    phone: str
    email: str
    address_1: str
    address_2: str
    city: str
    state: str
    postal_code: str
    time_zone: ZoneInfo
    hours: tuple[OpeningHours, ...]
    closings: tuple[Closing, ...] = ()
    """By their first day; those that have passed may still be among them."""


@dataclass(frozen=True, slots=True)
class OfficeBanner:
    """What stands above every page of the office: words, and the page (`route`) that `link` leads to, for whoever has the permission to act on it.

    About one clinic, or the whole practice."""

    words: str
    link: str
    route: str
    permission: str
    clinic_id: UUID | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Tenant:
    """One practice, seen from one of its clinics (the home clinic of the patient in view) or as a whole.

    `providers` maps a provider's id, as text, to the name that patients know, `faces` to all of what they know; `notice_version` is that of the notice of privacy
    practices in force, 0 when the office has none. `is_operator` for the place of those who run the installation, which is no practice.
    `acts_off` are the permissions that are switched off here while their tab is on.
    `is_suspended`: nobody gets in, and what is to be done for it waits. `is_closing`: it is being closed, and its office admins get in for the export only.
    `is_set_up` once the office wants no first steps shown any more.
    """

    practice_id: UUID
    practice_name: str
    slug: str
    name: str
    host: str
    hosts: frozenset[str]
    version: int
    clinic: ClinicDetails | None
    clinics: tuple[ClinicDetails, ...]
    plugins: frozenset[str]
    theme: Theme
    time_zone: ZoneInfo
    settings: Mapping[str, Any] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)
    faces: Mapping[str, TeamMember] = field(default_factory=dict)
    team: tuple[TeamMember, ...] = ()
    notice_version: int = 0
    is_operator: bool = False
    acts_off: frozenset[str] = frozenset()
    greeting: Greeting = field(default_factory=Greeting)
    is_suspended: bool = False
    is_closing: bool = False
    mail_from: str = ""
    """The address of its own that mails come from, if it has one and its domain allows it."""
    is_set_up: bool = True
    banners: tuple[OfficeBanner, ...] = ()
    """Of the practice and all its clinics."""

    @property
    def clinic_id(self) -> UUID | None:
        """The clinic whose look and tabs apply, if the practice has not been asked as a whole."""
        return self.clinic.id if self.clinic else None

    @property
    def is_shut(self) -> bool:
        """Whether patients find no page here, not even whom to call: what says so tells them."""
        return self.is_suspended or self.is_closing

    @property
    def short_name(self) -> str:
        """The name where there is little room."""
        return self.greeting.short_name or self.name

    @property
    def contact(self) -> ClinicDetails | None:
        """Whom to call: the clinic in view, else the first one."""
        return self.clinic or (self.clinics[0] if self.clinics else None)


_HOLD = text("select from practice where id = :practice for no key update")
_TOUCH = text("update practice set version = version + 1 where id = :practice")


def hold(session: Session, practice_id: UUID) -> None:
    """Until the transaction ends, whoever else holds the practice waits: what must not be done twice at the same moment comes one after the other."""
    session.execute(_HOLD, {"practice": practice_id})


def touch(session: Session, practice_id: UUID) -> None:
    """Count the practice's version up: every web process reads what it keeps of the practice anew on its next request."""
    session.execute(_TOUCH, {"practice": practice_id})


class TenantDirectory(Protocol):
    """Finds tenants. `tenants` registers the real one as `registry.tenants`."""

    def practice_at(self, host: str) -> UUID | None:
        """The practice whose address this host is, or None."""

    def home_of(self, practice_id: UUID, host: str) -> str | None:
        """The host at which the practice is now, when it is not at this one any more."""

    def tenant(self, practice_id: UUID, clinic_id: UUID | None, version: int) -> Tenant:
        """The tenant as of this version of the practice's settings."""

    def tried_out(self, practice_id: UUID, clinic_id: UUID | None, version: int, changes: Iterable[Sequence[Any]]) -> Tenant:
        """The tenant as it would be with these changes (clinic or None, name, value), which nobody has made."""

    def current(self, practice_id: UUID, clinic_id: UUID | None = None) -> Tenant:
        """The tenant as of now, for tasks and commands."""

    def picture(self, practice_id: UUID, mark: str) -> Picture | None:
        """A picture of the practice by its mark, or None."""

    def practice_ids(self) -> list[UUID]:
        """Every practice of the installation, and the operator's place, for what is done in each."""
