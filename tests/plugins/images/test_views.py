import io
from datetime import date
from uuid import UUID, uuid4

import pytest
from PIL import Image as Picture
from sqlalchemy import func, select

from core.audit import AuditEvent
from plugins.images.models import Image
from plugins.images.services import gallery


def actions(db) -> list[str]:
    db.rollback()
    return list(db.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def settings(registry, practice, db, **values) -> None:
    from datetime import UTC, datetime

    from tenants import settings

    for name, value in values.items():
        settings.change(db, registry.plugins, practice.id, None, f"images.{name}", value, "test", datetime.now(UTC))
    db.commit()


def test_a_patient_without_images_is_told_what_would_be_here(patient, signed_in):
    assert "No images yet" in signed_in(patient).get("/images")


def test_the_gallery_shows_each_month_newest_first(add, patient, signed_in, picture, radiograph, corpus):
    add(picture, "front.jpg", day=date(2025, 1, 2), description="Front teeth")
    add(radiograph, "left.png", day=date(2026, 3, 4), description="Bitewing left", tooth_numbers="3, 14")
    add(corpus.pdf(pages=2), "Home care.pdf", day=date(2025, 1, 2))
    page = signed_in(patient).get("/images")
    titles = [found.text for found in page.html.select(".images-tile__title")]
    assert titles == ["Bitewing left", "Home care", "Front teeth"]
    assert [found.text for found in page.html.select(".images-month__title")] == ["March 2026", "January 2025"]
    for expected in ("March 4 · Teeth 3, 14", "January 2", "PDF · 2 pages"):
        assert expected in page.text


def test_images_in_folders_that_are_not_shared_are_not_there(add, folder, make, patient, signed_in, picture, radiograph):
    hidden = add(radiograph, "insurance.png", into=folder("Insurance", shared=False))
    add(picture, "front.jpg")
    app = signed_in(patient)
    assert "Insurance" not in app.get("/images")
    for part in ("", "/thumbnail", "/display", "/file", "/download"):
        assert app.get(f"/images/{hidden.image_id}{part}", status=404)
    folder("Insurance", shared=True)
    assert "Insurance" in app.get("/images")
    app.get(f"/images/{hidden.image_id}", status=200)


def test_a_folder_can_be_looked_at_alone(add, folder, patient, signed_in, picture, radiograph):
    add(radiograph, "left.png", into=folder("X-rays", position=1))
    add(picture, "front.jpg", into=folder("Photos", position=2))
    app = signed_in(patient)
    page = app.get("/images")
    assert [found.get_text() for found in page.html.select(".images-folders__folder")] == ["All2", "X-rays1", "Photos1"]
    page = page.click("Photos")
    assert [found.text for found in page.html.select(".images-tile__title")] == ["Front"]
    for wrong in (uuid4(), "x"):
        app.get(f"/images?folder={wrong}", status=404)


def test_many_images_come_in_pages(note, patient, signed_in, monkeypatch):
    monkeypatch.setattr(gallery, "PAGE", 2)
    monkeypatch.setattr(gallery.page, "__defaults__", (None, 1, 2))
    for number in range(5):
        note(f"Picture-{number}", date(2026, 1, 1 + number))
    page = signed_in(patient).get("/images")
    assert "1 to 2 of 5" in page
    page = page.click("Older")
    assert "3 to 4 of 5" in page
    page = page.click("Older")
    assert [found.text for found in page.html.select(".images-tile__title")] == ["Picture-0"]
    assert "Older" not in page
    page.click("Newer")
    for wrong in ("0", "-1", "x", "99", "9" * 40, "²"):
        page.test_app.get("/images", {"page": wrong}, status=404)


def test_one_image_has_a_page_with_what_is_known_of_it(add, patient, signed_in, radiograph, db):
    image_id = add(radiograph, "left.png", description="Bitewing <left>", tooth_numbers="14").image_id
    page = signed_in(patient).get(f"/images/{image_id}")
    for expected in (
        "Bitewing &lt;left&gt;",
        "March 4, 2026",
        "X-ray",
        "X-rays",
        "<dt>Tooth</dt><dd>14</dd>",
        "800 × 600 pixels",
        "left.png",
    ):
        assert expected in page.text
    assert page.html.select_one("title").text.startswith("X-ray · ")
    assert actions(db)[-1] == "images.image.view"


def test_an_image_leads_to_the_ones_beside_it(note, patient, signed_in):
    ids = [note(f"Picture {step}", date(2026, 1, 1 + step // 2)) for step in range(3)]
    app = signed_in(patient)
    page, seen = app.get(f"/images/{ids[2]}"), [ids[2]]
    while page.html.find("a", string=lambda text: text and "Older" in text) or "Older" in page.text:
        page = page.click("Older")
        seen.append(UUID(page.request.path.rsplit("/", 1)[1]))
    assert seen == [ids[2], ids[1], ids[0]]
    assert page.click("Newer").request.path.endswith(str(ids[1]))


@pytest.mark.parametrize("part", ["thumbnail", "display"])
def test_the_pictures_of_pages_are_fresh_drawings_that_cannot_act(add, patient, signed_in, corpus, part):
    image_id = add(corpus.polyglot(), "front.jpg").image_id
    answer = signed_in(patient).get(f"/images/{image_id}/{part}")
    with Picture.open(io.BytesIO(answer.body)) as picture:
        assert max(picture.size) <= 2000
    assert corpus.MARKER not in answer.body
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")


def test_a_download_is_the_file_that_was_kept_under_its_name(add, patient, signed_in, radiograph, db, files):
    image_id = add(radiograph, "left side.png").image_id
    answer = signed_in(patient).get(f"/images/{image_id}/download")
    with files.open(db.get(Image, (db.info["practice_id"], image_id)).file_key) as kept:
        assert answer.body == kept.read()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="left side.png"'
    assert answer.content_length == len(answer.body)
    assert actions(db)[-1] == "images.image.download"


def test_a_document_opens_in_the_browsers_own_viewer(add, patient, signed_in, corpus, db):
    image_id = add(corpus.pdf(), "Home care.pdf").image_id
    answer = signed_in(patient).get(f"/images/{image_id}/file")
    assert (answer.body, answer.content_type) == (corpus.pdf(), "application/pdf")
    assert answer.headers["Content-Disposition"] == 'inline; filename="Home care.pdf"'
    assert "sandbox" not in answer.headers["Content-Security-Policy"]
    assert actions(db)[-1] == "images.image.view"


def test_an_image_whose_file_is_lost_says_so(add, patient, signed_in, radiograph, db, files):
    image_id = add(radiograph, "left.png").image_id
    files.delete(db.get(Image, (db.info["practice_id"], image_id)).file_key)
    assert "This file can’t be found" in signed_in(patient).get(f"/images/{image_id}/download", status=404)


def test_an_image_that_was_announced_without_its_file_is_not_shown(make, patient, folder, signed_in):
    folder()
    make.take_in([{"kind": "image", "external_id": "D1", "patient": patient.external_id, "folder": "X-rays", "taken_on": date(2026, 1, 1),
                   "type": "photo", "file_name": "a.jpg"}])  # fmt: skip
    assert "No images yet" in signed_in(patient).get("/images")


def test_what_an_office_switches_off_is_gone(add, patient, signed_in, registry, practice, db, corpus, picture):
    document = add(corpus.pdf(), "Home care.pdf").image_id
    photo = add(picture, "front.jpg").image_id
    app = signed_in(patient)
    assert "Download" in app.get(f"/images/{photo}")
    settings(registry, practice, db, show_documents=False, download=False)
    assert "Home care" not in app.get("/images")
    app.get(f"/images/{document}", status=404)
    assert "Download" not in app.get(f"/images/{photo}")
    app.get(f"/images/{photo}/download", status=404)


def test_images_of_another_person_are_not_found(add, make, signed_in, picture):
    image_id = add(picture, "front.jpg").image_id
    app = signed_in(make.patient())
    for part in ("", "/thumbnail", "/display", "/file", "/download"):
        app.get(f"/images/{image_id}{part}", status=404)


def test_images_of_another_practice_are_not_found(add, other_make, other_signed_in, picture):
    image_id = add(picture, "front.jpg").image_id
    app = other_signed_in(other_make.patient())
    for part in ("", "/thumbnail", "/display", "/file", "/download"):
        app.get(f"/images/{image_id}{part}", status=404)


@pytest.mark.parametrize("wrong", ["x", "1", "00000000-0000-0000-0000-000000000000"])
def test_an_address_that_is_no_image_is_not_found(patient, signed_in, wrong):
    for part in ("", "/thumbnail", "/download"):
        signed_in(patient).get(f"/images/{wrong}{part}", status=404)


def test_whoever_is_not_signed_in_sees_no_image(add, web, picture):
    image_id = add(picture, "front.jpg").image_id
    for path in ("/images", *(f"/images/{image_id}{part}" for part in ("", "/thumbnail", "/display", "/file", "/download"))):
        assert web.get(path).status_int == 303


def test_the_home_page_shows_the_newest_images(note, patient, signed_in):
    app = signed_in(patient)
    assert "All images" not in app.get("/home")
    for step in range(6):
        note(f"Picture {step}", date(2026, 1, 1 + step))
    page = app.get("/home")
    assert len(page.html.select(".images-strip li")) == 4
    assert "Newest: Picture 5" in page


def test_pages_cost_at_most_five_statements(note, add, patient, signed_in, statements, picture):
    for step in range(30):
        note(f"Picture {step}")
    image_id = add(picture, "front.jpg").image_id
    app = signed_in(patient)
    app.get("/images")
    for path, most in (
        ("/images", 5),
        (f"/images/{image_id}", 5),
        (f"/images/{image_id}/thumbnail", 2),
        (f"/images/{image_id}/download", 3),
    ):
        with statements() as seen:
            app.get(path)
        assert len(seen) <= most, (path, seen)


def test_looking_at_the_gallery_is_on_record_once(add, patient, signed_in, db, picture):
    add(picture, "front.jpg")
    signed_in(patient).get("/images")
    db.rollback()
    assert db.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "images.list.view")) == 1
