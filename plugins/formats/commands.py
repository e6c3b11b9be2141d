"""`cuspid import fhir` and `cuspid import care`: files of other systems, by the door through which all records come."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from core.cli.import_records import Taking, printable
from core.cli.practice import AtPractice, at_practice
from core.records import uploaded
from core.records.kinds import kinds_at
from plugins.formats.ccda import reading as ccda_reading
from plugins.formats.ccda.document import DOCUMENT
from plugins.formats.fhir import reading as fhir_reading
from plugins.formats.found import Fault, Found, LeftOut, Record

BATCH = 500
XML = "application/xml"

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
        _take(Taking(at, source, dry_run), fhir_reading.read(handle, source, _zone(at)))


@click.command("care")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE...")
@_practice
@click.option("--patient", "number", help="Whose they are: the patient's number in the practice's own system. Else whoever each document names.")
@click.option("--source", default="ccda", show_default=True, help="Where they come from; its name stands before each number.")
@_dry_run
def import_care(files: tuple[Path, ...], slug: str, number: str | None, source: str, dry_run: bool) -> None:
    """Take in care documents (C-CDA): the document, and the lists that it holds.

    Problems, allergies, medicines, vaccinations, results, vital signs, procedures and smoking become records of the patient, and the document is shown under Summary.
    With --patient you say whose they are; a document that contradicts the chart is then refused. Ends with 1 when anything was refused.
    """
    with at_practice(slug) as at:
        found = (one for file in files for one in _of_document(at, file, source, number, dry_run))
        _take(Taking(at, source, dry_run), found)


def _zone(at: AtPractice) -> ZoneInfo:
    return at.registry.tenants.current(at.id).time_zone


def _take(taking: Taking, found: Iterable[Found]) -> None:
    """Take in what was read, a batch at a time, and say what became of it."""
    left: Counter[str] = Counter()
    for number, batch in enumerate(_batches(found)):
        left.update(one.what for one in batch if isinstance(one, LeftOut))
        faults = [f"{one.place}: {one.reason}" for one in batch if isinstance(one, Fault)]
        records = [one for one in batch if isinstance(one, dict)]
        taking.take_records(records, faults, f"Records {number * BATCH + 1:,} and following", f"record {number * BATCH + 1:,}")
    taking.end()
    for words in [*taking.report(), *(f"Left out: {count:,} × {printable(what)}" for what, count in left.most_common())]:
        click.echo(words)
    click.get_current_context().exit(1 if taking.refused else 0)


def _batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    waiting = iter(found)
    while batch := list(islice(waiting, BATCH)):
        yield batch


def _of_document(at: AtPractice, file: Path, source: str, number: str | None, dry_run: bool) -> Iterator[Found]:
    """The records of one document, of the patient who is named here if one is."""
    with file.open("rb") as handle:
        for one in ccda_reading.read(handle, source, _zone(at)):
            if isinstance(one, Fault):
                yield Fault(f"{file.name}, {one.place}", one.reason)
            elif isinstance(one, LeftOut):
                yield one
            elif one["kind"] != "patient" or number is None:
                whose = {"patient": number} if number else {}
                yield from _with_file(at, file, one | (whose if "patient" in one else {}), dry_run)


def _with_file(at: AtPractice, file: Path, record: Record, dry_run: bool) -> Iterator[Record]:
    """A record as it goes in: that of the document with the document. A dry run stores no files, and is silent on it."""
    if record["kind"] != DOCUMENT:
        yield record
    elif not dry_run:
        data = file.read_bytes()
        store, kinds = at.registry.files.within(at.id), kinds_at(at.registry, at.id)
        if DOCUMENT in kinds:
            with file.open("rb") as handle:
                begun = uploaded.begin(at.session, store, kinds, uploaded.Announced(DOCUMENT, len(data), XML, hashlib.sha256(data).hexdigest()), at.now)
                uploaded.receive(at.session, store, begun.id, handle, at.now)
            record = record | {"file": str(begun.id)}
        yield record
