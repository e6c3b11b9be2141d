"""The report on the use of the portal: everything that a page shows, in two statements, whatever the number of patients."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, text
from sqlalchemy.orm import Session

from core.usage.meanings import DID, VIEWED
from core.usage.roll_up import AT_ONCE, USES, State, state_of

Unit = Literal["week", "month"]
# People, not visits: somebody who comes ten times counts once. The days that have no rows yet are counted from the log.
_REPORT = text(f"""
with live as materialized (
    select * from ({USES}) uses
), raw as (
    select day, person_id, was_invited, signed_in, viewed, did, whats from portal_use where practice_id = :practice and day between :first and :last
    union all
    select * from live where day between :first and :last
), use as materialized (
    select raw.day, raw.was_invited, raw.signed_in, raw.viewed, raw.did, raw.whats, who.person_id, patient.clinic_id
    from raw
    left join patient_merged merged on merged.practice_id = :practice and merged.id = raw.person_id
    cross join lateral (select coalesce(merged.patient_id, raw.person_id) as person_id) who
    left join patient on patient.practice_id = :practice and patient.id = who.person_id
    where cast(:clinics as uuid[]) is null or patient.clinic_id = any(cast(:clinics as uuid[]))
), part as materialized (
    select date_trunc(:unit, day::timestamp)::date as at, person_id, clinic_id,
        bool_or(was_invited) as invited, bool_or(signed_in) as signed_in, bool_or(viewed) as viewed, bool_or(did) as did
    from use group by at, person_id, clinic_id
), person as materialized (
    select person_id, clinic_id, bool_or(invited) as invited, bool_or(signed_in) as signed_in, bool_or(viewed) as viewed, bool_or(did) as did,
        min(at) filter (where signed_in) as since
    from part group by person_id, clinic_id
), earlier as (
    select person_id from portal_use where practice_id = :practice and is_first and day < :first
    union select person_id from live where signed_in and day < :first
), newcomer as materialized (
    select person.clinic_id, person.since from person left join earlier on earlier.person_id = person.person_id
    where person.signed_in and earlier.person_id is null
)
select 'whole' as part, null::date as at, null::uuid as clinic_id, '' as what, count(*) filter (where invited) as invited,
    (select count(*) from newcomer) as is_new, count(*) filter (where signed_in) as signed_in, count(*) filter (where viewed) as viewed,
    count(*) filter (where did) as did from person
union all
select 'at', part.at, null, '', count(*) filter (where invited), 0,
    count(*) filter (where signed_in), count(*) filter (where viewed), count(*) filter (where did) from part group by part.at
union all
select 'clinic', null, person.clinic_id, '', count(*) filter (where invited),
    0, count(*) filter (where signed_in), count(*) filter (where viewed), count(*) filter (where did) from person group by person.clinic_id
union all
select 'at', since, null, '', 0, count(*), 0, 0, 0 from newcomer group by since
union all
select 'clinic', null, clinic_id, '', 0, count(*), 0, 0, 0 from newcomer group by clinic_id
union all
select 'invited', null, null, '', count(*), 0, count(*) filter (where signed_in), count(*) filter (where signed_in and viewed),
    count(*) filter (where signed_in and did) from person where invited
union all
select 'what', null, null, what, 0, 0, count(*), 0, 0 from (select distinct unnest(whats) as what, person_id from use) each group by what
""").bindparams(bindparam("clinics", type_=ARRAY(Uuid)), bindparam("actions", type_=ARRAY(Text)), bindparam("whats", type_=ARRAY(Text)))  # noqa: S608

MOST_LIVE = 200_000
"""So many entries of the log are counted in a second or two."""
_ONE_TOO_MANY = text("select happened_at from audit_event where practice_id = :practice and happened_at >= :begins order by happened_at desc offset :most limit 1")


class Numbers(NamedTuple):
    """So many people were invited, signed in for the first time, signed in, looked at a tab, did something."""

    invited: int = 0
    is_new: int = 0
    signed_in: int = 0
    viewed: int = 0
    did: int = 0


@dataclass(frozen=True)
class Report:
    """The use of the portal over a period. `parts` are its weeks or months in order, each by its first day, also those in which nothing was done;
    `of_invited` says how far those came who were invited in the period; `views` by tab, `acts` by action, the most first. `counted_from` is the first day
    that is in it, where the log holds too many entries of earlier days for them to be counted while somebody waits."""

    whole: Numbers
    of_invited: Numbers
    parts: dict[date, Numbers]
    clinics: dict[UUID | None, Numbers]
    views: dict[str, int]
    acts: dict[str, int]
    counted_from: date | None = None


class Period(NamedTuple):
    """From the first day to the last, in weeks or months."""

    first: date
    last: date
    unit: Unit

    def parts(self) -> list[date]:
        """The first day of each week (a Monday) or month."""
        found = [_begin(self.first, self.unit)]
        while (following := _begin(found[-1] + timedelta(days=32 if self.unit == "month" else 7), self.unit)) <= self.last:
            found.append(following)
        return found


def report(session: Session, practice_id: UUID, period: Period, now: datetime, clinic_ids: Collection[UUID] = ()) -> Report:
    """The numbers of a period, those of patients of these clinics; none means everybody."""
    state = state_of(session, practice_id)
    today = now.astimezone(state.zone).date()
    late = _counted_from(session, practice_id, state, today)
    live_from = late or state.next or today
    parameters = {
        "practice": practice_id, "first": period.first, "last": period.last, "unit": period.unit, "clinics": list(clinic_ids) or None,
        **state.uses(live_from, max(today, live_from)),
    }  # fmt: skip
    rows = session.execute(_REPORT, parameters).all()
    found: dict[tuple, Numbers] = {}
    for row in rows:
        key = (row.part, row.at, row.clinic_id, row.what)
        found[key] = Numbers(*(one + other for one, other in zip(found.get(key, Numbers()), row[4:], strict=True)))
    each = sorted(((what, numbers.signed_in) for (part, _, _, what), numbers in found.items() if part == "what"), key=lambda pair: (-pair[1], pair[0]))
    return Report(
        found["whole", None, None, ""],
        found["invited", None, None, ""],
        {at: found.get(("at", at, None, ""), Numbers()) for at in period.parts()},
        {clinic_id: numbers for (part, _, clinic_id, _), numbers in found.items() if part == "clinic"},
        {what.removeprefix(VIEWED): number for what, number in each if what.startswith(VIEWED)},
        {what.removeprefix(DID): number for what, number in each if what.startswith(DID)},
        late,
    )


def _counted_from(session: Session, practice_id: UUID, state: State, today: date) -> date | None:
    """Where days have had no rows for long, as before the first hour of an installation that had no reports: the day after the entry that is one too many
    to be counted now; None where all can be."""
    if state.next is None or today - state.next <= AT_ONCE:
        return None
    begins = datetime.combine(state.next, time(), state.zone)
    last = session.scalar(_ONE_TOO_MANY, {"practice": practice_id, "begins": begins, "most": MOST_LIVE})
    return last.astimezone(state.zone).date() + timedelta(days=1) if last else None


def _begin(day: date, unit: Unit) -> date:
    return day.replace(day=1) if unit == "month" else day - timedelta(days=day.weekday())
