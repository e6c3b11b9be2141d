"""Making one chart of two that are of the same person.

The kept chart keeps what it says; everything that stands under the other one moves to it, and the other one is gone. Its number lives on: what
the practice's system still sends for it arrives at the kept chart, but for what it says of the person. What came from it is remembered
(core/people/moved.py), so that it can be taken back (core/people/unmerging.py): by the practice's system what that has merged, by the office what
the office has.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.auth.joining import Joined, join_access
from core.people import changes
from core.people.charts import counts, move_rows, own_tables
from core.people.family import refresh_grants_to
from core.people.found_by import keep_words
from core.people.models import MergedChart, Patient, PatientNumber, PatientWord, Relationship
from core.people.moved import named, remember, remember_guardian
from core.people.pictures import picture
from core.people.recognizing import SAME
from core.plugins import PluginHost
from core.sql import among

SHORTEST_REASON, LONGEST_REASON = 10, 500
FOLLOWED = "The practice’s system has made one chart of the two."


class CannotMerge(Exception):
    """The two charts can’t be made one; the text says why and what to do."""


def merge(
    session: Session, host: PluginHost, practice_id: UUID, kept_id: UUID, absorbed_id: UUID, reason: str, now: datetime, by: UUID | None = None
) -> Patient:
    """Make one chart of two; returns the kept one. Every installed tab is told, on or off. Raises CannotMerge, and the caller must roll back then."""
    kept, absorbed = _lock(session, practice_id, kept_id, absorbed_id)
    was = picture(session, kept, absorbed)
    session.add(MergedChart(id=absorbed_id, external_id=absorbed.external_id, patient_id=kept_id, reason=reason, merged_at=now, merged_by_id=by, was=was))
    remember(session, practice_id, absorbed_id)
    join_access(session, Joined(practice_id, kept_id, absorbed_id, now, by))
    _join_family(session, kept, absorbed)
    session.execute(delete(PatientWord).where(PatientWord.practice_id == practice_id, PatientWord.patient_id == absorbed_id))
    _join_numbers(session, practice_id, kept_id, absorbed_id)
    move_rows(session, practice_id, kept_id, absorbed_id, *own_tables(host.plugins))
    host.installed.tell("portal_patients_merged", session, practice_id=practice_id, kept=kept_id, absorbed=absorbed_id)
    _refuse_what_is_left(session, host, practice_id, absorbed_id)
    _remove(session, absorbed)
    session.flush()
    keep_words(session, [kept_id])
    refresh_grants_to(session, practice_id, kept_id, now)
    if reason != FOLLOWED:
        told = changes.MergedDetails(absorbed_id=absorbed_id, absorbed_number=absorbed.external_id, reason=reason)
        changes.note_of(session, changes.MERGED, practice_id, kept_id, now, told)
    audit.record(session, practice_id, "office.patients.merge", now, account_id=by, patient_id=kept_id, target_id=absorbed_id)
    return kept


def follow(session: Session, host: PluginHost, kept_id: UUID, absorbed_id: UUID, into: str) -> str:
    """Make one chart of two because the practice's system has, which calls the kept one by the number `into`. Answers why it cannot be done, or nothing."""
    try:
        with session.begin_nested():
            merge(session, host, session.info["practice_id"], kept_id, absorbed_id, FOLLOWED, datetime.now(UTC))
    except CannotMerge as refusal:
        return str(refusal)
    # That may be the number of a chart that is part of the kept one: this one is part of that, then.
    named(session, MergedChart.__tablename__, lambda: {absorbed_id: {MergedChart.patient_id.key: into}})
    return ""


def became(session: Session, practice_id: UUID, numbers: Collection[str]) -> dict[str, UUID]:
    """The patients to whose charts those with these numbers were merged, and whose numbers in another system they are, for those that are.

    Until the transaction ends none of these merges is taken back. Of one that was at this very moment nothing is found: the chart is there again.
    """
    of_them = (MergedChart.practice_id == practice_id, among(MergedChart.external_id, numbers))
    merged = select(MergedChart.external_id, MergedChart.patient_id, literal(True)).where(*of_them)
    others = (PatientNumber.practice_id == practice_id, among(PatientNumber.external_id, numbers), PatientNumber.state == SAME)
    found = session.execute(select(PatientNumber.external_id, PatientNumber.patient_id, literal(False)).where(*others).union_all(merged)).all()
    known = {number: patient_id for number, patient_id, is_merged in found if not is_merged}
    if len(known) < len(found):
        held = select(MergedChart.external_id, MergedChart.patient_id).where(*of_them).order_by(MergedChart.id).with_for_update(read=True, key_share=True)
        known |= {str(number): patient_id for number, patient_id in session.execute(held)}
    return known


def _lock(session: Session, practice_id: UUID, kept_id: UUID, absorbed_id: UUID) -> tuple[Patient, Patient]:
    """Both charts; whoever writes to one of them meanwhile waits, and whoever merges them the other way round comes after."""
    if kept_id == absorbed_id:
        raise CannotMerge("These are the same chart. Choose another one.")
    both = select(Patient).where(Patient.practice_id == practice_id, Patient.id.in_((kept_id, absorbed_id))).order_by(Patient.id).with_for_update()
    found: Mapping[UUID, Patient] = {patient.id: patient for patient in session.scalars(both.execution_options(populate_existing=True))}
    if len(found) < 2:
        raise CannotMerge("One of the two charts is not there any more. Somebody may have merged them already.")
    return found[kept_id], found[absorbed_id]


def _join_family(session: Session, kept: Patient, absorbed: Patient) -> None:
    practice_id = kept.practice_id
    kept.is_confidential = kept.is_confidential or absorbed.is_confidential
    kept.text_ok = False if False in (kept.text_ok, absorbed.text_ok) else kept.text_ok or absorbed.text_ok
    for column in (Patient.guarantor_id, Patient.responsible_party_id):
        session.execute(update(Patient).where(Patient.practice_id == practice_id, column == absorbed.id).values({column: kept.id}))
    mine = Relationship.practice_id == practice_id
    guardians = set(session.scalars(select(Relationship.related_id).where(mine, Relationship.patient_id == kept.id, Relationship.is_guardian)))
    for relation in session.scalars(select(Relationship).where(mine, Relationship.patient_id == absorbed.id)).all():
        # By a merge nobody becomes the guardian of a chart: what the practice's system says of it afterwards counts.
        if relation.is_guardian and relation.related_id not in guardians:
            relation.is_guardian = False
            remember_guardian(session, practice_id, absorbed.id, relation.id)
        relation.patient_id = kept.id
    for relation in session.scalars(select(Relationship).where(mine, Relationship.related_id == absorbed.id)).all():
        relation.related_id = kept.id
    session.flush()
    session.execute(delete(Relationship).where(mine, Relationship.patient_id == kept.id, Relationship.related_id == kept.id))


def _join_numbers(session: Session, practice_id: UUID, kept_id: UUID, absorbed_id: UUID) -> None:
    """Of a number about which both charts were asked, one question or answer is left, and a yes counts more."""
    both = (PatientNumber.practice_id == practice_id, PatientNumber.patient_id.in_((kept_id, absorbed_id)))
    found: dict[str, PatientNumber] = {}
    for row in session.scalars(select(PatientNumber).where(*both).order_by(PatientNumber.state == SAME, PatientNumber.patient_id == kept_id)):
        if row.external_id in found:
            session.delete(found[row.external_id])
        found[row.external_id] = row
    session.flush()


def _refuse_what_is_left(session: Session, host: PluginHost, practice_id: UUID, absorbed_id: UUID) -> None:
    """A tab that failed, or does not listen, must not lose what it holds."""
    for plugin, left in counts(session, practice_id, host.plugins, [absorbed_id]).items():
        if left:
            raise CannotMerge(f"The tab {host.plugins[plugin].title} could not move what it holds, so nothing was changed. Please tell whoever runs the portal.")


def _remove(session: Session, absorbed: Patient) -> None:
    try:
        with session.begin_nested():
            session.execute(delete(Patient).where(Patient.practice_id == absorbed.practice_id, Patient.id == absorbed.id))
    except IntegrityError:
        raise CannotMerge("Something still stands under the other chart, so nothing was changed. Please tell whoever runs the portal.") from None
    session.expunge(absorbed)
