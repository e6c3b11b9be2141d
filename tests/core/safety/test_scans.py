"""DICOM files: the picture and what the tags say come out, and nothing else of the file."""

import io
import zlib
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import write_file_meta_info

from core.safety import UnsafeFile, prove
from core.safety.proving import Said

SAMPLES = Path(__file__).parents[4] / "shared" / "ccda" / "samples"
JPEG, JPEG_2000, RLE = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5"


def proven(data: bytes, name: str = "tooth.dcm"):
    return prove(io.BytesIO(data), name, with_scans=True)


@contextmanager
def kept(data: bytes):
    """The picture that is kept of a file."""
    with proven(data) as found, Image.open(found.clean) as image:
        image.load()
        yield found, image


def reason(data: bytes, name: str = "tooth.dcm") -> str:
    with pytest.raises(UnsafeFile) as refusal, proven(data, name):
        pass
    return refusal.value.reason


def test_a_radiograph_is_kept_pixel_for_pixel_with_what_its_tags_say(corpus):
    picture = corpus.drawing(64, 48, "L")
    region, tooth = Dataset(), Dataset()
    tooth.CodeValue, tooth.CodingSchemeDesignator = "16", "ISO3950"
    region.AnatomicRegionModifierSequence = [tooth]
    data = corpus.scan(picture, PatientBirthDate="19840612", ImageLaterality="L", AnatomicRegionSequence=[region])
    with kept(data) as (found, image):
        assert (found.content_type, found.width, found.height, found.gray, found.taken_on) == ("image/png", 64, 48, True, date(2026, 3, 4))
        assert image.tobytes() == picture.tobytes()
        said = found.said
    uid = said.uid
    assert uid
    assert said == Said(uid, "P1", "Zelenka", "Ann", date(1984, 6, 12), "IO", "Bitewing left", "L", "3")


def test_a_jpeg_in_it_is_kept_bit_for_bit_and_nothing_else_of_the_file(corpus):
    picture = corpus.drawing(64, 48, "L")
    inside = corpus.saved(picture, "JPEG")
    data = corpus.scan(picture, inside + b"\0" * (len(inside) % 2), JPEG, PatientComments=corpus.MARKER.decode())
    with kept(data) as (found, image):
        assert found.content_type == "image/jpeg"
        assert image.tobytes() == Image.open(io.BytesIO(inside)).tobytes()
        for path in (found.clean, found.display, found.thumbnail):
            assert corpus.MARKER not in path.read_bytes()
            assert b"Zelenka" not in path.read_bytes()


def test_colors_are_those_of_the_picture_however_they_are_stored(corpus):
    picture = corpus.drawing(64, 48)
    bands = b"".join(band.tobytes() for band in picture.split())
    plain, by_band = corpus.scan(picture), corpus.scan(picture, PlanarConfiguration=1, PixelData=bands)
    other = corpus.scan(picture, PhotometricInterpretation="YBR_FULL", PixelData=picture.convert("YCbCr").tobytes())
    for data in (plain, by_band, other, corpus.scan(picture, corpus.saved(picture, "JPEG2000"), JPEG_2000)):
        with kept(data) as (found, image):
            assert found.gray is False
            assert max(abs(one - before) for one, before in zip(image.tobytes(), picture.tobytes(), strict=True)) < 4


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("bits", [10, 12, 16])
def test_more_than_256_shades_stay_and_are_drawn_as_the_window_says(corpus, bits, packed):
    shades = [round(place * ((1 << bits) - 1) / 63) for place in range(64)]
    deep = Image.frombytes("I;16", (8, 8), b"".join(shade.to_bytes(2, "little") for shade in shades))
    about = {"BitsAllocated": 16, "BitsStored": bits, "HighBit": bits - 1, "Rows": 8, "Columns": 8}
    # Pillow packs 16 bits only: those of fewer are told by the file to be so.
    inside = corpus.saved(deep, "JPEG2000", irreversible=False) if packed and bits == 16 else b""
    data = corpus.scan(None, inside, JPEG_2000 if inside else "1.2.840.10008.1.2.1", **about, **({} if inside else {"PixelData": deep.tobytes()}), WindowCenter=1 << bits - 1, WindowWidth=1 << bits)
    with kept(data) as (_, image):
        assert image.mode == "I;16"
        assert [abs(found - round(place * 65_535 / 63)) <= 65_536 >> bits for place, found in enumerate(image.get_flattened_data())] == [True] * 64


def test_what_is_beyond_the_window_is_black_or_white_and_a_negative_is_turned_around(corpus):
    pixels = b"".join(value.to_bytes(2, "little", signed=True) for value in (-1000, -100, 0, 3000))
    about = {"BitsAllocated": 16, "BitsStored": 16, "HighBit": 15, "PixelRepresentation": 1, "Rows": 2, "Columns": 2, "PixelData": pixels}
    window = {"WindowCenter": 0.5, "WindowWidth": 201, "RescaleSlope": 1, "RescaleIntercept": 0}
    with kept(corpus.scan(**about, **window)) as (_, image):
        assert list(image.get_flattened_data()) == [0, 0, 32767, 65_535]
    with kept(corpus.scan(**about, **window, PhotometricInterpretation="MONOCHROME1")) as (_, image):
        assert list(image.get_flattened_data()) == [65_535, 65_535, 32767, 0]


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ({"PixelData": None}, "without a picture"),
        ({"Rows": None}, "without a picture"),
        ({"NumberOfFrames": 2, "PixelData": bytes(2 * 640 * 480)}, "with several pictures"),
        ({"syntax": "1.2.840.10008.1.2.4.70", "packed": b"\xff\xd8\xff\xc3"}, "stored in a way that is not read here"),
        ({"syntax": "1.2.840.10008.1.2.4.80", "packed": b"\xff\xd8\xff\xf7"}, "stored in a way that is not read here"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "stored in a way that is not read here"),
        ({"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31, "PixelData": bytes(4 * 640 * 480)}, "stored in a way that is not read here"),
        ({"PixelData": bytes(100)}, "damaged or cut off"),
        ({"syntax": JPEG, "packed": b"\xff\xd8\xff\xe0 no picture"}, "damaged or cut off"),
        ({"Rows": 20_000, "Columns": 20_000}, "a picture of 20,000 by 20,000 pixels"),
    ],
)
def test_what_holds_no_picture_that_can_be_shown_is_refused_with_what_to_do(corpus, tags, says):
    assert says in reason(corpus.scan(**tags))


def test_a_jpeg_that_is_larger_than_the_tags_say_is_refused(corpus):
    inside = corpus.saved(corpus.drawing(800, 600, "L"), "JPEG")
    assert "damaged" in reason(corpus.scan(corpus.drawing(64, 48, "L"), inside, JPEG))


def test_what_is_packed_as_a_whole_is_refused_before_it_is_unpacked(corpus):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(bytes(300 * 2**20)) + packer.flush()
    meta, target = FileMetaDataset(), io.BytesIO()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.1.2.1.99", "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    target.write(bytes(128) + b"DICM")
    write_file_meta_info(target, meta)
    assert "not read here" in reason(target.getvalue() + bomb)


@pytest.fixture(scope="module")
def small(corpus) -> bytes:
    """One file for all examples: the number of a picture is made up anew each time, and not always as long."""
    return corpus.scan(corpus.drawing(16, 12, "L"), PatientBirthDate="19840612")


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_whatever_is_changed_in_a_file_it_is_proven_or_refused(small, data):
    whole = bytearray(small)
    for place, value in data.draw(st.lists(st.tuples(st.integers(132, len(whole) - 1), st.integers(0, 255)), min_size=1, max_size=6)):
        whole[place] = value
    cut = bytes(whole[: data.draw(st.integers(132, len(whole)))])
    with suppress(UnsafeFile), proven(cut) as found:
        assert found.said


def test_a_dicom_file_needs_no_ending_but_must_not_have_another_ones(corpus):
    with proven(corpus.scan(), "IM000001"):
        pass
    assert "give it the ending .dcm" in reason(corpus.scan(), "tooth.jpg")


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder with samples from outside is not beside the repository")
def test_samples_from_outside_are_seen_or_refused_for_what_they_are():
    seen, refused = {}, {}
    for path in sorted(SAMPLES.glob("*/*.dcm")):
        try:
            with prove(path, path.name, with_scans=True) as found:
                seen[path.stem] = (found.width, found.height, found.said.modality)
        except UnsafeFile as refusal:
            refused[path.stem] = refusal.reason.partition(",")[0].partition(" that ")[0].partition(" whose ")[0]
    assert seen == {
        "CT_small": (128, 128, "CT"), "JPEG2000": (256, 1024, "NM"), "MR_small": (64, 64, "MR"), "SC_rgb_jpeg": (256, 256, "OT"),
        "bitewing": (640, 480, "IO"), "bitewing_jpeg": (640, 480, "IO"), "panoramic": (1200, 560, "PX"),
    }  # fmt: skip
    assert refused == {"examples_palette": "It is a DICOM file", "reportsi": "It is a DICOM file without a picture"}


def test_what_is_packed_run_by_run_is_read(corpus):
    plain = corpus.drawing(64, 48, "L")
    # One segment, in runs of literals: a header of 64 bytes, then up to 128 bytes behind their number less one.
    pixels = plain.tobytes()
    runs = b"".join(bytes([len(pixels[start : start + 128]) - 1]) + pixels[start : start + 128] for start in range(0, len(pixels), 128))
    frame = (1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(56) + runs
    with kept(corpus.scan(plain, frame + b"\0" * (len(frame) % 2), RLE)) as (_, image):
        assert image.tobytes() == pixels
