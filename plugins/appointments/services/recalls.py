"""When patients are due for which visit, and what they may book."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from core.prepared import Prepared
from plugins.appointments.models import Preference, Recall
from plugins.appointments.offering import RECALL, Due, Kind, Reason, reasons_of, recalls_of

# A recall has a visit while one of its type is to come: whether the office made it or the patient, whether the system has said so or not.
_OFFERED = Prepared(
    text("""
select
    (select json_agg(json_build_array(recall.patient_id, recall.id, recall.recall_type_id, recall.due_on, recall.pattern, recall.is_disabled,
            recall.disabled_until, recall.scheduled_on, exists (select from appointments_appointment visit where visit.practice_id = :practice_id
                and visit.patient_id = recall.patient_id and visit.status = 'scheduled' and visit.starts_at > :now
                and (visit.id = recall.appointment_id or visit.recall_type_id = recall.recall_type_id))))
        from appointments_recall recall where recall.practice_id = :practice_id and recall.patient_id = any(:people)),
    (select json_agg(json_build_array(kind.id, kind.words, kind.pattern, kind.procedures, null, kind.max_age, kind.joins_special, kind.special,
            kind.blockout_type_ids, kind.only_in_blockouts, kind.position))
        from appointments_recall_type kind where kind.practice_id = :practice_id and not kind.is_hidden),
    (select json_agg(json_build_array(kind.for_existing, kind.for_new, kind.id, kind.words, kind.pattern, kind.procedures, kind.min_age, kind.max_age,
            false, '', kind.blockout_type_ids, kind.only_in_blockouts, kind.position))
        from appointments_type kind where kind.practice_id = :practice_id and not kind.is_hidden and kind.words <> ''),
    (select json_agg(json_build_array(chair.clinic_id, chair.takes_recalls, chair.appointment_type_ids))
        from appointments_operatory chair where chair.practice_id = :practice_id and not chair.is_hidden),
    (select json_agg(liking.patient_id) from appointments_preference liking
        where liking.practice_id = :practice_id and liking.is_restricted and liking.patient_id = any(:people))
""")
)


@dataclass(frozen=True, slots=True)
class Chair:
    """What patients may book in an operatory."""

    clinic_id: UUID | None
    takes_recalls: bool
    type_ids: frozenset[UUID]

    def takes(self, reason: Reason) -> bool:
        """Whether a visit for this may be here."""
        return self.takes_recalls if reason.what == RECALL else reason.type_id in self.type_ids


@dataclass(frozen=True, slots=True)
class Offered:
    """What a practice lets patients book, and what some of them are due for; whoever is `restricted` books with the office only."""

    dues: Mapping[UUID, Sequence[Due]]
    existing: Sequence[Kind]
    new: Sequence[Kind]
    chairs: Sequence[Chair]
    restricted: frozenset[UUID]

    def for_patient(self, patient_id: UUID, born: date | None, today: date, settings: Mapping[str, Any]) -> list[Reason]:
        """What a patient may book: due recalls, the recalls that are due later, then the office's reasons; nothing for one who is restricted."""
        if patient_id in self.restricted:
            return []
        dues = self.dues.get(patient_id, ()) if settings["appointments.book_recall"] else ()
        recalls = recalls_of(dues, born, today, settings["appointments.recall_from_due"])
        others = reasons_of(self.existing, born, today) if settings["appointments.book_existing"] else []
        return self._somewhere([*recalls, *others])

    def for_newcomer(self, born: date | None, today: date) -> list[Reason]:
        """The reasons for which somebody comes who was never here; those for every age while the birthdate is not known."""
        kinds = self.new if born else [replace(kind, min_age=None, max_age=None) for kind in self.new]
        return self._somewhere(reasons_of(kinds, born, today))

    def clinics_for(self, reason: Reason) -> frozenset[UUID | None]:
        """At which clinics a visit for this can be."""
        return frozenset(chair.clinic_id for chair in self.chairs if chair.takes(reason))

    def _somewhere(self, reasons: Sequence[Reason]) -> list[Reason]:
        return [reason for reason in reasons if self.clinics_for(reason)]


def offered(session: Session, practice_id: UUID, patient_ids: Collection[UUID], now: datetime, today: date) -> Offered:
    """What may be booked, with the recalls of these patients; one statement."""
    asked = {"practice_id": practice_id, "people": list(patient_ids), "now": now}
    recalls, recall_kinds, types, chairs, restricted = _OFFERED.one(session, asked)
    kinds = {kind.id: kind for kind in (_kind(*row) for row in recall_kinds or ())}
    dues: dict[UUID, list[Due]] = {}
    for patient_id, id_, kind_id, *rest in recalls or ():
        if UUID(kind_id) in kinds:
            dues.setdefault(UUID(patient_id), []).append(_due(UUID(id_), kinds[UUID(kind_id)], today, *rest))
    sorts = [(for_existing, for_new, _kind(*rest)) for for_existing, for_new, *rest in types or ()]
    return Offered(
        dues, [kind for existing, _, kind in sorts if existing], [kind for _, new, kind in sorts if new],
        [Chair(UUID(clinic) if clinic else None, recall, frozenset(map(UUID, ids))) for clinic, recall, ids in chairs or ()],
        frozenset(UUID(id_) for id_ in restricted or ()),
    )  # fmt: skip


def link(session: Session, practice_id: UUID, recall_ids: Collection[UUID], visit_id: UUID, day: date) -> None:
    """These recalls have a visit now."""
    if recall_ids:
        mine = (Recall.practice_id == practice_id, Recall.id.in_(recall_ids))
        session.execute(update(Recall).where(*mine).values(appointment_id=visit_id, scheduled_on=day))


def _kind(
    id_: str, words: str, pattern: str, procedures: list, min_age: int | None, max_age: int | None, joins: bool, special: str,
    blockouts: list[str], only_in_blockouts: bool, position: int,
) -> Kind:  # fmt: skip
    return Kind(
        UUID(id_), words, pattern, procedures, min_age, max_age, joins, special, frozenset(map(UUID, blockouts)), only_in_blockouts, position
    )


def _due(
    id_: UUID, kind: Kind, today: date, due_on: str | None, pattern: str, is_disabled: bool, disabled_until: str | None,
    scheduled_on: str | None, has_visit: bool,
) -> Due:  # fmt: skip
    is_scheduled = has_visit or (scheduled_on is not None and date.fromisoformat(scheduled_on) >= today)
    return Due(id_, kind, _day(due_on), pattern, is_disabled, _day(disabled_until), is_scheduled)


def _day(text_: str | None) -> date | None:
    return date.fromisoformat(text_) if text_ else None


def join(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """Before two charts become one: a recall, or preferences, that the kept chart has too are given up by the other."""
    has_own = select(Preference.id).where(Preference.practice_id == practice_id, Preference.patient_id == kept)
    theirs = (Preference.practice_id == practice_id, Preference.patient_id == absorbed)
    session.execute(delete(Preference).where(*theirs, has_own.exists()))
    has = select(Recall.recall_type_id).where(Recall.practice_id == practice_id, Recall.patient_id == kept)
    doubled = (Recall.practice_id == practice_id, Recall.patient_id == absorbed, Recall.recall_type_id.in_(has))
    session.execute(delete(Recall).where(*doubled))
