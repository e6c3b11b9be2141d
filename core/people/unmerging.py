"""Taking back that two charts became one.

The number gets its chart again, with the id that it had. What stood under it at the merge goes back, and so does what came in for its number since;
with it goes what was made since and hangs on nothing else (core/people/moved.py). Everything else that was made meanwhile stays with the kept
chart. What the merge dropped because both charts had it, and what the two were to each other, is not brought back: the practice's system sends it again.

A merge in the practice's system (`FOLLOWED`) is taken back when that says so, at any time. One of the office is taken back by the office, for 90 days:
no record that comes in does it. After 90 days nothing is kept of the chart as it was, only which rows came from it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.auth.joining import Joined
from core.auth.parting import part_access
from core.people import changes
from core.people.family import looked_after_by, refresh_grants
from core.people.found_by import keep_words
from core.people.merging import FOLLOWED
from core.people.models import MergedChart, Patient
from core.people.moved import Back, take_back
from core.people.pictures import KEPT, restored
from core.plugins import PluginHost
from core.records.changes import Thing
from core.sql import among


class CannotUnmerge(Exception):
    """The merge can’t be taken back; the text says why and what to do."""


def can_undo(merged: MergedChart) -> bool:
    """Whether the office can take this merge back: it is one of its own, and what the chart was is kept still."""
    return merged.reason != FOLLOWED and merged.was is not None


def unmerge(session: Session, host: PluginHost, practice_id: UUID, kept_id: UUID, chart_id: UUID, reason: str, now: datetime, by: UUID | None = None) -> Patient:
    """Take a merge of the office back; returns the chart that is one of its own again. Raises CannotUnmerge, and the caller must roll back then."""
    merged = _lock(session, practice_id, [chart_id]).get(chart_id)
    if merged is None or merged.patient_id != kept_id:
        raise CannotUnmerge("The other chart is not part of this one any more. Somebody may have taken the merge back already.")
    if not can_undo(merged):
        raise CannotUnmerge("Your practice system has merged the two. Take it back there." if merged.reason == FOLLOWED else f"After {KEPT.days} days a merge cannot be taken back.")
    chart = _take_back(session, host, merged, {}, now, by)
    details = changes.UnmergedDetails(restored=Thing(portal_id=chart.id, table=Patient.__tablename__), reason=reason)
    changes.note_of(session, changes.UNMERGED, practice_id, kept_id, now, details)
    return chart


def followed(session: Session, numbers: Collection[str]) -> dict[str, UUID]:
    """The charts with these numbers that the practice's system has merged; until the transaction ends nobody else takes them back."""
    practice_id: UUID = session.info["practice_id"]
    mine = (MergedChart.practice_id == practice_id, among(MergedChart.external_id, numbers), MergedChart.reason == FOLLOWED)
    ids = list(session.scalars(select(MergedChart.id).where(*mine)))
    return {merged.external_id: id_ for id_, merged in _lock(session, practice_id, ids).items() if merged.external_id} if ids else {}


def unfollow(session: Session, host: PluginHost, records: Mapping[str, Mapping[str, Any]]) -> set[UUID]:
    """Take merges back because the practice's system has: those of the charts with these numbers, each with what its record says of the person.

    They are those that `followed` has found. Returns the charts on whose records that may tell.
    """
    practice_id: UUID = session.info["practice_id"]
    mine = (MergedChart.practice_id == practice_id, among(MergedChart.external_id, records))
    concerned: set[UUID] = set()
    for merged in session.scalars(select(MergedChart).where(*mine).order_by(MergedChart.merged_at.desc(), MergedChart.id)).all():
        session.refresh(merged)
        concerned |= {merged.id, merged.patient_id}
        _take_back(session, host, merged, dict(records[str(merged.external_id)]), datetime.now(UTC), None)
    return concerned


def merged_into(session: Session, practice_id: UUID, kept_id: UUID) -> list[MergedChart]:
    """The charts that became part of this one, the last one first."""
    mine = (MergedChart.practice_id == practice_id, MergedChart.patient_id == kept_id)
    return list(session.scalars(select(MergedChart).where(*mine).order_by(MergedChart.merged_at.desc(), MergedChart.id)))


def _lock(session: Session, practice_id: UUID, ids: Iterable[UUID]) -> dict[UUID, MergedChart]:
    """These merges, and the charts that are kept: whoever merges those into others at this moment comes before or after."""
    merges = select(MergedChart).where(MergedChart.practice_id == practice_id, among(MergedChart.id, ids)).execution_options(populate_existing=True)
    held: set[UUID] = set()
    while True:
        found = list(session.scalars(merges))
        kept = {merged.patient_id for merged in found}
        if kept <= held:
            return {merged.id: merged for merged in session.scalars(merges.order_by(MergedChart.id).with_for_update()) if merged.patient_id in held}
        charts = select(Patient.id).where(Patient.practice_id == practice_id, Patient.id.in_(kept)).order_by(Patient.id).with_for_update(key_share=True)
        held |= set(session.scalars(charts)) | kept


def _take_back(session: Session, host: PluginHost, merged: MergedChart, said: dict[str, Any], now: datetime, by: UUID | None) -> Patient:
    practice_id, chart_id, kept_id = merged.practice_id, merged.id, merged.patient_id
    before = looked_after_by(session, practice_id, kept_id)
    chart = restored(session, merged, said)
    session.add(chart)
    session.flush()
    take_back(session, Back(practice_id, chart_id, kept_id, merged.merged_at), host.plugins)
    session.expire_all()
    part_access(session, Joined(practice_id, kept_id, chart_id, now, by), merged.merged_at, (merged.was or {}).get("emails", {}))
    _give_back_choices(session, merged)
    session.delete(merged)
    session.flush()
    keep_words(session, [chart_id, kept_id])
    refresh_grants(session, practice_id, now, before | looked_after_by(session, practice_id, chart_id))
    audit.record(session, practice_id, "office.patients.unmerge", now, account_id=by, patient_id=kept_id, target_id=chart_id)
    return chart


def _give_back_choices(session: Session, merged: MergedChart) -> None:
    """What the absorbed chart did not want counts no more for a kept one that no practice's system sends: that would say it itself."""
    kept = session.get_one(Patient, (merged.practice_id, merged.patient_id))
    was = (merged.was or {}).get("kept")
    if was and kept.source != "records":
        kept.is_confidential, kept.text_ok = was["is_confidential"], was["text_ok"]
