"""Who is asking, read in one statement with the version of the practice's settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from core.auth.realms import OPERATOR, PORTAL, Realm
from core.auth.roles import CHANGE_TABS, ROLES, VIEW_AS, permissions_of
from core.prepared import Prepared

IDLE = timedelta(minutes=15)
"""How long a session lives without a click where the office has not said otherwise."""
LONGEST = timedelta(hours=12)
NOBODY = UUID(int=0)
"""In place of a patient's id where somebody looked as one who is made up."""
_SEEN_EVERY = timedelta(minutes=1)

# Session, account, the people it may see with what was granted, and the practice's version: one round trip for every page.
_VISITOR = Prepared(
    text("""
select practice.version, visit.id, visit.account_id, visit.patient_id, visit.created_at, visit.seen_at, account.user_name,
    account.patient_id as own_patient_id, visit.stage, visit.proven_at, account.kind, account.role, account.clinic_ids, account.name,
    visit.support_id, support.level as support_level, support.until as support_until, support.reason as support_reason, support.draft as support_draft,
    case when support.patient_id is null then (select json_agg(json_build_array(patient.id, patient.first_name, patient.last_name, patient.preferred_name, patient.birthdate,
            patient.clinic_id, granted.rights) order by patient.id <> account.patient_id, patient.birthdate)
        from (select patient_id, json_agg(plugin || '.' || level) as rights from access_grant
            where practice_id = :practice and account_id = account.id and since <= :now and (until is null or until > :now)
            group by patient_id) granted
        join patient on patient.practice_id = :practice and patient.id = granted.patient_id)
    else (select json_build_array(json_build_array(patient.id, patient.first_name, patient.last_name, patient.preferred_name,
            patient.birthdate, patient.clinic_id, json_build_array(case when support.draft is null then '*.see' else '*.act' end)))
        from patient where patient.practice_id = :practice and patient.id = support.patient_id) end as people
from practice
left join sign_in_session visit on visit.practice_id = practice.id and visit.token_hash = :token_hash and visit.realm = :realm
left join account on account.practice_id = practice.id and account.id = visit.account_id and account.closed_at is null
left join support_access support on support.practice_id = practice.id and support.id = visit.support_id and support.ended_at is null
    and support.until > :now
where practice.id = :practice
""")
)
_VERSION = Prepared(text("select version from practice where id = :practice"))
_SEEN = text("update sign_in_session set seen_at = :now where practice_id = :practice and id = :id")


@dataclass(frozen=True, slots=True)
class Person:
    """A patient whom the account may see. `rights` are what was granted, such as `*.act` or `images.see`."""

    id: UUID
    first_name: str
    last_name: str
    preferred_name: str
    birthdate: date | None
    clinic_id: UUID | None
    rights: frozenset[str]
    is_self: bool

    @property
    def name(self) -> str:
        """The name that the person is called by."""
        return f"{self.short_name} {self.last_name}"

    @property
    def short_name(self) -> str:
        """The first name that the person is called by."""
        return self.preferred_name or self.first_name


@dataclass(frozen=True, slots=True)
class Support:
    """Why this is no ordinary session: somebody of the office looks at the portal as a patient does, or the operator has entered.

    `draft` is what the office tries out before it is saved: this session alone sees the portal with it.
    """

    id: UUID
    level: str
    until: datetime
    reason: str
    draft: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The signed-in account, the people it may see, and what it may do for the person in view.

    With `support` it is somebody of the office, `name`, who sees what the patient sees and changes nothing.
    """

    account_id: UUID
    session_id: UUID
    user_name: str
    person: Person
    people: tuple[Person, ...]
    permissions: frozenset[str]
    name: str = ""
    support: Support | None = None


@dataclass(frozen=True, slots=True)
class StaffIdentity:
    """Somebody of the office who is signed in at its pages; `clinic_ids` are the clinics that count, none means all."""

    account_id: UUID
    session_id: UUID
    user_name: str
    name: str
    kind: str
    role: str
    clinic_ids: frozenset[UUID]
    permissions: frozenset[str]
    support: Support | None = None
    person: None = None
    people: tuple[Person, ...] = ()

    @property
    def role_title(self) -> str:
        """The role in words; nothing for an operator."""
        return ROLES[self.role].title if self.role in ROLES else ""


class SessionRow(NamedTuple):
    """What `_VISITOR` finds of a session; all but the version is None when there is none."""

    version: int
    id: UUID
    account_id: UUID
    patient_id: UUID | None
    created_at: datetime
    seen_at: datetime
    user_name: str
    own_patient_id: UUID | None
    stage: str
    proven_at: datetime | None
    kind: str
    role: str
    clinic_ids: list[UUID]
    name: str
    support_id: UUID | None
    support_level: str | None
    support_until: datetime | None
    support_reason: str | None
    support_draft: dict | None
    people: list | None

    @property
    def support(self) -> Support | None:
        """The reason that the session stands on, while it lasts."""
        if self.support_id is None or self.support_level is None or self.support_until is None:
            return None
        return Support(self.support_id, self.support_level, self.support_until, self.support_reason or "", self.support_draft)


class PracticeGone(Exception):
    """The practice was erased; this process still knew its address."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """What the first statement of a request finds: the version of the practice's settings, and the session if there is one.

    `looked_at` is the patient as whom somebody of the office looked at the portal with this browser until just now, NOBODY for one made up.
    """

    version: int
    row: SessionRow | None
    looked_at: UUID | None = None


def token_hash(token: str) -> str:
    """What the session's row holds in place of the token."""
    return sha256(token.encode()).hexdigest()


def find_visitor(
    session, practice_id: UUID, token: str | None, now: datetime, idle_at: Callable[[int], timedelta] = lambda _: IDLE, realm: Realm = PORTAL
) -> Visitor:
    """Read the practice's version, and the session that this token opens at this realm; `idle_at(version)` is how long it may be without
    a click. Raises PracticeGone."""
    if not token:
        [version] = _only(_VERSION.rows(session, {"practice": practice_id}))
        return Visitor(version, None)
    asked = {"practice": practice_id, "token_hash": token_hash(token), "now": now, "realm": realm.name}
    row = SessionRow(*_only(_VISITOR.rows(session, asked)))
    live = _opens(row, realm) and now - row.seen_at < idle_at(row.version) and now - row.created_at < LONGEST
    if live and now - row.seen_at > _SEEN_EVERY:
        session.execute(_SEEN, {"practice": practice_id, "id": row.id, "now": now})
    return Visitor(row.version, row if live else None, (row.patient_id or NOBODY) if row.support_id and not live and realm is PORTAL else None)


def _only(rows: list[tuple]) -> tuple:
    if not rows:
        raise PracticeGone
    return rows[0]


def _opens(row: SessionRow, realm: Realm) -> bool:
    """Whether the session is of an open account, still has its reason if it needs one, and leads to somebody.

    An operator's account inside a practice never counts without a reason: it is not of the kinds that sign in there.
    """
    if row.user_name is None or (row.support_id and not row.support):
        return False
    if realm.is_office:
        return row.kind == OPERATOR if row.support_id else row.kind in realm.kinds
    return bool(row.people or row.support_draft) and (row.support_id is None or _may_look(row))


def _may_look(row: SessionRow) -> bool:
    """Whether somebody of the office may (still) look at the portal as the patient of this session."""
    draft = row.support_draft or {}
    clinics = {_person(entry, None).clinic_id for entry in row.people or ()} or {UUID(draft["clinic"]) if draft["clinic"] else None}
    needed = ({VIEW_AS} if row.people else set()) | ({CHANGE_TABS} if draft else set())
    return needed <= permissions_of(row.kind, row.role) and (not row.clinic_ids or clinics <= set(row.clinic_ids))


def make_staff_identity(row: SessionRow) -> StaffIdentity:
    """Who is signed in at the office, with what the role allows."""
    permissions = permissions_of(row.kind, row.role, row.support_level)
    return StaffIdentity(
        row.account_id, row.id, row.user_name, row.name, row.kind, row.role, frozenset(row.clinic_ids), permissions, row.support
    )


def make_identity(row: SessionRow, permitted) -> Identity | None:
    """The identity of a session's row; `permitted(rights)` turns grants into permissions. None when nothing is granted any more."""
    # Who looks as a patient sees the pages that this patient sees.
    own = row.patient_id if row.support_id else row.own_patient_id
    people = tuple(_person(entry, own) for entry in row.people or ())
    in_view = next((person for person in people if person.id == row.patient_id), None)
    if in_view is None:
        in_view = people[0]
    return Identity(row.account_id, row.id, row.user_name, in_view, people, permitted(in_view.rights), row.name, row.support)


def _person(entry, own_patient_id: UUID | None) -> Person:
    id_, first, last, preferred, born, clinic, rights = entry
    return Person(
        UUID(id_),
        first,
        last,
        preferred,
        date.fromisoformat(born) if born else None,
        UUID(clinic) if clinic else None,
        frozenset(rights),
        UUID(id_) == own_patient_id,
    )
