"""`cuspid import ccd`: care documents from files."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.app import configure
from core.config import load
from core.db import SessionFactory, bind_tenant
from core.files import PracticeFiles
from core.local import Problem
from core.people.models import Patient
from core.safety import UnsafeFile
from plugins.summary.services import receiving
from tenants.practices import CannotMakePractice, find

SET_ASIDE = {
    "nobody": "set aside: no patient of this practice has this name, birthdate and one of postal code, phone or e-mail.",
    "unclear": "set aside: it does not say clearly enough whose it is. Name the patient with --patient.",
    "conflict": "set aside: the patient already has another document that bears the same number.",
}
"""Why a document is shown to nobody yet."""


@click.command("ccd")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--practice", "slug", required=True, help="The practice that received them, such as sunrise.")
@click.option("--patient", "number", help="Whose they are: the patient's number in the practice's own system.")
@click.option("--even-if-different", is_flag=True, help="Take them although name or birthdate differ from the chart.")
def import_ccd(files: tuple[Path, ...], slug: str, number: str | None, even_if_different: bool) -> None:
    """Take in care documents (C-CDA) that came from outside.

    Each document says whose it is: the patient with the same birthdate and names, and the same postal code, phone or e-mail, sees
    it under Summary. One that fits nobody is kept, set aside, and shown to nobody. With --patient you say whose they are; a
    document that contradicts the chart is then refused. A broken or hostile file is refused and nothing of it is kept.
    The same document twice is one. Ends with 1 when any was refused.
    """
    registry = _registry()
    with SessionFactory(bind=registry.engine) as session:
        bind_tenant(session, _practice(session, slug))
        patient = _patient(session, number)
        store = registry.files.within(session.info["practice_id"])
        taken = [_take(session, store, file, patient, even_if_different) for file in files]
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


def _patient(session: Session, number: str | None) -> Patient | None:
    if number is None:
        return None
    mine = Patient.practice_id == session.info["practice_id"], Patient.external_id == number
    found = session.scalars(select(Patient).where(*mine)).one_or_none()
    if found is None:
        raise Problem(f"This practice has no patient with the number {number!r}.")
    return found


def _take(session: Session, store: PracticeFiles, file: Path, patient: Patient | None, even_if_different: bool) -> bool:
    """Take one file in and say what became of it; False when it was refused."""
    try:
        received = receiving.receive(session, store, file, datetime.now(UTC), patient, even_if_different)
    except UnsafeFile as refusal:
        return _say(file, f"refused. {refusal.reason}", False)
    except receiving.WrongPatient as wrong:
        differs = " and ".join(wrong.differs) + (" in it differs" if len(wrong.differs) == 1 else " in it differ")
        return _say(file, f"refused. The {differs} from the chart; add --even-if-different if it is the right patient.", False)
    except receiving.AnotherPatient:
        return _say(file, "refused. It is already in another patient's summary.", False)
    words = {"shown": "taken in.", "known": "already here.", "quarantined": SET_ASIDE.get(received.reason, "")}
    return _say(file, words[received.outcome], True)


def _say(file: Path, words: str, taken: bool) -> bool:
    click.secho(f"{file.name}: {words}", fg=None if taken else "red", err=not taken)
    return taken
