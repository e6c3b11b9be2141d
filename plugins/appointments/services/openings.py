"""Open times of a clinic: its book is read with one statement, and the rules in `slots` say the rest."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.prepared import Prepared
from core.tenant import Tenant
from plugins.appointments import slots
from plugins.appointments.offering import RECALL, TYPE, Reason
from plugins.appointments.services.clock import midnight
from plugins.appointments.slots import Blockout, Book, Hours, Operatory, Rule, Slot, Taken, Wanted

DAY = timedelta(days=1)
LONGEST = timedelta(hours=12)
# Hours and blockouts that name no operatory count at their clinic, or everywhere; a visit counts where its operatory or whoever does it is of
# the clinic. Time that was given up a moment ago is still taken: it can be taken back. What is alike comes once, with the days or minutes at
# which it begins: thousands of rows would cost more than the search.
_LOAD = Prepared(
    text("""
with chair as (
    select id, position, provider_id, hygienist_id, is_hygiene, takes_recalls, appointment_type_ids from appointments_operatory
    where practice_id = :practice_id and not is_hidden and clinic_id is not distinct from cast(:clinic_id as uuid)
), block as (
    select provider_id, blockout_type_id, operatory_ids, starts, ends, array_agg(held_on - :first) as days from appointments_schedule
    where practice_id = :practice_id and held_on between :first and :last and case when operatory_ids = '{}'
        then clinic_id is null or clinic_id = cast(:clinic_id as uuid) else operatory_ids && array(select id from chair) end
    group by provider_id, blockout_type_id, operatory_ids, starts, ends
), worker as (
    select provider_id as id from block union select provider_id from chair union select hygienist_id from chair
), rule as (
    select first_code, last_code from appointments_rule where practice_id = :practice_id and is_enabled and not cast(:prevents as boolean)
), visit as (
    select operatory_id, case when is_hygiene and hygienist_id is not null then hygienist_id else provider_id end as worker_id, minutes, pattern,
        case when exists (select from rule) then jsonb_path_query_array(procedures, '$[*].code') end as codes,
        array_agg(extract(epoch from starts_at)::bigint / 60) as begins
    from appointments_appointment
    where practice_id = :practice_id and starts_at > :since and starts_at < :until and status in ('scheduled', 'complete')
        and id is distinct from cast(:without as uuid)
    group by 1, 2, 3, 4, 5
)
select
    (select json_agg(json_build_array(id, position, provider_id, hygienist_id, is_hygiene, takes_recalls, appointment_type_ids) order by position, id) from chair),
    (select json_agg(json_build_array(provider_id, operatory_ids, starts, ends, days) order by provider_id) from block where provider_id is not null),
    (select json_agg(json_build_array(blockout_type_id, operatory_ids, starts, ends, days)) from block where blockout_type_id is not null),
    (select json_agg(json_build_array(operatory_id, worker_id, minutes, pattern, codes, begins))
        from visit where operatory_id in (select id from chair) or worker_id in (select id from worker)),
    (select json_agg(json_build_array(resource_id, resource_id, extract(epoch from upper(span) - lower(span))::int / 60, '', null,
            array[extract(epoch from lower(span))::bigint / 60]))
        from appointments_hold where practice_id = :practice_id and kept_until > :now and span && tstzrange(:since, :until)
        and appointment_id is distinct from cast(:without as uuid)),
    (select json_agg(json_build_array(extract(epoch from starts_at)::bigint / 60, minutes)) from appointments_appointment
        where practice_id = :practice_id and patient_id = :patient_id and starts_at > :since and starts_at < :until
        and status in ('scheduled', 'complete') and id is distinct from cast(:without as uuid)),
    (select json_agg(id) from appointments_blockout_type where practice_id = :practice_id and is_open_to_web),
    (select json_agg(json_build_array(first_code, last_code)) from rule),
    (select provider_id from patient where practice_id = :practice_id and id = :patient_id),
    (select hygienist_id from appointments_appointment where practice_id = :practice_id and patient_id = :patient_id and status = 'complete'
        and hygienist_id is not null order by starts_at desc limit 1),
    exists (select from appointments_preference where practice_id = :practice_id and patient_id = :patient_id and is_restricted)
""")
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A clinic's book for some days, and what bears on times of one patient: own visits, own provider, hygienist of the last visit."""

    book: Book
    own_visits: tuple[tuple[int, int], ...] = ()
    provider_id: UUID | None = None
    hygienist_id: UUID | None = None
    is_restricted: bool = False

    def by_rule(self, rule: str) -> frozenset[UUID] | None:
        """Whose times are offered by the office's rule; everybody's, where the patient has no such provider."""
        one = {"primary": self.provider_id, "secondary": self.hygienist_id, "hygienist": self.hygienist_id}.get(rule)
        return frozenset({one}) if one else None


@dataclass(frozen=True, slots=True)
class Found:
    """Open times, with one provider where one was chosen, and all providers who have some."""

    slots: list[Slot]
    provider_ids: list[UUID]


def load(
    session: Session, place: Tenant, first: date, last: date, now: datetime, patient_id: UUID | None = None, without: UUID | None = None
) -> Loaded:
    """The book from one day to another at the clinic of `place`; one statement. `without` is a visit that is to be moved."""
    zone = place.time_zone
    asked = {
        "practice_id": place.practice_id, "clinic_id": place.clinic_id, "first": first, "last": last, "now": now, "patient_id": patient_id,
        "since": midnight(first, zone) - LONGEST, "until": midnight(last + DAY, zone), "without": without,
        "prevents": place.settings["appointments.prevent_double_booking"],
    }  # fmt: skip
    chairs, hours, blockouts, taken, kept, own, open_types, rules, provider_id, hygienist_id, is_restricted = _LOAD.one(session, asked)
    id_of = _Ids()
    book = Book(
        zone, first, last, int(place.settings["appointments.increment"]), place.clinic_id,
        [_operatory(id_of, place.clinic_id, *row) for row in chairs or ()], list(_blocks(Hours, id_of, first, hours)), list(_blocks(Blockout, id_of, first, blockouts)),
        [visit for rows in (taken, kept) for visit in _visits(id_of, rows)],
        frozenset(_days_off(place, first, last)), frozenset(id_of.several(open_types or ())), asked["prevents"],
        [Rule(*row) for row in rules or ()],
    )  # fmt: skip
    return Loaded(book, tuple((begins, minutes) for begins, minutes in own or ()), provider_id, hygienist_id, is_restricted)


def wanted(place: Tenant, reason: Reason, loaded: Loaded, now: datetime, provider_id: UUID | None = None) -> Wanted:
    """What somebody looks for. Times of whom they have chosen are offered, else of those that the office's rule for recall visits names."""
    settings, is_recall = place.settings, reason.what == RECALL
    chosen = frozenset({provider_id}) if provider_id else None
    last = slots.last_day(now, place.time_zone, settings["appointments.horizon_months"])
    return Wanted(
        reason.pattern, slots.earliest(now, place.time_zone, settings["appointments.lead_days"], settings["appointments.lead_hours"]),
        min(last, reason.last_day or last), is_recall, reason.type_id if reason.what == TYPE else None,
        chosen or (loaded.by_rule(settings["appointments.provider_rule"]) if is_recall else None), reason.blockout_type_ids,
        reason.only_in_blockouts, reason.first_day, loaded.own_visits, back_to_back=True, codes=reason.codes,
    )  # fmt: skip


def find(
    session: Session, place: Tenant, reason: Reason, patient_id: UUID | None, days: tuple[date, date], now: datetime, provider_id: UUID | None = None
) -> Found:
    """Every open time of these days for a patient, or for somebody who was never here; one statement."""
    loaded = load(session, place, *days, now, patient_id)
    everybody = slots.openings(loaded.book, wanted(place, reason, loaded, now))
    mine = slots.openings(loaded.book, wanted(place, reason, loaded, now, provider_id)) if provider_id else everybody
    return Found(mine, list(dict.fromkeys(slot.provider_id for slot in [*everybody, *mine])))


def _operatory(id_of: "_Ids", clinic_id: UUID | None, id_: str, position: int, provider: str, hygienist: str, is_hygiene: bool, recalls: bool, types: list[str]):
    return Operatory(id_of[id_], position, id_of[provider], id_of[hygienist], is_hygiene, clinic_id, recalls, frozenset(id_of.several(types)))


def _blocks(kind: type, id_of: "_Ids", first: date, rows: list | None) -> Iterator:
    """Hours or blockouts, one for each of their days."""
    for whose, operatory_ids, starts, ends, days in rows or ():
        ids, one = id_of.several(operatory_ids), id_of[whose]
        for number in days:
            yield kind(first + number * DAY, starts, ends, one, ids)


def _visits(id_of: "_Ids", rows: list | None) -> Iterator[Taken]:
    """Visits, one for each moment at which they begin."""
    for chair, worker, minutes, pattern, codes, begins in rows or ():
        where, who, known = id_of[chair], id_of[worker], tuple(codes or ())
        for begin in begins:
            yield Taken(where, who, begin, minutes, pattern, known)


def _days_off(place: Tenant, first: date, last: date) -> Iterator[date]:
    """The closed days of the clinic; of a practice without clinics none."""
    for closing in place.clinic.closings if place.clinic else ():
        day = max(closing.first_on, first)
        while day <= min(closing.last_on, last):
            yield day
            day += DAY


class _Ids(dict):
    """Each id once: reading them costs more than looking them up."""

    def __missing__(self, id_: str | None) -> UUID | None:
        found = self[id_] = None if id_ is None else UUID(id_)
        return found

    def several(self, ids: Collection[str]) -> tuple:
        """A list of ids."""
        return tuple(self[id_] for id_ in ids)
