"""Files for records: announced, sent, taken over by one record, once."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core.files.models import PracticeStorage
from core.records import runs, uploaded
from core.records.door import take_in
from core.records.kinds import kinds_for
from core.records.models import RecordsUpload
from core.records.uploaded import Announced, NoSuchUpload, WrongUpload
from core.safety import testing
from plugins.images.models import Image

NOW = datetime.now(UTC)
FOLDER = {"kind": "image_folder", "external_id": "F1", "name": "X-rays", "shared": True}


@pytest.fixture(scope="module")
def photo() -> bytes:
    return testing.saved(testing.drawing(80, 60), "JPEG", quality=70)


@pytest.fixture(scope="module")
def other() -> bytes:
    return testing.saved(testing.drawing(90, 60), "PNG")


@pytest.fixture
def kinds(registry):
    return kinds_for(registry, frozenset(registry.plugins.plugins))


@pytest.fixture
def files(registry, practice):
    return registry.files.within(practice.id)


@pytest.fixture
def begin(db, files, kinds):
    def announce(data: bytes, content_type: str = "image/jpeg", now: datetime = NOW, **about) -> uploaded.Begun:
        whole = {"kind": "image", "size": len(data), "content_type": content_type, "sha256": hashlib.sha256(data).hexdigest()} | about
        return uploaded.begin(db, files, kinds, Announced(**whole), now)

    return announce


@pytest.fixture
def send(db, files, begin):
    """`send(data)`: announce a file and send it; returns the id of the upload as a record names it."""

    def both(data: bytes, content_type: str = "image/jpeg") -> str:
        begun = begin(data, content_type)
        uploaded.receive(db, files, begun.id, io.BytesIO(data), NOW)
        db.commit()
        return str(begun.id)

    return both


@pytest.fixture
def image(make):
    patient = make.patient()
    make.take_in([FOLDER])
    return {"kind": "image", "external_id": "D1", "patient": patient.external_id, "folder": "F1", "taken_on": "2026-03-04", "type": "photo"}


@pytest.fixture
def door(db, kinds):
    def take(*batch: dict) -> list[tuple[str, str]]:
        answers = [(answer.outcome, answer.reason) for answer in take_in(db, kinds, batch)]
        db.commit()
        return answers

    return take


def _lie(files, practice) -> int:
    return files.count(practice.id)


def test_a_record_takes_its_file_over_and_sent_again_nothing_is_stored_twice(db, door, send, image, files, practice, photo):
    upload = send(photo)
    assert _lie(files, practice) == 1
    assert door(image | {"file": upload}) == [("created", "")]
    row = db.scalars(select(Image)).one()
    assert (row.content_type, row.width, row.source_sha256) == ("image/jpeg", 80, hashlib.sha256(photo).hexdigest())
    assert _lie(files, practice) == 3, "what was sent is gone, the image with its two sizes is there"
    assert door(image | {"file": upload}) == [("unchanged", "")]
    assert door(image | {"file": send(photo)}) == [("unchanged", "")]
    assert door(image) == [("unchanged", "")]
    assert _lie(files, practice) == 3
    assert db.scalar(select(PracticeStorage.bytes).where(PracticeStorage.practice_id == practice.id)) == files.size(practice.id)


def test_another_file_takes_the_place_of_the_first_and_of_its_sizes(db, door, send, image, files, practice, photo, other):
    door(image | {"file": send(photo)})
    first = db.scalars(select(Image.file_key)).one()
    assert door(image | {"file": send(other, "image/png")}) == [("updated", "")]
    assert db.scalars(select(Image.file_key)).one() != first
    assert _lie(files, practice) == 3
    assert db.scalar(select(PracticeStorage.bytes).where(PracticeStorage.practice_id == practice.id)) == files.size(practice.id)


def test_a_record_that_is_taken_out_takes_its_files_along(door, send, image, files, practice, photo):
    door(image | {"file": send(photo)})
    assert door({"kind": "image", "external_id": "D1", "deleted": True}) == [("deleted", "")]
    assert _lie(files, practice) == 0


def test_two_images_of_a_patient_may_have_the_same_file(db, door, send, image, photo):
    first, second = send(photo), None
    assert door(image | {"file": first}) == [("created", "")]
    second = send(photo)
    again = image | {"external_id": "D2", "file": second}
    assert door(again) == [("created", "")]
    assert door(again, image | {"file": first}) == [("unchanged", ""), ("unchanged", "")]
    assert db.scalar(select(func.count()).select_from(Image)) == 2


def test_a_batch_that_is_only_tried_out_or_undone_leaves_the_upload_to_be_used(db, kinds, door, send, image, files, practice, photo):
    record = image | {"file": send(photo)}
    assert [answer.outcome for answer in runs.try_out(db, kinds, [record])] == ["created"]
    db.rollback()
    assert _lie(files, practice) == 1
    assert door(record) == [("created", "")]


def test_what_cannot_be_used_is_refused_with_a_sentence_and_nothing_of_it_is_left(db, door, send, begin, image, files, practice, photo, other):
    used = send(photo)
    door(image | {"file": used})
    broken = send(photo[: len(photo) // 2])
    waiting = str(begin(other, "image/png").id)
    wrong_type = send(other)
    elsewhere = send(other, "image/webp")
    db.execute(RecordsUpload.__table__.update().where(RecordsUpload.id == UUID(elsewhere)).values(kind="statement"))
    cases = {
        str(uuid4()): "no such upload", used: "used already", broken: "damaged or cut off", waiting: "PUT the file", wrong_type: "it is a PNG picture", elsewhere: "no such upload",
    }  # fmt: skip
    before = _lie(files, practice)
    answers = door(*(image | {"external_id": f"X{place}", "file": name} for place, name in enumerate(cases)))
    assert [outcome for outcome, _ in answers] == ["refused"] * len(cases)
    for (_, reason), words in zip(answers, cases.values(), strict=True):
        assert reason.startswith("file: ")
        assert words in reason
    assert _lie(files, practice) == before
    assert door(image | {"external_id": "X9", "patient": "nobody", "file": broken})[0][1].startswith("patient: ")


def test_an_upload_is_used_once_in_a_batch_too(door, send, image, photo):
    upload = send(photo)
    answers = door(image | {"file": upload}, image | {"external_id": "D2", "file": upload})
    assert [outcome for outcome, _ in answers] == ["created", "refused"]
    assert "begin one for each file" in answers[1][1]


@pytest.mark.parametrize(
    ("about", "field"),
    [
        ({"kind": "patient"}, "kind"), ({"kind": "dragon"}, "kind"), ({"content_type": "text/html"}, "content_type"), ({"size": 0}, "size"),
        ({"size": 41 * 1024 * 1024}, "size"), ({"sha256": "A" * 64}, "sha256"), ({"sha256": ""}, "sha256"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_taken_is_refused_when_it_is_announced(begin, photo, about, field):
    with pytest.raises(WrongUpload) as refusal:
        begin(photo, **about)
    assert refusal.value.field == field


def test_the_same_file_announced_twice_is_one_upload_until_it_is_used(begin, send, door, image, photo):
    first = begin(photo)
    assert begin(photo).id == first.id
    assert str(first.id) == send(photo)
    assert begin(photo).state == "received"
    door(image | {"file": str(first.id)})
    assert begin(photo).id != first.id


def test_bytes_that_are_not_those_that_were_announced_are_not_kept(db, files, begin, practice, photo):
    begun = begin(photo)
    for wrong, words in ((photo[:-1], "has"), (photo + b"x", "more than"), (b"x" + photo[1:], "another SHA-256")):
        with pytest.raises(WrongUpload, match=words):
            uploaded.receive(db, files, begun.id, io.BytesIO(wrong), NOW)
    assert _lie(files, practice) == 0
    uploaded.receive(db, files, begun.id, io.BytesIO(photo), NOW)
    uploaded.receive(db, files, begun.id, io.BytesIO(photo), NOW)
    with pytest.raises(NoSuchUpload):
        uploaded.receive(db, files, uuid4(), io.BytesIO(photo), NOW)
    with pytest.raises(NoSuchUpload):
        uploaded.receive(db, files, begun.id, io.BytesIO(photo), NOW + timedelta(days=2))


def test_what_nobody_uses_is_cleared_away_and_what_was_used_is_remembered_for_a_month(db, registry, files, practice, send, door, image, photo, other):
    used, idle = send(photo), send(other, "image/png")
    door(image | {"file": used})
    uploaded.clear_away(db, registry.files, practice.id, NOW + timedelta(days=2))
    assert [str(row) for row in db.scalars(select(RecordsUpload.id))] == [used]
    assert _lie(files, practice) == 3
    assert "no such upload" in door(image | {"external_id": "D2", "file": idle})[0][1]
    uploaded.clear_away(db, registry.files, practice.id, NOW + timedelta(days=31))
    assert db.scalar(select(func.count()).select_from(RecordsUpload)) == 0
