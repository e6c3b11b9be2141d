"""The demo's part of this tab: a care document that another office sent."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.people.models import Patient
from core.records import runs, uploaded
from core.records.kinds import kinds_for
from plugins.summary.ccd.build import build
from plugins.summary.ccd.content import Address, Chart, Clinician, Edition, Medication, Office, Procedure, Subject, VitalSigns
from plugins.summary.services.documents import CONTENT_TYPE
from tenants.demo.harbor import beatrice
from tenants.demo.sunrise import elena

_SENT_TO = (elena.NUMBER, beatrice.NUMBER)
_AGO = timedelta(days=68)
KIND = "care_document"
_ZONE = ZoneInfo("America/Denver")
_SURGERY = Address(("410 Canyon Boulevard", "Suite 3"), "Boulder", "CO", "80302")


def make(db: Session, registry, practice_id: UUID, patients: Mapping[str, Patient], now: datetime) -> None:
    """Let an oral surgeon have written about each of two patients; the letters come in as records with their files."""
    store, written_at = registry.files.within(practice_id), (now - _AGO).astimezone(_ZONE).replace(hour=14, minute=10)
    for number in _SENT_TO:
        if number in patients:
            kinds = kinds_for(registry, frozenset({"summary"}))
            document = build(_letter(patients[number], written_at))
            announced = uploaded.Announced(KIND, len(document), CONTENT_TYPE, sha256(document).hexdigest())
            upload = uploaded.begin(db, store, kinds, announced, datetime.now(UTC))
            uploaded.receive(db, store, upload.id, io.BytesIO(document), datetime.now(UTC))
            runs.receive(db, kinds, [{"kind": KIND, "external_id": f"{number}-LETTER", "patient": number, "file": upload.id}], "demo", now)


def _letter(patient: Patient, written_at: datetime) -> Edition:
    office = Office(uuid5(patient.id, "office"), "Foothills Oral Surgery", _SURGERY, "303-555-0199", "desk@foothills.example.test")
    surgeon = Clinician(uuid5(patient.id, "surgeon"), "Dr.", "Priya", "Raman", "DMD", "")
    return Edition(uuid5(patient.id, "letter"), written_at, office, _chart(patient, surgeon, written_at))


def _chart(patient: Patient, surgeon: Clinician, at: datetime) -> Chart:
    day = at.date()

    def id_of(what: str) -> UUID:
        return uuid5(patient.id, what)

    return Chart(
        _subject(patient),
        surgeon,
        medications=(
            Medication(
                id_of("medicine"),
                "Ibuprofen 600 mg",
                "stopped",
                "One tablet every six hours with food, for three days",
                "",
                day,
                day + timedelta(days=3),
            ),
        ),
        vital_signs=(VitalSigns(id_of("vital signs"), at, 124, 79, 68, None, 98, None, None, None),),
        procedures=(
            Procedure(id_of("panorama"), "Panoramic X-ray", "completed", "D0330", "", "", surgeon.name, day),
            Procedure(id_of("removal"), "Wisdom tooth removed, partly in the bone", "completed", "D7230", "17", "", surgeon.name, day),
            Procedure(id_of("control"), "Control of healing", "planned", "", "", "", "", day + timedelta(days=14)),
        ),
    )


def _subject(patient: Patient) -> Subject:
    address = Address(tuple(filter(None, (patient.address_1, patient.address_2))), patient.city, patient.state, patient.postal_code)
    names = patient.first_name, patient.last_name, ""
    return Subject(patient.id, "F-2207", *names, patient.birthdate, patient.sex, address, patient.phone, patient.email, "en-US")
