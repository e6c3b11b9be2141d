"""`cuspid import images`, from a folder to the page."""

import os
import resource
import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.people.models import Patient
from plugins.images import commands
from plugins.images.models import Folder, Image

SAMPLES = Path(__file__).parents[4] / "shared" / "ccda" / "samples"


@pytest.fixture
def run(command_line, practice, patient):
    """Run the command for the patient; answers its exit code and what it said."""

    def command(place: Path, *more: str):
        done = command_line(commands.import_images, str(place), "--practice", practice.slug, *(more if "--rule" in more else ("--patient", patient.external_id, *more)))
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
        os.utime(folder / name, (1_772_647_200,) * 2)  # noon, everywhere near
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
    tried, (code, said) = run(good, "--folder", "From the office", "--dry-run"), run(good, "--folder", "From the office")
    assert tried == (0, said.replace("are in the portal.", "would be in the portal; nothing was changed."))
    assert (code, count(db), stored()) == (0, 3, 9)
    for line in ("Image: 3 new\n", "Image folder: 1 new\n", "4 of 4 records are in the portal.", "Left out: 1 × Hidden file", "Left out: 1 × File that a computer writes"):
        assert line in said
    page = signed_in(patient).get("/images")
    assert {found.text for found in page.html.select(".images-tile__title")} == {"Front", "Left", "Home care"}


def test_taking_a_folder_in_again_changes_nothing_and_what_changed_is_changed(run, good, db, stored, corpus):
    run(good)
    code, said = run(good)
    assert (code, count(db), stored()) == (0, 3, 9)
    assert "Image: 3 as before\n" in said
    (good / "front.jpg").write_bytes(corpus.saved(corpus.drawing(300, 200), "JPEG"))
    code, said = run(good)
    assert (code, count(db), stored()) == (0, 3, 9)
    assert "Image: 1 changed, 2 as before\n" in said


def test_the_same_files_under_another_name_or_in_an_archive_are_the_same_images(run, good, db, tmp_path):
    run(good)
    shutil.make_archive(str(tmp_path / "all"), "zip", tmp_path, "good")
    good.rename(tmp_path / "other")
    assert "Image: 3 as before\n" in run(tmp_path / "all.zip")[1]
    assert "Image: 3 as before\n" in run(tmp_path / "other", "--source", "elsewhere")[1]
    assert count(db) == 3


def test_files_of_many_patients_go_to_whom_the_rule_names(run, make, db, tmp_path, picture, radiograph, corpus):
    for number in ("P1", "P2"):
        make.patient(external_id=number, first_name=f"Called {number}")
    files = {
        "P1/2026-03-04_X-rays_Bitewing_left.png": radiograph, "P2/2025-12-24_Photos_Smile.jpg": picture, "P3/2026-03-04_X-rays_Bitewing.png": corpus.saved(corpus.drawing(), "PNG"),
        "P1/yesterday_X-rays_Bitewing.png": radiograph, "P1/IM0001": corpus.scan(PatientID="P1", PatientName="", PatientBirthDate=None), "P1/IM0002": corpus.scan(PatientID="P1", PatientName="Other^Bo"),
    }  # fmt: skip
    for name, data in files.items():
        (tmp_path / "scans" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "scans" / name).write_bytes(data)
    code, said = run(tmp_path / "scans", "--rule", "{patient}/{date:%Y-%m-%d}_{folder}_{title}.{ext}")
    assert code == 1
    assert "scans/P1/yesterday_X-rays_Bitewing.png: The rule {patient}/{date:%Y-%m-%d}_{folder}_{title}.{ext} expects the day" in said
    assert "scans/P3/2026-03-04_X-rays_Bitewing.png: patient: the patient that it names is not there yet." in said
    assert "scans/P1/IM0002: file: It is about somebody else than the patient who is named" in said
    query = select(Patient.external_id, Folder.name, Image.taken_on, Image.description, Image.type).select_from(Image)
    query = query.join(Patient, Patient.id == Image.patient_id).join(Folder, Folder.id == Image.folder_id).order_by(Patient.external_id, Image.description, Folder.name)
    db.rollback()
    assert [tuple(row) for row in db.execute(query)] == [
        ("P1", "Images", date(2026, 3, 4), "Bitewing left", "radiograph"), ("P1", "X-rays", date(2026, 3, 4), "Bitewing left", "radiograph"),
        ("P2", "Photos", date(2025, 12, 24), "Smile", "photo"),
    ]  # fmt: skip


def test_people_of_another_system_are_found_by_names_and_birthdate_as_far_as_that_is_sure(run, make, db, tmp_path, picture):
    make.patient(external_id="P1", first_name="Ann", last_name="Zelenka", birthdate=date(1984, 6, 12))
    (tmp_path / "Zelenka, Ann, 1984-06-12").mkdir()
    (tmp_path / "Zelenka, Ann, 1984-06-12" / "Smile.jpg").write_bytes(picture)
    rule = "{last}, {first}, {born}/{title}.{ext}"
    code, said = run(tmp_path, "--rule", rule, "--source", "oakhill", "--other-system")
    assert (code, count(db)) == (1, 0)
    assert "The office decides that under Same person?" in said
    assert "patient: the patient that it names is not there yet." in said


def test_a_rule_that_names_people_or_cannot_be_used_is_told_before_anything_is_read(run, command_line, practice, good):
    for rule, says in (("{last}, {first}, {born}/{title}", "say that they are"), ("{patient}{title}", "Something must stand between")):
        done = command_line(commands.import_images, str(good), "--practice", practice.slug, "--rule", rule)
        assert says in str(done.exception)


def test_an_image_that_waits_for_its_file_gets_it_by_its_name(run, make, good, db, patient, folder):
    folder("Charts")
    announced = {"kind": "image", "external_id": "DOC-7", "patient": patient.external_id, "folder": "Charts", "taken_on": "2025-05-06", "type": "radiograph",
                 "description": "Left side", "file_name": "left.png", "tooth_numbers": "3"}  # fmt: skip
    make.take_in([announced])
    assert "Image: 1 changed, 2 new" in run(good)[1].replace("2 new, 1 changed", "1 changed, 2 new")
    assert "Image: 3 as before\n" in run(good)[1]
    db.rollback()
    image = db.scalars(select(Image).where(Image.external_id == "DOC-7")).one()
    assert (image.description, image.taken_on, image.tooth_numbers, image.content_type) == ("Left side", date(2025, 5, 6), "3", "image/png")


def test_hostile_files_are_refused_with_their_reasons_and_leave_nothing_behind(run, hostile, db, stored):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, said = run(hostile)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB
    assert (code, count(db), stored()) == (1, 0, 0)
    for line in (
        "hostile/bomb-20k.png: It is a picture of 20,000 by 20,000 pixels;",
        "hostile/bomb-13k.png: It is a picture of 13,000 by 13,000 pixels;",
        "hostile/cut-off.jpg: It is damaged or cut off,",
        "hostile/drawing.svg: It is an SVG drawing;",
        "hostile/page.png: It is a web page;",
        "hostile/document.jpg: It is named .jpg, but it is a PDF;",
        "hostile/print.eps: It is a PostScript file;",
        "hostile/scan.dcm: It is damaged or cut off,",
        "hostile/locked.pdf: It asks for a password;",
        "hostile/empty.jpg: It is empty.",
        "hostile/huge.jpg: It has 200 MB; at most 40 MB can be taken.",
        "hostile/elsewhere.jpg: It cannot be read:",
        "hostile/pipe.jpg: It is not a file.",
        "0 of 13 records are in the portal.",
    ):
        assert line in said


def test_good_files_get_in_beside_refused_ones(run, hostile, good, db, stored):
    shutil.copy(good / "front.jpg", hostile / "front.jpg")
    code, said = run(hostile)
    assert (code, count(db), stored()) == (1, 1, 3)
    assert "2 of 15 records are in the portal." in said


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


def test_a_folder_of_the_office_is_used_and_stays_as_it_is(run, good, folder, db):
    folder("Archive", shared=False)
    assert run(good, "--folder", "archive")[0] == 0
    db.rollback()
    assert [(one.name, one.shared) for one in db.scalars(select(Folder))] == [("Archive", False)]


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
    code, said = run(tmp_path)
    assert (code, said.splitlines()[-1]) == (0, "0 of 0 records are in the portal.")


@pytest.mark.parametrize(
    ("option", "sentence"), [("--practice", "no practice called 'nowhere'"), ("--patient", "no patient with the number 'nowhere'")]
)
def test_a_practice_or_patient_that_is_not_there_is_named(command_line, good, option, sentence, db, practice, patient):
    words = {"--practice": practice.slug, "--patient": patient.external_id} | {option: "nowhere"}
    done = command_line(commands.import_images, str(good), *(word for pair in words.items() for word in pair))
    assert sentence in done.output + str(done.exception)
    assert count(db) == 0


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder with samples from outside is not beside the repository")
def test_pictures_documents_and_scans_from_outside_get_to_the_page(run, make, db, signed_in):
    jordan = make.patient(external_id="PT-1001", first_name="Jordan", last_name="Rivera", birthdate=date(1984, 6, 12))
    code, said = run(SAMPLES / "images-synthetic", "--patient", "PT-1001", "--folder", "X-rays")
    assert (code, count(db)) == (0, 6), said
    app = signed_in(jordan)
    page = app.get("/images")
    assert {found.text.partition(",")[0] for found in page.html.select(".images-tile__title")} == {"Bitewing", "Panoramic", "Synthetic bitewing", "Synthetic panoramic"}
    for found in page.html.select(".images-tile"):
        shown = app.get(found["href"])
        for address in (shown.html.select_one(".images-picture__image")["src"], shown.html.select_one(".images-picture__link")["href"]):
            assert app.get(address).status_int == 200
