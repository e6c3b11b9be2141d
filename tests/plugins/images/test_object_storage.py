"""The tab with its files in object storage, where browsers fetch downloads by themselves."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from core.files import files_from_url


@pytest.fixture(scope="module")
def storage():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    files = files_from_url(f"s3://key:secret@cuspid-images?endpoint=http://{host}:{port}", "")
    files._client.create_bucket(Bucket="cuspid-images")
    yield files
    server.stop()


@pytest.fixture
def registry(registry, storage, monkeypatch):
    monkeypatch.setattr(registry, "files", storage)
    return registry


@pytest.fixture
def image(add, radiograph):
    return f"/images/{add(radiograph, 'Robin Vale left side.png').image_id}"


@pytest.mark.parametrize(("part", "how", "name"), [("download", "attachment", "image.png"), ("file", "inline", "image.png")])
def test_the_whole_file_is_fetched_by_a_link_that_lives_for_a_minute_and_says_nothing(image, patient, signed_in, storage, part, how, name):
    answer = signed_in(patient).get(f"{image}/{part}", status=303)
    link = urlsplit(answer.location)
    asked = parse_qs(link.query)
    assert link.netloc == urlsplit(storage._client.meta.endpoint_url).netloc
    assert asked["X-Amz-Expires"] == ["60"]
    assert asked["response-content-disposition"] == [f'{how}; filename="{name}"']
    assert asked["response-content-type"] == ["image/png"]
    assert "Robin" not in unquote(answer.location)


@pytest.mark.parametrize("part", ["thumbnail", "display"])
def test_the_pictures_of_pages_come_through_the_portal(image, patient, signed_in, part):
    answer = signed_in(patient).get(f"{image}/{part}", status=200)
    assert answer.content_type.startswith("image/")
    assert len(answer.body) > 500


def test_nothing_is_stored_when_the_transaction_is_rolled_back(db, files, patient, folder, radiograph, storage, tmp_path):
    from datetime import date

    from plugins.images.services import adding

    path = tmp_path / "a.png"
    path.write_bytes(radiograph)
    into = folder()
    adding.add(db, files, patient.id, into, path, "a.png", adding.About(date(2026, 1, 1)))
    prefix = {"Bucket": "cuspid-images", "Prefix": str(files.practice_id)}
    assert storage._client.list_objects_v2(**prefix)["KeyCount"] == 3
    db.rollback()
    assert storage._client.list_objects_v2(**prefix)["KeyCount"] == 0


def test_storage_that_is_away_is_told_on_a_page_of_its_own(image, patient, signed_in, registry, monkeypatch):
    app = signed_in(patient)
    monkeypatch.setattr(registry, "files", files_from_url("s3://key:secret@bucket?endpoint=http://127.0.0.1:9", ""))
    answer = app.get(f"{image}/display", status=503)
    assert "Files can’t be opened right now" in answer
    assert answer.headers["Retry-After"] == "60"


def test_a_file_that_was_sent_to_the_storage_by_a_link_is_taken_over_by_its_record(db, files, patient, folder, radiograph, storage, make):
    import hashlib

    import requests

    from core.records import uploaded
    from core.records.kinds import kinds_for

    folder("F1")
    announced = uploaded.Announced("image", len(radiograph), "image/png", hashlib.sha256(radiograph).hexdigest())
    begun = uploaded.begin(db, files, kinds_for(make._office.registry, frozenset({"images"})), announced, datetime.now(UTC))
    db.commit()
    assert requests.put(begun.address, data=radiograph, headers=dict(begun.headers), timeout=10).status_code == 200
    record = {"kind": "image", "external_id": "I1", "patient": patient.external_id, "folder": "F1", "taken_on": "2026-03-04", "type": "radiograph", "file": str(begun.id)}
    assert [answer.outcome for answer in make.take_in([record]) + make.take_in([record])] == ["created", "unchanged"]
    assert storage.count(files.practice_id) == 3, "what was sent is gone"
