"""What of the tab needs doing besides confirming: offers of an earlier time, recall visits that nobody has booked, and requests that the office has answered."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, func, select, text
from sqlalchemy.orm import Session

from core.prepared import Prepared
from plugins.appointments.offering import SOON
from plugins.appointments.services.requests import SHOWN_FOR

# A recall asks for a visit as in plugins/appointments/offering.py: it is due within 30 days, has no visit, is not disabled, and is for this age.
DUE = """recall.practice_id = :practice_id and recall.due_on <= :appointments_soon and not recall.is_disabled
    and (recall.disabled_until is null or recall.disabled_until <= :appointments_today) and (recall.scheduled_on is null or recall.scheduled_on < :appointments_today)
    and sort.words <> '' and not sort.is_hidden
    and (sort.max_age is null or patient.birthdate > :appointments_today - make_interval(years => sort.max_age + 1))
    and not exists (select from appointments_appointment visit where visit.practice_id = :practice_id and visit.patient_id = recall.patient_id
        and visit.status = 'scheduled' and visit.starts_at > :now and (visit.id = recall.appointment_id or visit.recall_type_id = recall.recall_type_id))"""
RECALLS = """appointments_recall recall join appointments_recall_type sort on sort.practice_id = recall.practice_id and sort.id = recall.recall_type_id
    join patient on patient.practice_id = recall.practice_id and patient.id = recall.patient_id"""
ANSWERED = "request.practice_id = :practice_id and request.state in ('accepted', 'declined') and request.seen_at is null"
# What the office has still to answer: see `WAITS` in services/requests.py.
ANSWERS = select(func.count()).select_from(text("appointments_request request")).where(text(f"{ANSWERED} and request.patient_id = :patient_id"))
"""How many answers of the office a patient has not read."""
BOOKABLE = select(func.count()).select_from(text(f"{RECALLS}")).where(text(f"{DUE} and recall.patient_id = :patient_id"))
"""How many recall visits of a patient nobody has booked."""
OFFERS = select(func.count()).select_from(
    text("appointments_offer offer join appointments_opening opening on opening.practice_id = offer.practice_id and opening.id = offer.opening_id")
).where(text("""offer.practice_id = :practice_id and offer.patient_id = :patient_id and offer.asked_at > :now - interval '30 days'
    and offer.state in ('asked', 'sent', 'failed', 'viewed') and opening.state = 'open' and opening.starts_at > :now"""))
"""How many offers of an earlier time a patient has not answered."""
WAITING = """request.state = 'waiting' and (request.appointment_id is null or (visit.status = 'scheduled' and (request.kind <> 'callback' or visit.confirmation = 'callback')))"""
# Those of an entry that waits still, earlier than the visit that they have by now: see `is_wanted` in waiting/answering.py.
OPEN_OFFERS = """appointments_offer offer join appointments_opening opening on opening.practice_id = offer.practice_id and opening.id = offer.opening_id
    join appointments_wait entry on entry.practice_id = offer.practice_id and entry.id = offer.entry_id and entry.ended_at is null
    left join appointments_appointment visit on visit.practice_id = offer.practice_id and visit.id = entry.appointment_id and visit.status = 'scheduled'
    where offer.practice_id = :practice_id and offer.patient_id = :patient_id and offer.state in ('asked', 'sent', 'failed', 'viewed')
    and opening.state = 'open' and opening.starts_at > :now and (visit.id is null or opening.starts_at < visit.starts_at)"""
# Told by three indexes; it may say yes where the whole question finds nothing, never the other way round.
IS_THERE_MORE = text("""exists (select from appointments_request request where request.practice_id = :practice_id and request.patient_id = :patient_id
        and (request.state = 'waiting' or request.state in ('accepted', 'declined')))
    or exists (select from appointments_recall recall where recall.practice_id = :practice_id and recall.patient_id = :patient_id
        and recall.due_on <= :soon and not recall.is_disabled)
    or exists (select from appointments_offer offer where offer.practice_id = :practice_id and offer.patient_id = :patient_id
        and offer.state in ('asked', 'sent', 'failed', 'viewed'))""")
_PAGE = Prepared(
    text(f"""
select
    (select json_agg(json_build_array(request.id, request.kind, request.state, request.words, request.wanted, request.answer, request.made_at,
            request.state <> 'waiting' and request.seen_at is null, visit.starts_at, visit.clinic_id) order by request.id desc)
        from appointments_request request
        left join appointments_appointment visit on visit.practice_id = request.practice_id and visit.id = request.appointment_id
        where request.practice_id = :practice_id and request.patient_id = :patient_id and ({WAITING}
            or (request.state in ('accepted', 'declined') and (request.seen_at is null or request.answered_at > :since)))),
    (select json_agg(json_build_array(sort.words, recall.due_on) order by recall.due_on, sort.words) from {RECALLS}
        where {DUE} and recall.patient_id = :patient_id),
    (select json_agg(json_build_array(offer.id, opening.starts_at, visit.starts_at,
            coalesce(case when opening.is_hygiene then opening.hygienist_id end, opening.provider_id), opening.clinic_id) order by opening.starts_at, offer.id)
        from {OPEN_OFFERS})
""")  # noqa: S608
)
NEEDS_OF = text(f"""
select visit.patient_id, 'confirm' as kind, count(*) as number, '' as words
    from unnest(cast(:appointments_asked as uuid[]), cast(:appointments_lasts as timestamptz[])) as asked (patient_id, last)
    join appointments_appointment visit on visit.patient_id = asked.patient_id and visit.starts_at <= asked.last
    where visit.practice_id = :practice_id and visit.status = 'scheduled' and visit.confirmation not in ('confirmed', 'callback') and visit.starts_at > :now
    group by visit.patient_id
union all select request.patient_id, 'answered', count(*), '' from appointments_request request
    where {ANSWERED} and request.patient_id = any(cast(:appointments_people as uuid[])) group by request.patient_id
union all select recall.patient_id, 'recall', count(*), min(sort.words) from {RECALLS}
    where {DUE} and recall.patient_id = any(cast(:appointments_people as uuid[])) group by recall.patient_id
union all select offer.patient_id, 'offer', count(*), '' from appointments_offer offer
    join appointments_opening opening on opening.practice_id = offer.practice_id and opening.id = offer.opening_id
    where offer.practice_id = :practice_id and offer.patient_id = any(cast(:appointments_people as uuid[])) and offer.asked_at > :now - interval '30 days'
    and offer.state in ('asked', 'sent', 'failed', 'viewed') and opening.state = 'open' and opening.starts_at > :now group by offer.patient_id
""").columns(patient_id=Uuid, kind=Text, number=Integer, words=Text)  # noqa: S608
"""What needs doing for each of several patients: a row for each kind, none for nothing."""


class Asked(NamedTuple):
    """A request as its patient sees it: `wanted` are days and times, `is_new` an answer that nobody has read, `starts_at` of the visit that it is about."""

    id: str
    kind: str
    state: str
    words: str
    wanted: dict
    answer: str
    made_at: datetime
    is_new: bool
    starts_at: datetime | None
    clinic_id: str | None


class DueRecall(NamedTuple):
    """A recall visit that nobody has booked: its words and the day from which on it is due."""

    words: str
    due_on: date


class OpenOffer(NamedTuple):
    """An earlier time that is open still: when, in place of what, with whom and where."""

    id: str
    starts_at: datetime
    instead_of: datetime | None
    provider_id: str | None
    clinic_id: str | None


class Needs(NamedTuple):
    """What needs doing for one patient besides confirming, and the requests that wait."""

    requests: list[Asked]
    recalls: list[DueRecall]
    offers: list[OpenOffer]


NOTHING = Needs([], [], [])


def about(practice_today: date) -> dict[str, Any]:
    """The days with which a recall is held together."""
    return {"appointments_today": practice_today, "appointments_soon": practice_today + SOON}


def of_patient(session: Session, practice_id: UUID, patient_id: UUID, now: datetime, today: date) -> Needs:
    """The requests of a patient that wait or were answered lately, newest first, the recall visits that nobody has booked, and what is offered; one statement."""
    given = {"practice_id": practice_id, "patient_id": patient_id, "now": now, "since": now - SHOWN_FOR}
    requests, recalls, offers = _PAGE.one(session, given | about(today))
    return Needs(
        [_asked(*row) for row in requests or ()],
        [DueRecall(words, date.fromisoformat(day)) for words, day in recalls or ()],
        [OpenOffer(id_, datetime.fromisoformat(starts), _moment(instead), *rest) for id_, starts, instead, *rest in offers or ()],
    )


def _asked(id_, kind, state, words, wanted, answer, made_at, is_new, starts_at, clinic_id) -> Asked:
    return Asked(id_, kind, state, words, wanted, answer, datetime.fromisoformat(made_at), is_new, _moment(starts_at), clinic_id)


def _moment(text_: str | None) -> datetime | None:
    return datetime.fromisoformat(text_) if text_ else None
