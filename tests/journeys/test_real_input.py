"""Files that nobody here wrote, put into a practice by command, and seen by the patient in the browser."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect

SAMPLES = Path(__file__).parents[3] / "shared" / "ccda" / "samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files are not beside the checkout")


def _cuspid(running, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-W", "ignore", "-m", "core.cli", *words], env=running.environment, capture_output=True, text=True, timeout=120)


def _patient_number(migrate_url: str, first_name: str) -> str:
    with psycopg.connect(migrate_url) as connection:
        return connection.execute("select external_id from patient where first_name = %s", [first_name]).fetchone()[0]


def test_a_care_document_of_another_vendor_is_read_in_the_summary(running, signed_in_page, tmp_path):
    document = next((SAMPLES / "ccda" / "vendors").glob("Henry-Schein__CDA_Bates*"))
    number = _patient_number(running.migrate_url, "Daniel")
    refused = _cuspid(running, "import", "care", str(document), "--practice", "sunrise", "--patient", number)
    assert "It is about somebody else than the patient who is named" in refused.stdout
    with psycopg.connect(running.migrate_url) as connection:
        last_name, born = connection.execute("select last_name, birthdate from patient where first_name = 'Daniel'").fetchone()
    about_daniel = tmp_path / "visit.xml"
    words = document.read_text(encoding="utf-8-sig").replace(">Bates<", f">{last_name}<").replace(">Jeremy<", ">Daniel<").replace('"19800801"', f'"{born:%Y%m%d}"')
    about_daniel.write_text(words, encoding="utf-8")
    done = _cuspid(running, "import", "care", str(about_daniel), "--practice", "sunrise", "--patient", number)
    assert "Care document: 1 new" in done.stdout, done.stderr + done.stdout
    page = signed_in_page("daniel")
    page.goto(running.address("sunrise", "/summary"))
    page.locator("#from-outside a, [aria-labelledby=from-outside] a, main .list-row__title a").last.click()
    frame = page.frame_locator("iframe") if page.locator("iframe").count() else page
    expect(frame.locator("body")).to_contain_text("Medications")


def test_pictures_and_pdfs_are_seen_among_the_images(running, signed_in_page, tmp_path):
    for source in (SAMPLES / "images-synthetic" / "panoramic.jpg", SAMPLES / "images-synthetic" / "bitewing.png", SAMPLES / "pdf" / "Sample.pdf"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    number = _patient_number(running.migrate_url, "Daniel")
    done = _cuspid(running, "import", "images", str(tmp_path), "--practice", "sunrise", "--patient", number, "--folder", "From another office")
    assert done.returncode == 0, done.stderr + done.stdout
    page = signed_in_page("daniel")
    page.goto(running.address("sunrise", "/images"))
    for name in ("Panoramic", "Bitewing", "Sample"):
        expect(page.locator("main")).to_contain_text(name)
    for picture in page.locator(".images-grid img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).not_to_have_js_property("naturalWidth", 0)


def test_hostile_files_are_refused_and_leave_nothing(running, tmp_path):
    (tmp_path / "photo.jpg").write_bytes((SAMPLES / "pdf" / "Sample.pdf").read_bytes())
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    bomb = tmp_path / "bomb.xml"
    bomb.write_text('<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><ClinicalDocument xmlns="urn:hl7-org:v3">&b;</ClinicalDocument>')
    number = _patient_number(running.migrate_url, "Daniel")
    before = _stored(running)
    images = _cuspid(running, "import", "images", str(tmp_path), "--practice", "sunrise", "--patient", number)
    document = _cuspid(running, "import", "care", str(bomb), "--practice", "sunrise")
    assert (images.returncode, document.returncode) == (1, 1)
    said = images.stdout + images.stderr + document.stdout + document.stderr
    assert "Traceback" not in said
    for name in ("photo.jpg", "huge.png", "bomb.xml"):
        assert name in said
    assert _stored(running) == before


def _stored(running) -> tuple[int, int, int]:
    with psycopg.connect(running.migrate_url) as connection:
        images = connection.execute("select count(*) from images_image").fetchone()[0]
        documents = connection.execute("select count(*) from summary_document").fetchone()[0]
    return images, documents, len([path for path in (running.folder / "files").rglob("*") if path.is_file()])
