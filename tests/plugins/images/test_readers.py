"""Archives of images by the office's import: what is chosen, and the records that come of it."""

import io
import zipfile
from zoneinfo import ZoneInfo

import pytest

from core.records.importing.found import Fault, LeftOut, WithFile
from core.records.importing.readers import Chosen, WrongChoice, readers_at
from core.safety import testing
from plugins.images.readers import IMAGES, RULES

ZONE = ZoneInfo("America/Denver")


def archive(**files: bytes) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as pack:
        for name, data in files.items():
            pack.writestr(zipfile.ZipInfo(name, (2026, 2, 3, 12, 0, 0)), data)
    return target


def read(handle, choice="by-day", mapping=None, is_second=False) -> list:
    found = IMAGES.read(handle, Chosen("oakhill", ZONE, choice, mapping, is_second=is_second))
    return [each for one in found for each in ((*one.before, one) if isinstance(one, WithFile) else (one,))]


def test_whoever_goes_on_passes_over_what_was_read_without_opening_it(film, photo):
    handle = archive(**{".DS_Store": b"x", "P1/2026-01-01 a.png": b"none", "P1/2026-01-01 b.png": film, "P1/2026-01-01 c.jpg": photo})
    whole = list(IMAGES.read(handle, Chosen("oakhill", ZONE, "by-day", is_second=False)))
    assert [type(one) for one in whole] == [LeftOut, Fault, WithFile, WithFile]
    [rest] = IMAGES.read(handle, Chosen("oakhill", ZONE, "by-day", is_second=False, position=3))
    assert (rest.record, [one["kind"] for one in rest.before]) == (whole[3].record, ["image_folder"])


@pytest.fixture(scope="module")
def photo() -> bytes:
    return testing.saved(testing.drawing(80, 60), "JPEG", exif=testing.exif())


@pytest.fixture(scope="module")
def film() -> bytes:
    return testing.saved(testing.drawing(80, 60, "L"), "PNG")


def test_the_office_is_offered_images_with_rules_as_they_look(registry, practice):
    assert readers_at(registry, practice.id)["images"] is IMAGES
    assert IMAGES.choices["by-day"] == "named like “P1/2026-03-04 Bitewing left.jpg”"
    assert IMAGES.choices.keys() == RULES.keys()


def test_a_picture_becomes_an_image_in_its_folder_by_its_path(film):
    folder, image = read(archive(**{"all/P1/X-rays/2025-12-24 Bitewing_left.png": film}), "by-folder")
    assert folder == {"kind": "image_folder", "external_id": "oakhill:x-rays", "name": "X-rays", "shared": True}
    assert (image.content_type, image.data) == ("image/png", film)
    assert image.record == {
        "kind": "image", "external_id": "oakhill:all/P1/X-rays/2025-12-24 Bitewing_left.png", "patient": "P1", "folder": "oakhill:x-rays", "taken_on": "2025-12-24",
        "description": "Bitewing left", "file_name": "2025-12-24 Bitewing_left.png", "type": "radiograph", "tooth_numbers": "",
    }  # fmt: skip


def test_the_day_is_that_of_the_rule_else_of_the_camera_else_of_the_file(photo, film):
    found = read(archive(**{"P1/Smile.jpg": photo, "P1/Teeth.png": film}), "by-patient")
    assert [one.record["taken_on"] for one in found if isinstance(one, WithFile)] == ["2026-03-04", "2026-02-03"]
    assert [one.record["taken_on"] for one in read(archive(**{"P1/2024-01-01 Smile.jpg": photo})) if isinstance(one, WithFile)] == ["2024-01-01"]


def test_what_a_scan_says_itself_counts_more_than_its_path(film):
    scan = testing.scan(PatientID="17", StudyDate="20251224", Modality="PX", SeriesDescription="Panoramic", ImageLaterality=None, SOPInstanceUID="1.2.3")
    for path in ("IM0001", "17/2020-01-01 Something.dcm"):
        _, image = read(archive(**{path: scan}))
        kept = {name: image.record[name] for name in ("external_id", "patient", "taken_on", "description", "type")}
        assert kept == {"external_id": "oakhill:1.2.3", "patient": "17", "taken_on": "2025-12-24", "description": "Panoramic", "type": "radiograph"}
        assert image.content_type == "application/dicom"


def test_where_a_scan_says_nothing_its_path_does(film):
    scan = testing.scan(PatientID=None, StudyDate=None, SeriesDescription=None, Modality="OT", ImageLaterality="R")
    _, image = read(archive(**{"P1/2020-01-01 Bitewing.dcm": scan}))
    assert [image.record[name] for name in ("patient", "taken_on", "description", "type")] == ["P1", "2020-01-01", "Bitewing, right", "radiograph"]
    [fault] = read(archive(IM0001=scan))
    assert fault.place == "IM0001"
    assert fault.reason.startswith("Nothing says whose it is. The rule {patient}/")


def test_a_scan_whose_path_names_another_patient_is_nobodys():
    assert read(archive(**{"18/2020-01-01 a.dcm": testing.scan(PatientID="17")})) == [Fault("18/2020-01-01 a.dcm", "The file itself says another number of the patient than its path.")]


def test_patients_of_another_system_come_with_their_names_and_under_its_name():
    scan = testing.scan(PatientID="17", PatientBirthDate="19840612")
    patient, _, image = read(archive(IM1=scan), is_second=True)
    assert patient == {"kind": "patient", "external_id": "oakhill:17", "last_name": "Zelenka", "first_name": "Ann", "birthdate": "1984-06-12"}
    assert image.record["patient"] == "oakhill:17"
    patient, *_ = read(archive(**{"Zelenka/Ann 1984-06-12 a.jpg": testing.saved(testing.drawing(), "JPEG")}), "{last}/{first} {born} {title}", is_second=True)
    assert (patient["external_id"], patient["birthdate"]) == ("oakhill:zelenka/ann/1984-06-12", "1984-06-12")


def test_a_scan_that_comes_twice_is_once_and_two_that_say_to_be_the_same_are_told():
    one, other = testing.scan(SOPInstanceUID="1.2.3"), testing.scan(testing.drawing(60, 60, "L"), SOPInstanceUID="1.2.3")
    found = read(archive(a=one, b=one, c=other))
    assert found[2:] == [LeftOut("The same picture once more"), Fault("c", "Another file of this import says to be the same picture, but is not.")]


def test_what_cannot_be_taken_is_told_with_its_path(film):
    found = read(archive(**{"P1/2026-13-01 a.png": film, "P1/2026-01-01 b.txt": b"Dear", "P1/2026-01-01 c.dcm": testing.scan(PixelData=None), ".DS_Store": b"x"}))
    assert [(one.place, one.reason.partition(",")[0]) for one in found if isinstance(one, Fault)] == [
        ("P1/2026-01-01 b.txt", "It is none of the files that are known here; JPEG"), ("P1/2026-01-01 c.dcm", "It is a DICOM file without a picture"),
        ("P1/2026-13-01 a.png", f"The rule {RULES['by-day']} expects the day on which it was taken such as 2026-03-14 in the name of the file."),
    ]  # fmt: skip
    assert [one for one in found if isinstance(one, LeftOut)] == [LeftOut("Hidden file")]
    [fault] = read(io.BytesIO(b"%PDF"))
    assert "no ZIP archive" in fault.reason


def test_a_word_for_what_it_is_must_be_one_that_is_known(film):
    files = {"P1/photo a.png": film, "P1/film a.png": film}
    found = read(archive(**files), "{patient}/{type} {title}")
    assert [one.record["type"] for one in found if isinstance(one, WithFile)] == ["photo"]
    assert [one.place for one in found if isinstance(one, Fault)] == ["P1/film a.png"]


def test_a_rule_may_stand_in_a_file_with_the_folder_for_all(film):
    folder, image = read(archive(**{"P1_a.png": film}), "", b'rule = "{patient}_{title}"\nfolder = "From Oak Hill"')
    assert (folder["name"], image.record["patient"]) == ("From Oak Hill", "P1")


@pytest.mark.parametrize(
    ("choice", "mapping", "says"),
    [("", None, "Say how the files are named"), ("by-day", b'rule = "{title}"', "not both"), ("", b"rule", "no TOML"), ("", b"rules = 1", "rule: "), ("", b'rule = "{"', "A rule holds"),
     ("{last} {first} {born} {title}", None, "say that they are")],
)  # fmt: skip
def test_what_cannot_be_chosen_is_told_before_anything_is_read(choice, mapping, says):
    with pytest.raises(WrongChoice, match=says):
        IMAGES.read(io.BytesIO(), Chosen("oakhill", ZONE, choice, mapping, is_second=False))
