"""Making an export, a part at a time. Each part is one task and one transaction; whatever breaks it off, the next try makes the same part anew."""

import io
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import BinaryIO, cast
from uuid import UUID

from sqlalchemy import select, text

from core import audit
from core.audit_search import Place
from core.files import NoSuchFile, PracticeFiles
from core.files.transaction import put_with
from core.people.models import Patient
from core.plugins import ExportFile
from core.tasks import Work, enqueue, portal_task
from tenants.exporting import own, person, practice
from tenants.exporting.archive import Part, pieces
from tenants.exporting.names import BODY, DIRECTORY, LISTING, folder_of, key_of, plain_name
from tenants.exporting.readme import README, readme
from tenants.exporting.services import admins
from tenants.models import Export

MOST_PEOPLE, MOST_SECONDS, LARGE_ENOUGH = 200, 3, 32 * 1024 * 1024
"""When a part is whole: soon, so that the page sees it move, and whoever stops it does not wait."""
PRACTICE = "practice"
# Large files are read and stored while the database has nothing to do.
_WAIT_FOR_FILES = text("set local idle_in_transaction_session_timeout = '3min'")


class Making:
    """The part that is under way."""

    def __init__(self, work: Work, export: Export, part: Part):
        self.work, self.db, self.export, self.practice_id, self.part = work, work.db, export, export.practice_id, part
        self.files: PracticeFiles = work.registry.files.within(export.practice_id)
        self.told = dict(export.told)

    def put(self, folder: str, file: ExportFile, general: str = "") -> None:
        """Put a file into a folder, unless it is the office's and the export is a patient's; `general` is how the README calls the folder."""
        if file.office_only and self.export.patient_id:
            return
        name = plain_name(file.name)
        self.told[f"{general or folder}/{name if not file.key else '*'}"] = file.about
        if not file.key:
            self.part.add(f"{folder}/{name}", io.BytesIO(file.content))
            return
        try:
            stored = self.files.open(file.key)
        except NoSuchFile:
            self.part.add(f"{folder}/{name}.missing.txt", io.BytesIO(b"This file is not in its place any more.\n"))
            return
        with stored:
            self.part.add(f"{folder}/{name}", stored)


@portal_task("export.make_part")
def make_part(work: Work, export_id: str) -> None:
    """Make the next part of an export, and ask for the one after it; behind the last one it is ready."""
    export = _running(work, UUID(export_id))
    if export is None:
        return
    if export.is_own and own.left_out(work.db, export, work.now) is None:
        own.stop(work.db, export, work.now)
        return
    work.db.execute(_WAIT_FOR_FILES)
    last = export.stage == "end"
    with Part(export.body_size, export.asked_at) as part:
        making = Making(work, export, part)
        _STEPS[export.stage](making)
        _keep(making)
    if last:
        _offer(work, export)
    else:
        enqueue(work.db, "export.make_part", export_id=export_id)


def _running(work: Work, export_id: UUID) -> Export | None:
    mine = (Export.practice_id == work.tenant.practice_id, Export.id == export_id, Export.state == "running")
    return work.db.scalars(select(Export).where(*mine).with_for_update()).one_or_none()


def _patients(making: Making) -> None:
    export, until = making.export, time.monotonic() + MOST_SECONDS
    some = _next_patients(making)
    for patient in some:
        _patient(making, patient)
        export.place, export.people_done = str(patient.id), export.people_done + 1
        if time.monotonic() > until or making.part.size > LARGE_ENOUGH:
            return
    if len(some) < MOST_PEOPLE:
        export.stage, export.place = "practice", ""


def _next_patients(making: Making) -> list[Patient]:
    export = making.export
    where = [Patient.practice_id == export.practice_id]
    where += [Patient.id == export.patient_id] if export.patient_id else []
    where += [Patient.id > UUID(export.place)] if export.place else []
    return list(making.db.scalars(select(Patient).where(*where).order_by(Patient.id).limit(MOST_PEOPLE)))


def _patient(making: Making, patient: Patient) -> None:
    folder, general = f"patients/{folder_of(patient)}", "patients/*"
    left_out = own.left_out(making.db, making.export, making.work.now) if making.export.is_own else None
    for file in person.files(making.db, patient):
        if file.name.partition(".")[0] not in (left_out or ()):
            making.put(folder, file, general)
    for tab, file in _of_tabs(making, patient.id):
        making.put(f"{folder}/{tab}", file, f"{general}/{tab}")


def _of_tabs(making: Making, person_id: UUID | None) -> Iterator[tuple[str, ExportFile]]:
    """What the tabs hold, on or off: it is part of the record either way. Who takes a record along alone gets the tabs that were on."""
    host, tabs = making.work.registry.plugins, making.export.tabs
    hooks = host.installed if tabs is None else host.enabled(frozenset(tabs))
    for tab, answer in hooks.demand("portal_export", making.db, practice_id=making.practice_id, person_id=person_id):
        for file in answer or ():
            yield tab, file


def _practice(making: Making) -> None:
    for file in practice.names(making.db, making.practice_id):
        making.put(PRACTICE, file)
    making.export.stage = "end"
    if making.export.patient_id is None:
        for file in practice.files(making.db, making.practice_id):
            making.put(PRACTICE, file)
        for tab, file in _of_tabs(making, None):
            making.put(f"{PRACTICE}/{tab}", file)
        making.export.stage = "audit"


def _audit(making: Making) -> None:
    export = making.export
    number, at, id_ = export.place.split(" ") if export.place else ("0", "", "")
    before = Place(datetime.fromisoformat(at), UUID(id_)) if at else None
    made, further = practice.audit(making.db, export.practice_id, before, int(number) + 1)
    for file in made:
        making.told[f"{PRACTICE}/audit/audit-*{file.name[len('audit-0000') :]}"] = file.about
        making.part.add(f"{PRACTICE}/audit/{file.name}", io.BytesIO(file.content))
    export.place = f"{int(number) + 1} {further.at.isoformat()} {further.id}" if further else ""
    export.stage = "audit" if further else "end"


def _describe(making: Making) -> None:
    """The last files: what each of the others is, and by which its SHA-256 can be checked."""
    words = readme(making.export, making.work.tenant, making.told, making.work.now)
    making.part.add(README, io.BytesIO(words.encode()))
    making.part.add("manifest-sha256.txt", cast(BinaryIO, _Listing(making)))


_STEPS = {"patients": _patients, "practice": _practice, "audit": _audit, "end": _describe}


class _Listing(io.RawIOBase):
    """All lines of the manifest, read part by part."""

    def __init__(self, making: Making):
        self._pieces = self._all(making)

    def _all(self, making: Making) -> Iterator[bytes]:
        for number in range(making.export.parts):
            yield from pieces(making.files.open(key_of(making.export, LISTING, number)))
        yield "".join(making.part.listing).encode()

    def read(self, size: int = -1) -> bytes:
        return next((piece for piece in self._pieces if piece), b"")


def _keep(making: Making) -> None:
    """Store the part and count it; its keys are always the same, so a part that was left behind is written over."""
    export, part = making.export, making.part
    listing, files = "".join(part.listing).encode(), len(part.listing)
    body, directory = part.close()
    for what, stream in ((BODY, part.file), (DIRECTORY, io.BytesIO(directory)), (LISTING, io.BytesIO(listing))):
        put_with(making.db, making.files, key_of(export, what, export.parts), stream, "application/octet-stream")
    export.parts, export.files = export.parts + 1, export.files + files
    export.body_size, export.directory_size, export.told = export.body_size + body, export.directory_size + len(directory), making.told


def _offer(work: Work, export: Export) -> None:
    export.state, export.ready_at, export.until = "ready", work.now, work.now + timedelta(days=export.days)
    audit.record(work.db, export.practice_id, "portal.record.ready" if export.is_own else "office.export.ready", work.now, account_id=export.asked_by, patient_id=export.patient_id, target_id=export.id)
    enqueue(work.db, "export.erase", at=export.until, export_id=str(export.id))
    for account_id in [export.asked_by] if export.asked_by else admins(work.db, export.practice_id):
        enqueue(work.db, "export.tell", export_id=str(export.id), account_id=str(account_id))
