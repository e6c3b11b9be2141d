from datetime import date

import pytest
from sqlalchemy import select

from core.records import door
from core.records.kinds import kinds_for
from plugins.images.models import Folder, Image

FOLDER = {"kind": "image_folder", "external_id": "F1", "name": "X-rays", "shared": True, "position": 2}


@pytest.fixture
def image(patient):
    return {"kind": "image", "external_id": "D1", "patient": patient.external_id, "folder": "F1", "taken_on": "2026-03-04", "type": "radiograph",
            "description": "Bitewing left", "file_name": "A100.jpg", "tooth_numbers": "3, 14"}  # fmt: skip


def test_folders_and_images_are_taken_in_once(make, db, image, patient):
    assert [answer.outcome for answer in make.take_in([FOLDER, image])] == ["created", "created"]
    assert [answer.outcome for answer in make.take_in([FOLDER, image])] == ["unchanged", "unchanged"]
    row, folder = db.scalars(select(Image)).one(), db.scalars(select(Folder)).one()
    assert (row.patient_id, row.folder_id, row.taken_on, row.type, row.file_key) == (
        patient.id,
        folder.id,
        date(2026, 3, 4),
        "radiograph",
        None,
    )
    assert (folder.name, folder.shared, folder.position) == ("X-rays", True, 2)


def test_a_folder_is_not_shared_unless_it_says_so(make, db):
    make.take_in([{"kind": "image_folder", "external_id": "F2", "name": "Insurance"}])
    assert db.scalars(select(Folder)).one().shared is False


def test_a_change_by_the_office_leaves_the_file_alone(make, db, image, add, radiograph, folder):
    make.take_in([FOLDER, image])
    add(radiograph, "A100.png", into=folder("F1"))
    make.take_in([image | {"file_name": "A100.png"}])
    done = add(radiograph, "A100.png")
    assert done.outcome == "known"
    make.take_in([image | {"description": "Bitewing right"}])
    db.expire_all()
    assert db.scalars(select(Image).where(Image.external_id == "D1")).one().description == "Bitewing right"


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "film"},
        {"patient": "nobody"},
        {"folder": "nowhere"},
        {"taken_on": "yesterday"},
        {"description": "x" * 501},
        {"file_key": "x"},
    ],
)
def test_a_record_that_cannot_be_right_is_refused_with_its_reason(registry, make, db, image, wrong):
    make.take_in([FOLDER])
    [answer] = door.take_in(db, kinds_for(registry, frozenset(registry.plugins.plugins)), [image | wrong])
    assert answer.outcome == "refused"
    assert answer.reason
