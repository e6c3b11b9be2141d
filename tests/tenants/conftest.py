"""Exports that are really made, and the ZIP as somebody unpacks it."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.safety import testing
from plugins.images.models import Folder
from plugins.images.services import adding
from tenants.exporting import services
from tenants.models import Export

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


class Unpacked(zipfile.ZipFile):
    """A ZIP that is whole, and its lists."""

    def rows(self, ending: str) -> list[dict]:
        """The rows of the only JSON list whose path ends like this."""
        [name] = [name for name in self.namelist() if name.endswith(ending)]
        return json.loads(self.read(name))

    def cells(self) -> list[tuple[str, str]]:
        """Every cell of every CSV file, with the file."""
        lists = [name for name in self.namelist() if name.endswith(".csv")]
        return [(name, cell) for name in lists for row in csv.reader(io.StringIO(self.read(name).decode("utf-8-sig"), newline="")) for cell in row]

    def holds(self, word: str) -> list[str]:
        """The files in which a word stands, or in whose name."""
        return [name for name in self.namelist() if word in name or word.encode() in self.read(name)]


@pytest.fixture
def unpacked(registry, practice):
    """`unpacked(export)`: its ZIP, checked byte by byte."""

    def read(export: Export) -> Unpacked:
        body = b"".join(services.whole(registry.files.within(export.practice_id), export))
        assert len(body) == services.length(export)
        archive = Unpacked(io.BytesIO(body))
        assert archive.testzip() is None
        return archive

    return read


@pytest.fixture
def made(db, practice, work_off):
    """`made(patient)`: a whole export of a patient, or of the practice."""

    def run(patient=None, office=practice) -> Export:
        with office.session() as session:
            export = services.start(session, office.id, None, NOW, patient.id if patient else None)
            session.commit()
        for _ in range(40):
            work_off(office)
            with office.session() as session:
                export = session.get_one(Export, (office.id, export.id))
                if export.state != "running":
                    return export
        raise AssertionError(f"still at {export.stage}")

    return run


@pytest.fixture
def image(registry, practice, db, make):
    """`image(patient, name, shared=True)`: a photo of a patient in a folder."""
    sizes = iter(range(40, 90))

    def add(patient, name: str, shared: bool = True, words: str = "Smile") -> bytes:
        # The same file twice would be one image.
        picture = testing.saved(testing.drawing(next(sizes), 30), "JPEG", quality=70)
        called = "Photos" if shared else "Notes of the office"
        make.take_in([{"kind": "image_folder", "external_id": called, "name": called, "shared": shared, "position": 0}])
        folder = db.scalars(select(Folder.id).where(Folder.practice_id == practice.id, Folder.external_id == called)).one()
        adding.add(db, registry.files.within(practice.id), patient.id, folder, io.BytesIO(picture), name, adding.About(date(2026, 11, 1), words))
        db.commit()
        return picture

    return add


@pytest.fixture
def chart(make):
    """`chart(patient, word)`: something in every tab that takes records, each with the word in it; returns the records' own numbers."""

    def fill(patient, word: str) -> None:
        number = patient.external_id
        make.take_in([
            {"kind": "appointment", "external_id": f"V{number}", "patient": number, "starts_at": "2026-11-01T15:00:00Z", "minutes": 30, "reason": f"{word} visit"},
            {"kind": "ledger_entry", "external_id": f"L{number}", "patient": number, "entry_type": "payment", "entered_on": "2026-11-01", "description": f"{word} entry",
             "amount_cents": -1250},
            {"kind": "statement", "external_id": f"S{number}", "patient": number, "number": f"{word} 1", "sent_on": "2026-11-02", "balance_cents": 9900,
             "lines": [{"entered_on": "2026-11-01", "description": f"{word} line", "amount_cents": 9900}]},
            {"kind": "treatment_plan", "external_id": f"T{number}", "patient": number, "heading": f"{word} plan", "saved_on": "2026-11-03"},
            {"kind": "planned_procedure", "external_id": f"R{number}", "plan": f"T{number}", "description": f"{word} crown", "fee_cents": 120000},
            {"kind": "treatment_plan", "external_id": f"U{number}", "patient": number, "heading": f"{word} thoughts", "saved_on": "2026-11-03", "status": "active"},
            {"kind": "message", "external_id": f"M{number}", "patient": number, "subject": f"{word} subject", "body": f"{word}\nbody", "sent_at": "2026-11-04T15:00:00Z"},
            {"kind": "allergy", "external_id": f"A{number}", "patient": number, "substance": f"{word} latex"},
        ])  # fmt: skip

    return fill


@pytest.fixture
def audited_at():
    """`audited_at(practice)`: what the operator did, in the practice's own audit log."""

    def entries(office) -> list[str]:
        with office.session() as session:
            wanted = select(AuditEvent.action).where(AuditEvent.practice_id == office.id, AuditEvent.action.like("office.practice.%"))
            return list(session.scalars(wanted.order_by(AuditEvent.id)))

    return entries
