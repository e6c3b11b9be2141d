"""Who may see whose record because the practice's system says so: the guarantor the family, a guardian the ward.

These rules become grants (core/people/models.py, Grant), made anew whenever patients, relationships, accounts or the office's rules
change. What an office or a patient has granted by hand is left alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.settings import PortalSettings

GIVEN_BY = "practice system"
RULES = frozenset({"portal.guarantor_access", "portal.adult_age"})
"""The settings that decide here; a change of one makes the grants anew."""

# A confidential record is hidden from every representative. A parent's access ends with the birthday on which the child is of age; that
# of a caregiver or a guardian by name does not: they look after grown-ups, too.
_DESIRED = """
with birthday as (
    select practice_id, id, guarantor_id, not is_confidential as open, case when birthdate is null then null
        else (birthdate + make_interval(years => :adult_age))::timestamp at time zone :time_zone end as of_age
    from patient where practice_id = :practice
), desired as (
    select account.id as account_id, patient.id as patient_id, 'guarantor' as relation, null::timestamptz as until
    from account join birthday patient on patient.practice_id = account.practice_id and patient.guarantor_id = account.patient_id
    where account.practice_id = :practice and account.closed_at is null and patient.id <> account.patient_id and patient.open and :guarantors
    union
    select account.id, patient.id, 'guardian', case when bool_or(lasting) then null else patient.of_age end
    from (select *, relation in ('guardian', 'caregiver') as lasting from relationship where is_guardian) relationship
    join account on account.practice_id = relationship.practice_id and account.patient_id = relationship.related_id
    join birthday patient on patient.practice_id = relationship.practice_id and patient.id = relationship.patient_id
    where relationship.practice_id = :practice and account.closed_at is null and patient.open
        and patient.id <> account.patient_id and (lasting or coalesce(patient.of_age > :now, true))
    group by account.id, patient.id, patient.of_age
)
"""
_MINE = "g.practice_id = :practice and g.given_by = :given_by and (g.until is null or g.until > :now)"
_SAME = "d.account_id = g.account_id and d.patient_id = g.patient_id and d.relation = g.relation and d.until is not distinct from g.until"
_END = text(f"{_DESIRED} update access_grant g set until = :now where {_MINE} and not exists (select from desired d where {_SAME})")  # noqa: S608
_BEGIN = text(  # constants of this module only
    f"""{_DESIRED} insert into access_grant (practice_id, id, account_id, patient_id, plugin, level, relation, given_by, since, until)
    select :practice, gen_random_uuid(), d.account_id, d.patient_id, '*', 'act', d.relation, :given_by, :now, d.until
    from desired d where not exists (select from access_grant g where {_MINE} and {_SAME})"""  # noqa: S608
)
_SETTINGS = text("select name, value from office_setting where practice_id = :practice and clinic_id is null and name = any(:names)")
_ZONE = text("select time_zone from practice where id = :practice")


@dataclass(frozen=True)
class Rules:
    """What the office has decided: whether guarantors see the family, at which age one is of age, on whose calendar."""

    guarantor_access: bool
    adult_age: int
    time_zone: str


def rules_of(session: Session, practice_id: UUID) -> Rules:
    """The practice's rules as of now."""
    rows = session.execute(_SETTINGS, {"practice": practice_id, "names": sorted(RULES)})
    kept: dict[str, Any] = {name.partition(".")[2]: value["value"] for name, value in rows}
    chosen = PortalSettings(**kept)
    return Rules(chosen.guarantor_access, chosen.adult_age, session.execute(_ZONE, {"practice": practice_id}).scalar_one())


def refresh_grants(session: Session, practice_id: UUID, now: datetime) -> None:
    """Make the grants of the practice's system what its rules say now; those that no longer hold end, and stay as history."""
    rules = rules_of(session, practice_id)
    session.flush()
    given = {
        "practice": practice_id, "now": now, "given_by": GIVEN_BY, "guarantors": rules.guarantor_access, "adult_age": rules.adult_age,
        "time_zone": rules.time_zone,
    }  # fmt: skip
    session.execute(_END, given)
    session.execute(_BEGIN, given)
