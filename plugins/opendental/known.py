"""What other rows cannot be read without: put together from what the pulls have kept, and from what the office has chosen."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugins.opendental.mapping import practice
from plugins.opendental.mapping.reading import Row, number, reference, words
from plugins.opendental.mapping.setup import Setup, chairs, codes, e_confirmations
from plugins.opendental.models import Chart, Connection, Cursor, Push
from plugins.opendental.resources import BY_NAME, Resource
from tenants.models import Clinic

DEFINED = ("procedurecodes", "allergydefs", "diseasedefs", "medications")
_PREFERENCE = "Appt"


def setup_of(session: Session, practice_id: UUID, time_zone: str, now: datetime) -> Setup:
    """What is known of the practice by now."""
    rows = session.execute(select(Cursor.resource, Cursor.kept).where(Cursor.practice_id == practice_id, Cursor.kept != []))
    kept: dict[str, list[Row]] = dict(rows.all())
    clinics = select(Clinic.external_id, Clinic.time_zone).where(Clinic.practice_id == practice_id, Clinic.external_id.is_not(None))
    choices = session.scalar(select(Connection.choices).where(Connection.practice_id == practice_id)) or {}
    receipts = select(Push.theirs, Push.receipt).where(Push.practice_id == practice_id, Push.receipt != "", Push.theirs != "")
    mine = select(Push.kind, Push.change_id, Push.theirs, Push.target_id).where(Push.practice_id == practice_id, Push.kind.in_(("appointment.booked", "patient.added")))
    pushed = session.execute(mine).all()
    gone = session.scalars(select(Chart.number).where(Chart.practice_id == practice_id, Chart.is_gone))
    definitions = kept.get("definitions", [])
    return Setup(
        time_zone,
        zones={str(number_): zone for number_, zone in session.execute(clinics)},
        confirmations=e_confirmations(kept.get("preferences", [])),
        own_confirmations=choices.get("confirmations", {}),
        own_categories=choices.get("categories", {}),
        chairs=chairs(kept.get("operatories", [])),
        codes=codes(kept.get("procedurecodes", [])),
        names={number(row, "DefNum"): words(row, "ItemName", 100) for row in definitions},
        defined={name: {number(row, BY_NAME[name].key): row for row in kept.get(name, [])} for name in DEFINED} | {"insplans": _carriers(kept)},
        receipts=dict(session.execute(receipts).all()),
        made={change_id.hex: str(target_id) for kind, change_id, _, target_id in pushed if kind == "appointment.booked"},
        added={theirs: str(target_id) for kind, _, theirs, target_id in pushed if kind == "patient.added" and theirs},
        statement_categories=frozenset(number(row, "DefNum") for row in definitions if practice.keeps_statements(row)),
        folders=practice.folders(definitions),
        gone=frozenset(gone),
        today=now.astimezone(ZoneInfo(time_zone)).date(),
    )


def kept_of(resource: Resource, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """What is kept of rows: the columns that others are read with, of preferences only those about visits."""
    if not resource.kept:
        return []
    chosen = rows if resource.name != "preferences" else (row for row in rows if words(row, "PrefName", 80).startswith(_PREFERENCE))
    kept = ({name: row.get(name) for name in resource.kept} for row in chosen)
    return [row for row in kept if resource.name == "preferences" or reference(row, resource.key)]


def _carriers(kept: Mapping[str, list[Row]]) -> dict[str, Row]:
    """The insurance company of each plan by the plan's number."""
    companies = {number(row, "CarrierNum"): row for row in kept.get("carriers", [])}
    return {number(row, "PlanNum"): companies.get(reference(row, "CarrierNum") or "", {}) for row in kept.get("insplans", [])}
