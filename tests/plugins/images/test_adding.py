from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.files import FilesUnavailable
from core.safety import UnsafeFile
from plugins.images.models import Image
from plugins.images.services import adding


def row_of(db, image_id: UUID) -> Image:
    db.expire_all()
    return db.scalars(select(Image).where(Image.id == image_id)).one()


def count(db) -> int:
    return db.scalar(select(func.count()).select_from(Image))


def test_a_radiograph_is_kept_with_what_its_file_says(add, db, radiograph, files, stored):
    image = row_of(db, add(radiograph, "bitewing_left.png").image_id)
    assert (image.type, image.description, image.file_name, image.taken_on) == (
        "radiograph",
        "Bitewing left",
        "bitewing_left.png",
        date(2026, 3, 4),
    )
    assert (image.content_type, image.width, image.height, image.pages) == ("image/png", 800, 600, None)
    about = files.stat(image.file_key)
    assert (about.size, about.sha256) == (image.byte_size, image.sha256)
    assert [files.stat(key).content_type for key in (image.file_key, image.display_key, image.thumbnail_key)] == [
        "image/png",
        "image/jpeg",
        "image/webp",
    ]
    assert stored() == 3


def test_a_photo_is_dated_by_its_camera(add, db, corpus):
    data = corpus.saved(corpus.drawing(), "JPEG", exif=corpus.exif())
    image = row_of(db, add(data, "IMG_2044.JPG", day=date(2020, 1, 1)).image_id)
    assert (image.type, image.description, image.taken_on) == ("photo", "", date(2026, 3, 4))


def test_a_pdf_is_a_document(add, db, corpus):
    image = row_of(db, add(corpus.pdf(pages=3), "Home care.pdf").image_id)
    assert (image.type, image.pages, image.content_type, image.width) == ("document", 3, "application/pdf", None)


def test_what_is_known_of_an_image_wins_over_what_is_read_from_its_file(add, db, radiograph):
    about = {"description": "Before treatment", "type": "photo", "tooth_numbers": "3, 14", "external_id": "DOC-1"}
    image = row_of(db, add(radiograph, "x.png", **about).image_id)
    assert {name: getattr(image, name) for name in about} == about


def test_the_same_file_twice_is_one_image(add, db, radiograph, stored):
    first, second = add(radiograph, "a.png"), add(radiograph, "b.png")
    assert (second.outcome, second.image_id) == ("known", first.image_id)
    assert (count(db), stored()) == (1, 3)


def test_the_same_file_of_two_patients_is_two_images(add, db, make, corpus):
    leaflet = corpus.pdf()
    add(leaflet, "leaflet.pdf")
    assert add(leaflet, "leaflet.pdf", whose=make.patient()).outcome == "added"
    assert count(db) == 2


def test_a_file_completes_the_image_that_was_announced_under_its_name(add, db, make, patient, folder, radiograph):
    folder("Charts")
    announced = {"kind": "image", "external_id": "DOC-7", "patient": patient.external_id, "folder": "Charts", "taken_on": date(2025, 5, 6),
                 "type": "radiograph", "description": "Left side", "file_name": "a b.png", "tooth_numbers": "3"}  # fmt: skip
    make.take_in([announced])
    added = add(radiograph, "a b.png", day=date(2026, 1, 1))
    image = row_of(db, added.image_id)
    assert (added.outcome, image.external_id, image.description, image.taken_on, image.tooth_numbers) == (
        "completed",
        "DOC-7",
        "Left side",
        date(2025, 5, 6),
        "3",
    )


def test_a_refused_file_leaves_no_row_and_no_file(add, db, corpus, stored):
    for data, name in (
        (corpus.pdf(), "tooth.jpg"),
        (b"<html>", "tooth.png"),
        (corpus.png_that_claims(13_000, 13_000), "tooth.png"),
        (b"", "tooth.jpg"),
    ):
        with pytest.raises(UnsafeFile):
            add(data, name)
    assert (count(db), stored()) == (0, 0)


def test_a_transaction_that_is_rolled_back_takes_its_files_along(db, files, patient, folder, radiograph, stored, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(radiograph)
    into = folder()
    adding.add(db, files, patient.id, into, path, "a.png", adding.About(date(2026, 1, 1)))
    assert stored() == 3
    db.rollback()
    assert (count(db), stored()) == (0, 0)


def test_a_session_that_is_closed_takes_its_files_along(practice, files, patient, folder, radiograph, stored, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(radiograph)
    into = folder()
    with practice.session() as session:
        adding.add(session, files, patient.id, into, path, "a.png", adding.About(date(2026, 1, 1)))
    assert stored() == 0


def test_a_store_that_fails_half_way_leaves_nothing(add, db, radiograph, stored, monkeypatch):
    from core.files.local import LocalFiles

    really, calls = LocalFiles.put, []

    def fails_at_the_third(self, *arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise FilesUnavailable("the disk is full")
        return really(self, *arguments)

    monkeypatch.setattr(LocalFiles, "put", fails_at_the_third)
    with pytest.raises(FilesUnavailable):
        add(radiograph, "a.png")
    db.rollback()
    assert (count(db), stored()) == (0, 0)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bitewing_left.jpg", "Bitewing left"),
        ("Home care after surgery.pdf", "Home care after surgery"),
        ("IMG_2044.JPG", ""),
        ("DSC00012.jpg", ""),
        ("20260304_101112.jpg", ""),
        ("scan (2).pdf", ""),
        ("PXL_20260304.jpg", ""),
        ("x-ray 14.png", "X-ray 14"),
    ],
)
def test_a_file_is_called_by_its_name_unless_a_camera_gave_it(name, words):
    assert adding.words_of(name) == words


@given(st.text(max_size=80))
def test_any_name_gives_some_words(name):
    assert isinstance(adding.words_of(name), str)
