"""`cuspid import images`: a folder, or an archive, of pictures, PDFs and DICOM files."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import select

from core.cli import importing
from core.cli.importing import chosen_at, opened, printable, reader_at, take_in, tell
from core.cli.practice import AtPractice, at_practice
from core.local import Problem
from core.people.models import Patient
from core.records.importing.found import Found
from core.records.importing.readers import Reader, WrongChoice
from plugins.images.naming.places import Place, in_archive, in_folder
from plugins.images.naming.reading import Naming, read
from plugins.images.readers import IMAGES, RULES, naming_of

OF_MANY, OF_ONE = RULES["by-day"], "{title}.{ext}"


@click.command("images")
@click.argument("place", type=click.Path(exists=True, path_type=Path), metavar="FOLDER_OR_ZIP")
@click.option("--practice", "slug", required=True, help="The practice that they are for, such as sunrise.")
@click.option("--rule", help=f"How the files are named, from the end of their paths.  [default: {OF_MANY}, and with --patient {OF_ONE}]")
@click.option("--patient", "number", help="Whose they all are: the patient's number in the practice's own system.")
@click.option("--folder", "name", default="", help="The office's folder for them, where the rule says none; a new one is shared.  [default: Images]")
@click.option("--source", default="images", show_default=True, help="Where they come from; its name stands before each number.")
@importing.other_system
@click.option("--dry-run", is_flag=True, help="Say what would become of them, and change nothing.")
def import_images(place: Path, slug: str, rule: str | None, number: str | None, name: str, source: str, other_system: bool, dry_run: bool) -> None:
    """Take in X-rays, photos, PDFs and DICOM files.

    Whose a picture is, and when it was taken, is read from its path by a rule such as {patient}/{date:%Y-%m-%d}_{folder}_{title}.{ext} (docs/formats.md), and of a
    DICOM file from its tags first. A file that does not follow the rule, cannot be opened, or is not what its name says is told with its path and its reason, and the
    others are taken in. Each is opened in a process of its own, and kept without what cameras write into it, such as the place. Taking the same files in again changes
    nothing. Ends with 1 when anything was refused.
    """
    with at_practice(slug) as at:
        reader = reader_at(at, IMAGES.name)
        naming = _naming(at, rule or (OF_ONE if number else OF_MANY), number, name, source, other_system)
        if place.is_dir():
            report = _of_folder(at, reader, place, naming, dry_run)
        else:
            with opened(reader, place) as files:
                report = take_in(at, source, dry_run, _settled(at, reader, in_archive(files.handles[0]), naming), files.show, naming.is_second)
    tell(report, dry_run)


def _naming(at: AtPractice, rule: str, number: str | None, name: str, source: str, other_system: bool) -> Naming:
    is_here = number is None or at.session.scalar(select(Patient.id).where(Patient.practice_id == at.id, Patient.external_id == number))
    if not is_here:
        raise Problem(f"This practice has no patient with the number {number!r}.")
    try:
        return naming_of(chosen_at(at, source, other_system and number is None, rule), number or "", name)
    except WrongChoice as wrong:
        raise Problem(str(wrong)) from None


def _of_folder(at: AtPractice, reader: Reader, folder: Path, naming: Naming, dry_run: bool):
    """Take in the files of a folder, under a bar."""
    length = sum(place.size for place in in_folder(folder, naming.zone))
    with click.progressbar(length=length, label=printable(folder.name), file=sys.stderr) as bar:

        def shown() -> Iterator[Place]:
            for place in in_folder(folder, naming.zone):
                yield place
                bar.update(place.size)

        report = take_in(at, naming.source, dry_run, _settled(at, reader, shown(), naming), lambda: None, naming.is_second)
        bar.update(length - bar.pos)
    return report


def _settled(at: AtPractice, reader: Reader, places: Iterator[Place], naming: Naming) -> Iterator[Found]:
    yield from reader.settle(at.session, read(places, naming))
