"""`cuspid import images`: a folder of pictures and PDFs for one patient."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.app import configure
from core.config import load
from core.db import SessionFactory, bind_tenant
from core.files import PracticeFiles
from core.files.disposition import safe_name
from core.local import Problem
from core.people.models import Patient
from core.safety import UnsafeFile
from plugins.images.models import Folder
from plugins.images.services import adding
from tenants.practices import CannotMakePractice, find

# What systems leave in folders by themselves.
_NOISE = frozenset({"thumbs.db", "desktop.ini"})
_SAYS = {"added": "taken in.", "completed": "taken in, as the file of an image that was announced.", "known": "already here."}


@click.command("images")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER")
@click.option("--practice", "slug", required=True, help="The practice that they are for, such as sunrise.")
@click.option("--patient", "number", required=True, help="Whose they are: the patient's number in the practice's own system.")
@click.option(
    "--folder", "name", default="Images", show_default=True, help="The office's folder; it is made, and shared, if there is none."
)
def import_images(source: Path, slug: str, number: str, name: str) -> None:
    """Take in the X-rays, photos and PDFs of one patient.

    Reads every file in FOLDER and below: JPEG, PNG, WebP and PDF, of at most 40 MB and 50 million pixels. Each is opened in a
    process of its own and kept without what cameras write into it, such as the place. A file that cannot be opened, or is
    not what its name says, is refused with its reason and nothing of it is kept; the others are taken in. A file that was
    taken in before changes nothing. Ends with 1 when any was refused.
    """
    registry = _registry()
    with SessionFactory(bind=registry.engine) as session:
        bind_tenant(session, _practice(session, slug))
        patient = _patient(session, number)
        files = registry.files.within(session.info["practice_id"])
        zone = registry.tenants.current(files.practice_id, patient.clinic_id).time_zone
        taken = [_take(session, files, patient, name, path, _day(path, zone)) for path in _files(source)]
        click.echo(_summary(taken, adding.find_folder(session, files.practice_id, name)))
    sys.exit(0 if all(taken) else 1)


def _registry():
    application = configure(load())
    application.commit()
    return application.registry


def _practice(session: Session, slug: str):
    try:
        return find(session, slug)
    except CannotMakePractice as wrong:
        raise Problem(str(wrong)) from None


def _patient(session: Session, number: str) -> Patient:
    mine = Patient.practice_id == session.info["practice_id"], Patient.external_id == number
    found = session.scalars(select(Patient).where(*mine)).one_or_none()
    if found is None:
        raise Problem(f"This practice has no patient with the number {number!r}.")
    return found


def _files(source: Path) -> list[Path]:
    """Every file in and below the folder, by name; not those that are hidden."""
    found = (path for path in source.rglob("*") if not path.is_dir())
    return sorted(path for path in found if not path.name.startswith(".") and path.name.lower() not in _NOISE)


def _take(session: Session, files: PracticeFiles, patient: Patient, folder: str, path: Path, day: date) -> bool:
    """Take one file in, in a transaction of its own, and say what became of it; False when it was refused."""
    try:
        # A new folder comes and goes with its first file.
        into = adding.folder(session, files.practice_id, folder)
        added = adding.add(session, files, patient.id, into.id, path, path.name, adding.About(day))
    except UnsafeFile as refusal:
        session.rollback()
        return _say(path, f"refused. {refusal.reason}", False)
    if added.outcome == "known":
        session.rollback()
    else:
        audit.record(session, files.practice_id, "images.image.add", datetime.now(UTC), patient_id=patient.id, target_id=added.image_id)
        session.commit()
    return _say(path, _SAYS[added.outcome], True)


def _day(path: Path, zone: ZoneInfo) -> date:
    """The day on which the file was written, where the patient's clinic is; for what no camera dated."""
    return datetime.fromtimestamp(path.lstat().st_mtime, zone).date()


def _say(path: Path, words: str, taken: bool) -> bool:
    click.secho(f"{safe_name(path.name)}: {words}", fg=None if taken else "red", err=not taken)
    return taken


def _summary(taken: list[bool], folder: Folder | None) -> str:
    if not taken:
        return "There is no file in this folder."
    refused = f", {taken.count(False)} refused" if False in taken else ""
    hidden = f" The folder {folder.name!r} is not shared, so patients do not see them." if folder and not folder.shared else ""
    return f"{taken.count(True)} of {len(taken)} files are in the portal{refused}.{hidden}"
