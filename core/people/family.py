"""Who may see whose record because the practice's system says so: the guarantor the family, a guardian the ward, and a responsible party.

These rules become grants (core/people/models.py, Grant), made anew whenever patients, relationships, accounts or the office's rules
change: for all of the practice, or only for whom the change concerns. What a birthday will change stands in them ahead of time, so that
it holds at midnight though nothing runs then. What an office or a patient has granted by hand is left alone.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, union
from sqlalchemy.orm import Session

from core.people.models import Patient, Relationship
from core.settings import chosen

GIVEN_BY, BY_ACCOUNT = "practice system", "account"
"""Who gave a grant: the rules here; or a patient, or a child's guardian, in the portal (core/people/offers.py)."""
RULES = frozenset({"portal.guarantor_access", "portal.adult_age", "portal.narrow_age", "portal.narrowed_tabs"})
"""The settings that decide here; a change of one makes the grants anew."""


def _birthday(age: str) -> str:
    """Midnight on the practice's calendar; who was born on February 29 has the birthday on March 1 in other years."""
    day = f"(born + make_interval(years => {age}))"
    return f"({day}::date + (extract(day from {day}) <> extract(day from born))::integer)::timestamp at time zone :time_zone"


_NARROWS, _OF_AGE = _birthday(":narrow_age"), _birthday(":adult_age")
# A confidential record is hidden from every representative. A birthdate that is still to come is a slip, and says nothing about an age.
_PEOPLE = f"""
with person as (
    select id, guarantor_id, responsible_party_id, case when :narrow_age > 0 then {_NARROWS} end as narrows, {_OF_AGE} as of_age
    from (select *, case when birthdate <= (:now at time zone :time_zone)::date then birthdate end as born from patient) patient
    where practice_id = :practice and not is_confidential /* for some: id = any(:people) */
), guardian as (
    select patient_id, related_id, bool_or(relation in ('guardian', 'caregiver')) as is_lasting
    from relationship where practice_id = :practice and is_guardian /* for some: patient_id = any(:people) */ group by patient_id, related_id
), holder as (
    select id, patient_id from account where practice_id = :practice and closed_at is null /* for some: patient_id = any(array(
        select guarantor_id from person union select responsible_party_id from person union select related_id from guardian)) */
)"""  # noqa: S608
# Where a guardian is marked, that mark alone says what they are to each other: else a birthday would end nothing for a parent who is
# the guarantor, too. A caregiver and a guardian by name have no birthdays: they look after grown-ups, too. A guarantor's access
# narrows with the birthday and never opens again, so it stays narrow for who is of age.
_ENTITLED = """entitled (account_id, patient_id, relation, level, narrows, ends) as (
    select holder.id, person.id, 'guarantor', 'act', person.narrows, null::timestamptz
    from holder join person on person.guarantor_id = holder.patient_id
    where person.id <> holder.patient_id and :guarantors and not exists (
        select from guardian where guardian.patient_id = person.id and guardian.related_id = holder.patient_id)
    union all
    select holder.id, person.id, 'guardian', 'act', case when not is_lasting then person.narrows end, case when not is_lasting then person.of_age end
    from guardian join holder on holder.patient_id = guardian.related_id join person on person.id = guardian.patient_id
    where person.id <> holder.patient_id
    union all
    select holder.id, person.id, 'responsible party', 'see', null, null
    from holder join person on person.responsible_party_id = holder.patient_id
    where person.id <> holder.patient_id
)"""
# Every tab until the first birthday that changes something, then the tabs that are kept.
_DESIRED = """desired (account_id, patient_id, relation, level, plugin, since, until) as (
    select account_id, patient_id, relation, level, '*', :now, least(narrows, ends)
    from entitled where coalesce(least(narrows, ends) > :now, true)
    union all
    select account_id, patient_id, relation, level, tab, greatest(narrows, :now), ends
    from entitled cross join unnest(cast(:tabs as text[])) tab
    where narrows is not null and coalesce(ends > greatest(narrows, :now), true)
)"""
_MINE = "g.practice_id = :practice /* for some: g.patient_id = any(:people) */ and g.given_by = :given_by and (g.until is null or g.until > :now)"
_SAME = """(d.account_id, d.patient_id, d.relation, d.level, d.plugin) = (g.account_id, g.patient_id, g.relation, g.level, g.plugin)
    and d.since = greatest(g.since, :now) and d.until is not distinct from g.until"""
# What a guardian has given lasts no longer than what the guardian has.
_ON_LOAN = """g.practice_id = :practice /* for some: g.patient_id = any(:people) */ and g.given_by = :by_account and (g.until is null or g.until > :now)
    and not exists (select from account giver where giver.practice_id = :practice and giver.id = g.giver_id and giver.patient_id = g.patient_id)
    and not exists (select from desired d where d.account_id = g.giver_id and d.patient_id = g.patient_id and d.relation = 'guardian'
        and d.since <= :now and d.plugin in ('*', g.plugin) and (d.level = 'act' or g.level = 'see'))"""
# What never began is no history.
_RENEW = f"""{_PEOPLE}, {_ENTITLED}, {_DESIRED}, called_off as (
    delete from access_grant g where {_MINE} and g.since > :now and not exists (select from desired d where {_SAME})
), ended as (
    update access_grant g set until = :now where {_MINE} and g.since <= :now and not exists (select from desired d where {_SAME})
), called_in as (
    update access_grant g set until = :now where {_ON_LOAN}
)
insert into access_grant (practice_id, id, account_id, patient_id, plugin, level, relation, given_by, since, until)
select :practice, gen_random_uuid(), d.account_id, d.patient_id, d.plugin, d.level, d.relation, :given_by, d.since, d.until
from desired d where not exists (select from access_grant g where {_MINE} and {_SAME})"""  # noqa: S608
# Two statements, as the database would read everybody where it has to ask first which of the two is meant.
_ALL, _SOME = (re.sub(r"/\* for some: (.*?) \*/", more, _RENEW, flags=re.DOTALL) for more in ("", r"and \1"))
_RENEW_ALL, _RENEW_SOME = text(f"{_ALL}"), text(f"{_SOME}")
# Locked: two who make the grants anew at the same moment come one after the other, else both would add the same.
_ZONE = text("select time_zone from practice where id = :practice for no key update")


@dataclass(frozen=True)
class Rules:
    """What the office has decided: whether guarantors see the family, from which ages on what, and on whose calendar."""

    guarantor_access: bool
    adult_age: int
    narrow_age: int
    narrowed_tabs: tuple[str, ...]
    time_zone: str


def rules_of(session: Session, practice_id: UUID) -> Rules:
    """The practice's rules as of now; until the transaction ends nobody else makes grants by them."""
    time_zone = session.execute(_ZONE, {"practice": practice_id}).scalar_one()
    kept = chosen(session, practice_id)
    return Rules(kept.guarantor_access, kept.adult_age, kept.narrow_age, tuple(sorted(set(kept.narrowed_tabs))), time_zone)


def refresh_grants(session: Session, practice_id: UUID, now: datetime, people: Collection[UUID] | None = None) -> None:
    """Make the grants of the practice's system what its rules say now; those that no longer hold end, and stay as history.

    `people` are those on whose records the rules may say something else than before; without them it is everybody.
    """
    session.flush()
    _renew(session, practice_id, rules_of(session, practice_id), now, people)


def refresh_grants_to(session: Session, practice_id: UUID, patient_id: UUID, now: datetime) -> None:
    """The same after an account of this patient was opened or closed, or has become this patient's: on the records of the family and of wards."""
    session.flush()
    # In this order: who is added to the family at this moment is either seen here, or finds the account.
    rules = rules_of(session, practice_id)
    _renew(session, practice_id, rules, now, looked_after_by(session, practice_id, patient_id))


def looked_after_by(session: Session, practice_id: UUID, patient_id: UUID) -> set[UUID]:
    """The patient, the family whose head that is, and wards."""
    columns = (Patient.guarantor_id, Patient.responsible_party_id)
    family = (select(Patient.id).where(Patient.practice_id == practice_id, column == patient_id) for column in columns)
    wards = select(Relationship.patient_id).where(Relationship.practice_id == practice_id, Relationship.related_id == patient_id)
    return {patient_id, *session.scalars(union(*family, wards))}


def _renew(session: Session, practice_id: UUID, rules: Rules, now: datetime, people: Collection[UUID] | None) -> None:
    given = {
        "practice": practice_id, "now": now, "given_by": GIVEN_BY, "by_account": BY_ACCOUNT, "guarantors": rules.guarantor_access, "adult_age": rules.adult_age,
        "narrow_age": rules.narrow_age, "tabs": list(rules.narrowed_tabs), "time_zone": rules.time_zone,
    }  # fmt: skip
    if people is None:
        session.execute(_RENEW_ALL, given)
    else:
        session.execute(_RENEW_SOME, given | {"people": sorted(people)})
