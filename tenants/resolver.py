"""From a host name to the tenant. What a practice has set is kept in memory with its version, so that a page costs no statement for it."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from threading import Lock
from time import monotonic
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import office_banners
from core.auth.realms import OPERATOR
from core.config import Settings
from core.db import SessionFactory, bind_tenant
from core.people.models import Provider
from core.plugins import PluginHost
from core.tenant import ClinicDetails, OfficeBanner, TeamMember, Tenant
from core.theme import Greeting, Picture, Theme
from tenants.addresses.models import Domain, FormerSlug, MailSender
from tenants.addresses.slugs import holders
from tenants.clinics import clinic_details, reached
from tenants.hosts import Hosts, hosts_of
from tenants.kept import Kept
from tenants.models import Branding, BrandingPicture, Clinic, ClosedDays, OfficeSetting, Practice, PracticeDetails, PrivacyNotice
from tenants.practices import CLOSING, ERASED, ERASING, OFFICE, SUSPENDED
from tenants.settings import Change, acts_off, effective, enabled_plugins, with_defaults

MOST_PICTURES = 64
"""As many as a process keeps in memory, each of half a megabyte at most."""


NEWEST_FOR = 1.0
"""Seconds for which a process tells where a practice has moved without asking whether that is still so."""
_OFFICE = select(Practice.id).where(Practice.kind == OFFICE, Practice.state != ERASED)


class UnknownPractice(Exception):
    """There is no practice with this id."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that a practice has set, as of one version."""

    practice: Practice
    details: PracticeDetails | None
    hosts: Hosts
    mail_from: str
    clinics: tuple[ClinicDetails, ...]
    providers: dict[str, str]
    faces: dict[str, TeamMember]
    team: tuple[TeamMember, ...]
    notice_version: int
    settings: tuple[tuple[UUID | None, str, Any], ...]
    themes: dict[UUID | None, dict]
    tenants: dict[UUID | None, Tenant]
    banners: tuple[OfficeBanner, ...] = ()


class Directory:
    """The tenants of this installation, as one process knows them."""

    def __init__(self, engine, host: PluginHost, settings: Settings):
        self._engine, self._plugins, self._settings = engine, host, settings
        self._kept: Kept[Snapshot] = Kept()
        self._pictures: OrderedDict[tuple[UUID, str], Picture] = OrderedDict()
        self._lock = Lock()

    def practice_at(self, host: str) -> UUID | None:
        """The practice at this host name (without port, any case), or None; at the base domain the operator's place, and nowhere else."""
        host = host.lower()
        found = self._kept.owner(host)
        if found is None:
            found = self.owner_now(host)
        return found

    def is_known(self, host: str) -> bool:
        """Whether this process remembers a practice at this host; it asks nobody."""
        return self._kept.owner(host) is not None

    def owner_now(self, host: str) -> UUID | None:
        """The practice at this host as the database has it, in one statement."""
        with SessionFactory(bind=self._engine) as session:
            found = self._look_up(session, host)
        if found is not None:
            self._kept.put_owner(host, found)
        return found

    def _look_up(self, session: Session, host: str) -> UUID | None:
        if host == self._settings.base_domain:
            return session.scalar(select(Practice.id).where(Practice.kind == OPERATOR))
        slug, _, domain = host.partition(".")
        if domain == self._settings.base_domain:
            return session.scalar(_OFFICE.where(Practice.id.in_(holders(slug))))
        owned = _OFFICE.join(Domain, Domain.practice_id == Practice.id)
        return session.scalar(owned.where(Domain.host == host, Domain.verified_at.is_not(None)))

    def home_of(self, practice_id: UUID, host: str) -> str | None:
        """Where this practice is now, when it is not at this host of it any more; what is answered from memory is a second old at most."""
        snapshot = self._kept.snapshot(practice_id)
        if snapshot is not None and host in snapshot.hosts.serving:
            return None
        if snapshot is None or host not in snapshot.hosts.leading or self._kept.checked(practice_id) < monotonic() - NEWEST_FOR:
            now = monotonic()
            tenant = self.current(practice_id)
            self._kept.put_checked(practice_id, now)
            snapshot = self._snapshot(practice_id, tenant.version)
        return snapshot.hosts.home if host in snapshot.hosts.leading else None

    def tenant(self, practice_id: UUID, clinic_id: UUID | None, version: int) -> Tenant:
        """The tenant as of this version; read anew when what is kept is older."""
        return self._tenant(self._snapshot(practice_id, version), clinic_id)

    def kept(self, practice_id: UUID, version: int) -> Mapping[tuple[UUID | None, str], Any]:
        """What the practice and its clinics have set themselves, by clinic (None: the practice) and name."""
        return {(clinic_id, name): value for clinic_id, name, value in self._snapshot(practice_id, version).settings}

    def withheld(self, practice_id: UUID, version: int) -> frozenset[str]:
        """The tabs that the operator withholds from the practice."""
        return frozenset(self._snapshot(practice_id, version).practice.withheld)

    def drafted(self, practice_id: UUID, clinic_id: UUID | None, version: int, changes: Sequence[Change]) -> Tenant:
        """The tenant as it would be with these changes, which nobody has made."""
        snapshot = self._snapshot(practice_id, version)
        after = {(clinic, name): value for clinic, name, value in snapshot.settings} | {(one.clinic_id, one.name): one.value for one in changes}
        rows = tuple((clinic, name, value) for (clinic, name), value in after.items() if value is not None)
        clinic = next((clinic for clinic in snapshot.clinics if clinic.id == clinic_id), None)
        return build_tenant(replace(snapshot, settings=rows, tenants={}), clinic, self._plugins, self._settings)

    def tried_out(self, practice_id: UUID, clinic_id: UUID | None, version: int, changes: Iterable[Sequence[Any]]) -> Tenant:
        """The tenant as it would be with a draft that is kept with the reason of a look (core/auth/looking.py)."""
        wishes = [Change(UUID(clinic) if clinic else None, name, value) for clinic, name, value in changes]
        return self.drafted(practice_id, clinic_id, version, wishes)

    def current(self, practice_id: UUID, clinic_id: UUID | None = None) -> Tenant:
        """The tenant as of now. Raises UnknownPractice."""
        with SessionFactory(bind=self._engine) as session:
            version = session.scalar(select(Practice.version).where(Practice.id == practice_id))
        if version is None:
            raise UnknownPractice(str(practice_id))
        return self.tenant(practice_id, clinic_id, version)

    def last_known(self, practice_id: UUID | None) -> Tenant | None:
        """The tenant without asking the database, for pages that tell of an error; None when nothing is kept."""
        snapshot = self._kept.snapshot(practice_id) if practice_id else None
        return self._tenant(snapshot, None) if snapshot else None

    def on_somewhere(self, practice_id: UUID, plugin: str) -> bool:
        """Whether the tab is on for the practice or for one of its clinics, as of now."""
        whole = self.current(practice_id)
        places = [whole, *(self.tenant(practice_id, clinic.id, whole.version) for clinic in whole.clinics)]
        return any(plugin in place.plugins for place in places)

    def picture(self, practice_id: UUID, mark: str) -> Picture | None:
        """A picture of the practice by its mark, or None; those that were asked for last are kept in memory."""
        found = self._pictures.get((practice_id, mark))
        if found is None and mark:
            found = self._read_picture(practice_id, mark)
            if found is not None:
                with self._lock:
                    self._pictures[practice_id, mark] = found
                    while len(self._pictures) > MOST_PICTURES:
                        self._pictures.popitem(last=False)
        return found

    def _read_picture(self, practice_id: UUID, mark: str) -> Picture | None:
        with SessionFactory(bind=self._engine) as session:
            bind_tenant(session, practice_id)
            where = (BrandingPicture.practice_id == practice_id, BrandingPicture.mark == mark)
            row = session.scalars(select(BrandingPicture).where(*where)).one_or_none()
            return Picture(row.content_type, row.body, row.small, row.large) if row else None

    def practice_ids(self) -> list[UUID]:
        """Every practice of the installation, and the operator's place, for what is done in each."""
        with SessionFactory(bind=self._engine) as session:
            return list(session.scalars(select(Practice.id).where(Practice.state.not_in((ERASING, ERASED))).order_by(Practice.slug)))

    def _snapshot(self, practice_id: UUID, version: int) -> Snapshot:
        snapshot = self._kept.snapshot(practice_id)
        return self._load(practice_id) if snapshot is None or snapshot.practice.version < version else snapshot

    def _load(self, practice_id: UUID) -> Snapshot:
        with SessionFactory(bind=self._engine) as session:
            bind_tenant(session, practice_id)
            snapshot = read_snapshot(session, practice_id, self._settings.base_domain)
        self._kept.put_snapshot(practice_id, snapshot, snapshot.hosts.serving | snapshot.hosts.leading)
        return snapshot

    def _tenant(self, snapshot: Snapshot, clinic_id: UUID | None) -> Tenant:
        clinic = next((clinic for clinic in snapshot.clinics if clinic.id == clinic_id), None)
        key = clinic.id if clinic else None
        if key not in snapshot.tenants:
            snapshot.tenants[key] = build_tenant(snapshot, clinic, self._plugins, self._settings)
        return snapshot.tenants[key]


def read_snapshot(session: Session, practice_id: UUID, base_domain: str) -> Snapshot:
    """Read all that a practice has set, in twelve statements, whenever its version has moved."""
    practice = session.get_one(Practice, practice_id)
    details = session.scalars(select(PracticeDetails).where(PracticeDetails.practice_id == practice_id)).one_or_none()
    domains = session.execute(select(Domain.host, Domain.is_primary).where(Domain.practice_id == practice_id, Domain.verified_at.is_not(None)))
    former = session.scalars(select(FormerSlug.slug).where(FormerSlug.practice_id == practice_id))
    clinics = session.scalars(select(Clinic).where(Clinic.practice_id == practice_id).order_by(Clinic.position, Clinic.name))
    providers = session.scalars(select(Provider).where(Provider.practice_id == practice_id).order_by(Provider.last_name, Provider.first_name)).all()
    closed = session.scalars(select(ClosedDays).where(ClosedDays.practice_id == practice_id).order_by(ClosedDays.first_on)).all()
    notice = session.scalar(select(func.max(PrivacyNotice.version)).where(PrivacyNotice.practice_id == practice_id))
    settings = session.execute(
        select(OfficeSetting.clinic_id, OfficeSetting.name, OfficeSetting.value).where(OfficeSetting.practice_id == practice_id)
    )
    themes = session.scalars(select(Branding).where(Branding.practice_id == practice_id))
    faces = {str(one.id): TeamMember(one.name, one.plain_name, one.specialty, one.photo, one.is_shown) for one in providers}
    sender = session.scalar(select(MailSender.address).where(MailSender.practice_id == practice_id, MailSender.passes_since.is_not(None)))
    snapshot = Snapshot(
        practice=practice,
        details=details,
        mail_from=sender or "",
        hosts=hosts_of(practice, base_domain, ((host, is_primary) for host, is_primary in domains), former),
        clinics=tuple(reached(clinic_details(clinic, closed), details) for clinic in clinics),
        providers={str(provider.id): provider.name for provider in providers},
        faces=faces,
        team=tuple(member for member in faces.values() if member.is_shown),
        notice_version=notice or 0,
        settings=tuple((clinic_id, name, value["value"]) for clinic_id, name, value in settings),
        themes={branding.clinic_id: dict(branding.theme) for branding in themes},
        tenants={},
        banners=office_banners.shown(session, practice_id),
    )
    session.expunge_all()
    return snapshot


def looked_at(looks: Mapping[UUID | None, Mapping[str, Any]], clinic_id: UUID | None, has_name: bool) -> dict[str, Any]:
    """What was chosen for a clinic, else for its practice. The practice's short name does not stand for a clinic that has a name of its own."""
    whole = dict(looks.get(None, {}))
    if clinic_id is None:
        return whole
    if has_name:
        whole.pop("short_name", None)
    return whole | dict(looks.get(clinic_id, {}))


def theme_of(chosen: Mapping[str, Any]) -> Theme:
    """The look of what was chosen; everything else is as it is without a choice. Raises ValueError."""
    return Theme(**{field.name: chosen[field.name] for field in fields(Theme) if field.name in chosen})


def greeting_of(chosen: Mapping[str, Any]) -> Greeting:
    """What the office says of itself, of what was chosen."""
    found = {field.name: chosen[field.name] for field in fields(Greeting) if field.name in chosen}
    return Greeting(**found | {"links": tuple((words, address) for words, address in chosen.get("links", ()))})


def build_tenant(snapshot: Snapshot, clinic: ClinicDetails | None, host: PluginHost, settings: Settings) -> Tenant:
    """Put together what holds at a clinic: its own setting, else the practice's, else the default."""
    practice = snapshot.practice
    values = effective(snapshot.settings, clinic.id if clinic else None)
    chosen = looked_at(snapshot.themes, clinic.id if clinic else None, len(snapshot.clinics) > 1)
    details = snapshot.details
    practice_name = chosen.get("name") or (details.name if details else practice.name)
    return Tenant(
        practice_id=practice.id,
        practice_name=practice_name,
        slug=practice.slug,
        name=clinic.name if clinic and len(snapshot.clinics) > 1 else practice_name,
        host=snapshot.hosts.home,
        hosts=snapshot.hosts.serving,
        version=practice.version,
        clinic=clinic,
        clinics=snapshot.clinics,
        providers=snapshot.providers,
        faces=snapshot.faces,
        team=snapshot.team,
        notice_version=snapshot.notice_version,
        plugins=frozenset() if practice.kind == OPERATOR else enabled_plugins(host, values, practice.withheld),
        acts_off=acts_off(host, values),
        theme=theme_of(chosen),
        greeting=greeting_of(chosen),
        time_zone=clinic.time_zone if clinic else ZoneInfo(details.time_zone if details else practice.time_zone),
        settings=with_defaults(host, values),
        is_operator=practice.kind == OPERATOR,
        is_suspended=practice.state in (SUSPENDED, ERASING),
        is_closing=practice.state in (CLOSING, ERASING),
        mail_from=snapshot.mail_from,
        is_set_up=practice.is_set_up,
        banners=snapshot.banners,
    )


def includeme(config) -> None:
    """Register the directory as `registry.tenants`."""
    registry = config.registry
    registry.tenants = Directory(registry.engine, registry.plugins, registry.portal)
