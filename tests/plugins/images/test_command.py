"""`cuspid import images`, from a folder to the page."""

import os
import resource
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from core.audit import AuditEvent
from plugins.images import commands
from plugins.images.models import Folder, Image

SAMPLES = Path(__file__).parents[4] / "shared" / "ccda" / "samples"


@pytest.fixture
def run(registry, practice, patient, monkeypatch):
    """Run the command for the patient; answers its exit code and what it said."""
    monkeypatch.setattr(commands, "_registry", lambda: registry)

    def command(folder: Path, *more: str):
        words = [str(folder), "--practice", practice.slug, "--patient", patient.external_id, *more]
        done = CliRunner().invoke(commands.import_images, words)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return command


def count(db) -> int:
    db.rollback()
    return db.scalar(select(func.count()).select_from(Image))


@pytest.fixture
def good(tmp_path, picture, radiograph, corpus) -> Path:
    """A folder with three files, one of them deeper, and what systems leave behind."""
    folder = tmp_path / "good"
    (folder / "2025").mkdir(parents=True)
    for name, data in (
        ("front.jpg", picture),
        ("left.png", radiograph),
        ("2025/Home care.pdf", corpus.pdf()),
        (".DS_Store", b"x"),
        ("Thumbs.db", b"x"),
    ):
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def hostile(tmp_path, corpus) -> Path:
    """A folder of which nothing may get in."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    whole = corpus.saved(corpus.drawing(), "JPEG")
    for name, data in (
        ("bomb-20k.png", corpus.png_that_claims(20_000, 20_000)),
        ("bomb-13k.png", corpus.png_that_claims(13_000, 13_000)),
        ("cut-off.jpg", whole[: len(whole) // 2]),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("page.png", b"<!doctype html><script>alert(1)</script>"),
        ("document.jpg", corpus.pdf()),
        ("print.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n"),
        ("scan.dcm", bytes(128) + b"DICM"),
        ("locked.pdf", corpus.pdf(password="x")),
        ("empty.jpg", b""),
    ):
        (folder / name).write_bytes(data)
    with (folder / "huge.jpg").open("wb") as huge:
        huge.write(b"\xff\xd8\xff")
        huge.truncate(200 * 2**20)
    (folder / "elsewhere.jpg").symlink_to("/etc/hostname")
    os.mkfifo(folder / "pipe.jpg")
    return folder


def test_a_folder_is_taken_in_and_shown(run, good, db, patient, signed_in, stored):
    code, said = run(good, "--folder", "From the office")
    assert (code, count(db), stored()) == (0, 3, 9)
    for line in (
        "front.jpg: taken in.",
        "Home care.pdf: taken in.",
        "3 of 3 files are in the portal.",
    ):
        assert line in said
    assert "Thumbs" not in said
    page = signed_in(patient).get("/images")
    assert {found.text for found in page.html.select(".images-tile__title")} == {"Front", "Left", "Home care"}
    events = db.execute(select(AuditEvent.action, AuditEvent.patient_id).where(AuditEvent.action == "images.image.add")).all()
    assert events == [("images.image.add", patient.id)] * 3


def test_taking_a_folder_in_again_changes_nothing(run, good, db, stored):
    run(good)
    code, said = run(good)
    assert (code, count(db), stored()) == (0, 3, 9)
    assert said.count("already here.") == 3


def test_hostile_files_are_refused_with_their_reasons_and_leave_nothing_behind(run, hostile, db, stored):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, said = run(hostile)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB
    assert (code, count(db), stored()) == (1, 0, 0)
    assert db.scalar(select(func.count()).select_from(Folder)) == 0
    for line in (
        "bomb-20k.png: refused. It is a picture of 20,000 by 20,000 pixels;",
        "bomb-13k.png: refused. It is a picture of 13,000 by 13,000 pixels;",
        "cut-off.jpg: refused. It is damaged or cut off,",
        "drawing.svg: refused. It is an SVG drawing;",
        "page.png: refused. It is a web page;",
        "document.jpg: refused. It is named .jpg, but it is a PDF;",
        "print.eps: refused. It is a PostScript file;",
        "scan.dcm: refused. It is a DICOM file;",
        "locked.pdf: refused. It asks for a password;",
        "empty.jpg: refused. It is empty.",
        "huge.jpg: refused. It has 200 MB; at most 40 MB can be taken.",
        "elsewhere.jpg: refused. It cannot be read:",
        "pipe.jpg: refused. It is not a file.",
        "0 of 13 files are in the portal, 13 refused.",
    ):
        assert line in said


def test_good_files_get_in_beside_refused_ones(run, hostile, good, db, stored):
    shutil.copy(good / "front.jpg", hostile / "front.jpg")
    code, said = run(hostile)
    assert (code, count(db), stored()) == (1, 1, 3)
    assert "1 of 14 files are in the portal, 13 refused." in said


def test_a_polyglot_keeps_nothing_but_its_picture(run, tmp_path, corpus, db, files):
    folder = tmp_path / "polyglot"
    folder.mkdir()
    (folder / "front.jpg").write_bytes(corpus.polyglot())
    assert run(folder)[0] == 0
    db.rollback()
    image = db.scalars(select(Image)).one()
    for key in (image.file_key, image.display_key, image.thumbnail_key):
        with files.open(key) as kept:
            data = kept.read()
        assert corpus.MARKER not in data
        assert b"PK\x03\x04" not in data
        assert b"Telephone" not in data


def test_a_folder_that_is_not_shared_is_used_and_said(run, good, folder, db):
    folder("Archive", shared=False)
    code, said = run(good, "--folder", "Archive")
    assert code == 0
    assert "The folder 'Archive' is not shared, so patients do not see them." in said
    assert db.scalar(select(func.count()).select_from(Folder)) == 1


def test_names_that_no_screen_can_show_do_no_harm(run, tmp_path, picture, db):
    folder = tmp_path / "names"
    folder.mkdir()
    (folder / "a\u202e\n\x1b[31m.jpg").write_bytes(picture)
    with open(os.fsencode(folder) + b"/\xff\xfe.jpg", "wb") as file:
        file.write(b"no picture")
    code, said = run(folder)
    assert (code, count(db)) == (1, 1)
    assert not set(said) & {"\x1b", "\u202e"}


def test_an_empty_folder_is_told_as_such(run, tmp_path):
    assert run(tmp_path) == (0, "There is no file in this folder.\n")


@pytest.mark.parametrize(
    ("option", "sentence"), [("--practice", "no practice called 'nowhere'"), ("--patient", "no patient with the number 'nowhere'")]
)
def test_a_practice_or_patient_that_is_not_there_is_named(run, good, option, sentence, db, registry, practice, patient, monkeypatch):
    words = {"--practice": practice.slug, "--patient": patient.external_id} | {option: "nowhere"}
    done = CliRunner().invoke(commands.import_images, [str(good), *(word for pair in words.items() for word in pair)])
    assert sentence in str(done.exception)
    assert count(db) == 0


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder with samples from outside is not beside the repository")
def test_pictures_and_documents_from_outside_get_to_the_page(run, db, patient, signed_in):
    code, said = run(SAMPLES / "images-synthetic", "--folder", "X-rays")
    assert (code, count(db)) == (1, 3)
    assert said.count("It is a DICOM file") == 3
    assert run(SAMPLES / "pdf", "--folder", "Documents")[0] == 0
    app = signed_in(patient)
    page = app.get("/images")
    assert {found.text for found in page.html.select(".images-tile__title")} >= {"Bitewing", "Panoramic", "Sample"}
    for found in page.html.select(".images-tile"):
        shown = app.get(found["href"])
        for address in (shown.html.select_one(".images-picture__image")["src"], shown.html.select_one(".images-picture__link")["href"]):
            assert app.get(address).status_int == 200
