"""`cuspid import fhir` and `cuspid import care`: files of other systems, by the door through which all records come."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy import select

from core.cli import importing
from core.cli.importing import chosen_at, opened, reader_at, take_in, tell
from core.cli.practice import AtPractice, at_practice
from core.local import Problem
from core.people.alike import letters
from core.people.models import Patient
from core.records.importing.found import Fault, Found, LeftOut, Record, WithFile
from core.records.importing.readers import Chosen, Reader, WrongChoice
from plugins.formats.readers import CARE, FHIR, TABLE

_practice = click.option("--practice", "slug", required=True, help="The practice that they are for, such as sunrise.")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would become of them, and change nothing.")


@click.command("fhir")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@_practice
@click.option("--source", default="fhir", show_default=True, help="The system that they come from; its name stands before each number.")
@importing.other_system
@_dry_run
def import_fhir(file: Path, slug: str, source: str, other_system: bool, dry_run: bool) -> None:
    """Take in FHIR R4 in JSON: a bundle, one resource, or one on each line.

    What becomes of which resource stands in docs/formats.md. A part that cannot be read is told with its place and leaves the others as they are; what the portal
    keeps nothing of is counted. Taking the same file in again changes nothing. Ends with 1 when anything was refused.
    """
    with at_practice(slug) as at:
        reader = reader_at(at, FHIR.name)
        with opened(reader, file) as files:
            report = take_in(at, source, dry_run, reader.read(files.handles[0], chosen_at(at, source, other_system)), files.show, other_system)
    tell(report, dry_run)


@click.command("table")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@_practice
@click.option("--of", "table", type=click.Choice(list(TABLE.choices)), help="What its rows are, where no mapping says it.")
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file that says which column is what (docs/formats.md).")
@click.option("--source", default="table", show_default=True, help="What the office reads as their source.")
@importing.other_system
@_dry_run
def import_table(file: Path, slug: str, table: str | None, mapping: Path | None, source: str, other_system: bool, dry_run: bool) -> None:
    """Take in a table (CSV) of people, appointments or the ledger.

    Its first line names the columns. The usual names are known; others are told by a mapping file. A row that cannot be read is told with its line and column and
    leaves the others as they are. Taking the same file in again changes nothing. Ends with 1 when anything was refused.
    """
    if (table is None) == (mapping is None):
        raise click.UsageError("Say with --of what the rows are, or give a --mapping.")
    with at_practice(slug) as at:
        reader, chosen = reader_at(at, TABLE.name), chosen_at(at, source, other_system, table or "", mapping.read_bytes() if mapping else None)
        with opened(reader, file) as files:
            try:
                found = reader.read(files.handles[0], chosen)
            except WrongChoice as wrong:
                raise Problem(str(wrong)) from None
            report = take_in(at, source, dry_run, found, files.show, other_system)
    tell(report, dry_run)


@click.command("care")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE...")
@_practice
@click.option("--patient", "number", help="Whose they are: the patient's number in the practice's own system. Else whoever each document names.")
@click.option("--source", default="ccda", show_default=True, help="Where they come from; its name stands before each number.")
@importing.other_system
@_dry_run
def import_care(files: tuple[Path, ...], slug: str, number: str | None, source: str, other_system: bool, dry_run: bool) -> None:
    """Take in care documents (C-CDA): the document, and the lists that it holds.

    Problems, allergies, medicines, vaccinations, results, vital signs, procedures and smoking become records of the patient, and the document is shown under Summary.
    With --patient you say whose they are; a document about somebody else is then refused as a whole. Ends with 1 when anything was refused.
    """
    with at_practice(slug) as at:
        reader, chosen, patient = reader_at(at, CARE.name), chosen_at(at, source, other_system), _patient(at, number)
        with opened(reader, *files) as read:
            found = (one for file, handle in zip(files, read.handles, strict=True) for one in _of_document(reader, chosen, file.name, handle, patient))
            report = take_in(at, source, dry_run, found, read.show, other_system and patient is None)
    tell(report, dry_run)


def _of_document(reader: Reader, chosen: Chosen, name: str, handle: BinaryIO, patient: Patient | None) -> Iterator[Found]:
    """What is in one document, of the patient who is named here if one is; nothing of it where it is about somebody else."""
    for one in reader.read(handle, chosen):
        if isinstance(one, Fault):
            yield Fault(f"{name}, {one.place}", one.reason)
        elif isinstance(one, WithFile):
            yield replace(one, record=_of(patient, one.record))
        elif isinstance(one, LeftOut) or patient is None or one["kind"] != "patient":
            yield one if isinstance(one, LeftOut) else _of(patient, one)
        elif differs := _differences(patient, one):
            yield Fault(name, f"It is about somebody else than the patient who is named: the {' and '.join(differs)} in it differ{'s' if len(differs) == 1 else ''} from the chart.")
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
