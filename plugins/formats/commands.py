"""`cuspid import fhir` and `cuspid import care`: files of other systems, by the door through which all records come."""

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from core.cli.import_records import Taking, printable
from core.cli.practice import AtPractice, at_practice
from core.local import Problem
from core.people.alike import letters
from core.people.models import Patient
from core.records import uploaded
from core.records.kinds import kinds_at
from plugins.formats.ccda import reading as ccda_reading
from plugins.formats.fhir import reading as fhir_reading
from plugins.formats.found import Fault, Found, LeftOut, Record, WithFile
from plugins.formats.tables import reading as table_reading
from plugins.formats.tables.known import KINDS
from plugins.formats.tables.mapping import TableMapping, WrongMapping, read_mapping

BATCH, MOST_FILES = 500, 10

_practice = click.option("--practice", "slug", required=True, help="The practice that they are for, such as sunrise.")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would become of them, and change nothing.")


@click.command("fhir")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@_practice
@click.option("--source", default="fhir", show_default=True, help="The system that they come from; its name stands before each number.")
@_dry_run
def import_fhir(file: Path, slug: str, source: str, dry_run: bool) -> None:
    """Take in FHIR R4 in JSON: a bundle, one resource, or one on each line.

    What becomes of which resource stands in docs/formats.md. A part that cannot be read is told with its place and leaves the others as they are; what the portal
    keeps nothing of is counted. Taking the same file in again changes nothing. Ends with 1 when anything was refused.
    """
    with at_practice(slug) as at, file.open("rb") as handle:
        _take(at, source, dry_run, fhir_reading.read(handle, source, _zone(at)))


@click.command("table")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@_practice
@click.option("--of", "table", type=click.Choice(list(KINDS)), help="What its rows are, where no mapping says it.")
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file that says which column is what (docs/formats.md).")
@click.option("--source", default="table", show_default=True, help="What the office reads as their source.")
@_dry_run
def import_table(file: Path, slug: str, table: str | None, mapping: Path | None, source: str, dry_run: bool) -> None:
    """Take in a table (CSV) of people, appointments or the ledger.

    Its first line names the columns. The usual names are known; others are told by a mapping file. A row that cannot be read is told with its line and column and
    leaves the others as they are. Taking the same file in again changes nothing. Ends with 1 when anything was refused.
    """
    if (table is None) == (mapping is None):
        raise click.UsageError("Say with --of what the rows are, or give a --mapping.")
    try:
        mapped = read_mapping(mapping.read_bytes()) if mapping else TableMapping(str(table))
    except WrongMapping as wrong:
        raise Problem(str(wrong)) from None
    with at_practice(slug) as at, file.open("rb") as handle:
        _take(at, source, dry_run, table_reading.read(handle, _zone(at), mapped))


@click.command("care")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE...")
@_practice
@click.option("--patient", "number", help="Whose they are: the patient's number in the practice's own system. Else whoever each document names.")
@click.option("--source", default="ccda", show_default=True, help="Where they come from; its name stands before each number.")
@_dry_run
def import_care(files: tuple[Path, ...], slug: str, number: str | None, source: str, dry_run: bool) -> None:
    """Take in care documents (C-CDA): the document, and the lists that it holds.

    Problems, allergies, medicines, vaccinations, results, vital signs, procedures and smoking become records of the patient, and the document is shown under Summary.
    With --patient you say whose they are; a document about somebody else is then refused as a whole. Ends with 1 when anything was refused.
    """
    with at_practice(slug) as at:
        patient = _patient(at, number)
        _take(at, source, dry_run, (one for file in files for one in _of_document(at, file, source, patient)))


def _zone(at: AtPractice) -> ZoneInfo:
    return at.registry.tenants.current(at.id).time_zone


def _take(at: AtPractice, source: str, dry_run: bool, found: Iterable[Found]) -> None:
    """Take in what was read, a batch at a time, and say what became of it. Raises Problem where this plugin is off."""
    if not at.registry.tenants.on_somewhere(at.id, "formats"):
        raise Problem("Files from other systems are switched off for this practice, on its page of tabs.")
    taking, sending, left = Taking(at, source, dry_run), _Sending(at, dry_run), Counter[str]()
    for number, batch in enumerate(_batches(found)):
        left.update(one.what for one in batch if isinstance(one, LeftOut))
        faults = [f"{one.place}: {one.reason}" for one in batch if isinstance(one, Fault)]
        records = [record for one in batch if not isinstance(one, Fault | LeftOut) and (record := sending.record(one))]
        taking.take_records(records, faults, f"Records {number * BATCH + 1:,} and following", f"record {number * BATCH + 1:,}")
    taking.end()
    for words in [*taking.report(), *(f"Left out: {count:,} × {printable(what)}" for what, count in left.most_common())]:
        click.echo(words)
    click.get_current_context().exit(1 if taking.refused else 0)


def _batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    """What was read in batches, each with only so many files, which are in memory until they are sent."""
    batch: list[Found] = []
    for one in found:
        batch.append(one)
        if len(batch) == BATCH or sum(isinstance(each, WithFile) for each in batch) == MOST_FILES:
            yield batch
            batch = []
    if batch:
        yield batch


class _Sending:
    """Sends files before the records that have them. A dry run stores none, and is silent on those records."""

    def __init__(self, at: AtPractice, dry_run: bool):
        self._at, self._dry_run = at, dry_run
        self._kinds, self._files = kinds_at(at.registry, at.id), at.registry.files.within(at.id)

    def record(self, found: Record | WithFile) -> Record | None:
        """The record as it goes in."""
        if not isinstance(found, WithFile):
            return found
        if self._dry_run:
            return None
        sent = self._send(found)
        return found.record | ({"file": sent} if sent else {})

    def _send(self, found: WithFile) -> str | None:
        """The id of the upload; None where the record will be refused anyway."""
        sha256 = hashlib.sha256(found.data).hexdigest()
        announced = uploaded.Announced(found.record["kind"], len(found.data), found.content_type, sha256)
        try:
            begun = uploaded.begin(self._at.session, self._files, self._kinds, announced, self._at.now)
        except uploaded.WrongUpload:
            return None
        uploaded.receive(self._at.session, self._files, begun.id, io.BytesIO(found.data), self._at.now)
        return str(begun.id)


def _of_document(at: AtPractice, file: Path, source: str, patient: Patient | None) -> Iterator[Found]:
    """What is in one document, of the patient who is named here if one is; nothing of it where it is about somebody else."""
    with file.open("rb") as handle:
        for one in ccda_reading.read(handle, source, _zone(at)):
            if isinstance(one, Fault):
                yield Fault(f"{file.name}, {one.place}", one.reason)
            elif isinstance(one, WithFile):
                yield replace(one, record=_of(patient, one.record))
            elif isinstance(one, LeftOut) or patient is None or one["kind"] != "patient":
                yield one if isinstance(one, LeftOut) else _of(patient, one)
            elif differs := _differences(patient, one):
                yield Fault(file.name, f"It is about somebody else than the patient who is named: the {' and '.join(differs)} in it differ{'s' if len(differs) == 1 else ''} from the chart.")
                return


def _patient(at: AtPractice, number: str | None) -> Patient | None:
    if number is None:
        return None
    found = at.session.scalars(select(Patient).where(Patient.practice_id == at.id, Patient.external_id == number)).one_or_none()
    if found is None:
        raise Problem(f"This practice has no patient with the number {number!r}.")
    return found


def _differences(patient: Patient, told: Record) -> list[str]:
    """What a document says otherwise of its patient than the chart. What it leaves out does not count."""
    called = {letters(patient.first_name), letters(patient.preferred_name)}
    differs = {
        "birthdate": bool(patient.birthdate and told.get("birthdate") and told["birthdate"] != patient.birthdate.isoformat()),
        "family name": letters(told["last_name"]) != letters(patient.last_name),
        "given name": letters(told["first_name"]) not in called and letters(told.get("preferred_name", "")) not in called - {""},
    }
    return [what for what, differing in differs.items() if differing]


def _of(patient: Patient | None, record: Record) -> Record:
    return record | {"patient": patient.external_id} if patient and "patient" in record else record
