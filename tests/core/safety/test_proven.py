"""What is taken in: what is kept, what is shown, and what is lost on purpose."""

import hashlib
import io
import resource
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from core.safety import prove
from core.safety.refusal import Refusal
from core.safety.stripping import strip_jpeg, strip_png

SAMPLES = Path(__file__).parents[4] / "shared" / "ccda" / "samples"


def pixels(data: bytes | Path) -> tuple:
    with Image.open(io.BytesIO(data) if isinstance(data, bytes) else data) as image:
        return image.mode, image.size, image.tobytes()


def metadata(path: Path) -> dict:
    with Image.open(path) as image:
        image.load()
        notes = {name: value for name, value in image.info.items() if name not in {"jfif", "jfif_version", "exif"}}
        return {**notes, "exif": dict(image.getexif())}


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_pixels_of_a_radiograph_are_kept_bit_for_bit(corpus, form, mode):
    data = corpus.saved(corpus.drawing(900, 600, mode), form, exif=corpus.exif())
    with prove(io.BytesIO(data), "tooth.jpg" if form == "JPEG" else "tooth.png") as proven:
        assert pixels(proven.clean) == pixels(data)
        assert (proven.width, proven.height, proven.gray) == (900, 600, mode == "L")


def test_sixteen_bits_of_gray_are_kept_and_shown_over_their_whole_range():
    deep = Image.linear_gradient("L").convert("I").point(lambda value: value * 256).convert("I;16")
    data = io.BytesIO()
    deep.save(data, "PNG")
    with prove(io.BytesIO(data.getvalue()), "tooth.png") as proven:
        assert pixels(proven.clean) == pixels(data.getvalue())
        with Image.open(proven.display) as shown:
            assert shown.mode == "L"
            assert shown.getextrema()[0] < 8
            assert shown.getextrema()[1] > 247


def test_a_polyglot_loses_all_but_its_picture(corpus):
    data = corpus.polyglot()
    with prove(io.BytesIO(data), "tooth.jpg") as proven:
        assert pixels(proven.clean) == pixels(data)
        for path in (proven.clean, proven.display, proven.thumbnail):
            left = path.read_bytes()
            assert corpus.MARKER not in left
            assert b"PK\x03\x04" not in left
            assert b"Telephone" not in left
        assert metadata(proven.clean)["exif"] == {}
        assert proven.taken_on == date(2026, 3, 4)


@pytest.mark.parametrize(("form", "name"), [("JPEG", "tooth.jpg"), ("PNG", "tooth.png"), ("WEBP", "tooth.webp")])
def test_where_it_was_taken_is_lost_and_which_way_up_is_not(corpus, form, name):
    data = corpus.saved(corpus.drawing(800, 500), form, exif=corpus.exif(turn=6))
    with prove(io.BytesIO(data), name) as proven:
        assert (proven.width, proven.height) == (500, 800)
        assert set(metadata(proven.clean)["exif"]) <= {0x0112}
        with Image.open(proven.display) as shown, Image.open(proven.thumbnail) as small:
            assert shown.size == (500, 800)
            assert small.size == (300, 480)
        assert set(metadata(proven.display)) <= {"exif", "progressive", "progression", "jfif_unit", "jfif_density"}
        assert metadata(proven.display)["exif"] == {}


def test_texts_in_a_png_are_lost(corpus):
    from PIL import PngImagePlugin

    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", corpus.MARKER.decode())
    notes.add_itxt("XML:com.adobe.xmp", corpus.MARKER.decode(), zip=True)
    data = corpus.saved(corpus.drawing(), "PNG", pnginfo=notes, dpi=(300, 300))
    with prove(io.BytesIO(data + corpus.MARKER), "tooth.png") as proven:
        assert corpus.MARKER not in proven.clean.read_bytes()
        assert set(metadata(proven.clean)) == {"exif", "dpi"}


def test_a_color_profile_stays_and_a_payload_in_its_place_does_not(corpus):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for carried, expected in ((profile, True), (corpus.MARKER * 40, False)):
        for form, name in (("JPEG", "tooth.jpg"), ("PNG", "tooth.png")):
            data = corpus.saved(corpus.drawing(), form, icc_profile=carried)
            with prove(io.BytesIO(data), name) as proven:
                assert ("icc_profile" in metadata(proven.clean)) is expected


def test_a_picture_in_printing_colors_and_one_that_is_see_through_are_shown_as_they_look(corpus):
    with prove(io.BytesIO(corpus.saved(corpus.drawing(mode="RGB").convert("CMYK"), "JPEG")), "tooth.jpg") as proven:
        assert pixels(proven.display)[0] == "RGB"
    glass = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    with prove(io.BytesIO(corpus.saved(glass, "PNG")), "tooth.png") as proven, Image.open(proven.display) as shown:
        assert min(shown.convert("L").getextrema()) > 250


def test_what_is_shown_has_a_bounded_size(corpus):
    data = corpus.saved(corpus.drawing(6000, 4000), "JPEG", quality=60)
    with prove(io.BytesIO(data), "tooth.jpg") as proven:
        assert pixels(proven.display)[1] == (2000, 1333)
        assert pixels(proven.thumbnail)[1] == (480, 320)


def test_the_largest_picture_that_can_be_taken_is_taken_and_the_parent_stays_small(corpus):
    data = corpus.png_that_claims(7070, 7070)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with prove(io.BytesIO(data), "tooth.png") as proven:
        assert (proven.width, proven.height) == (7070, 7070)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


def test_gray_saved_in_three_channels_counts_as_gray(corpus):
    data = corpus.saved(corpus.drawing(mode="L").convert("RGB"), "JPEG")
    with prove(io.BytesIO(data), "tooth.jpg") as proven:
        assert proven.gray


def test_a_pdf_is_kept_as_it_is_and_its_first_page_is_shown(corpus):
    data = corpus.pdf(pages=3)
    with prove(io.BytesIO(data), "Letter.PDF") as proven:
        assert proven.clean.read_bytes() == data
        assert (proven.content_type, proven.pages, proven.width) == ("application/pdf", 3, None)
        assert proven.sha256 == hashlib.sha256(data).hexdigest()
        assert pixels(proven.thumbnail)[1] == (371, 480)


def test_the_child_gets_none_of_our_settings(corpus, monkeypatch):
    import subprocess

    seen, really = {}, subprocess.Popen

    def spied(command, **how):
        seen.update(how)
        return really(command, **how)

    monkeypatch.setattr(subprocess, "Popen", spied)
    with prove(io.BytesIO(corpus.saved(corpus.drawing(), "JPEG")), "tooth.jpg"):
        pass
    assert seen["env"] == {}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder with samples from outside is not beside the repository")
@pytest.mark.parametrize("name", ["images-synthetic/bitewing.jpg", "images-synthetic/bitewing.png", "images-synthetic/panoramic.jpg"])
def test_pictures_from_outside_are_taken(name):
    with prove(SAMPLES / name, name) as proven:
        assert proven.gray
        assert pixels(proven.clean) == pixels(SAMPLES / name)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder with samples from outside is not beside the repository")
def test_pdfs_from_outside_are_taken():
    pages = {}
    for path in (SAMPLES / "pdf").iterdir():
        with prove(path, path.name) as proven:
            pages[path.name] = proven.pages
    assert sorted(pages.values()) == [1, 4]


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_stripping_any_bytes_ends_and_keeps_only_what_was_there(data):
    for strip, start in ((strip_jpeg, b"\xff\xd8"), (strip_png, b"\x89PNG\r\n\x1a\n")):
        with suppress(Refusal):
            left = strip(start + data, keep_profile=True)
            assert left.startswith(start)
            assert len(left) <= len(start + data) + 16


@settings(max_examples=100)
@given(st.data())
def test_a_jpeg_with_any_segments_added_is_stripped_to_the_same_file(data):
    picture = io.BytesIO()
    Image.linear_gradient("L").save(picture, "JPEG")
    plain = picture.getvalue()
    body = data.draw(st.binary(max_size=60))
    marker = data.draw(st.sampled_from([0xE0, 0xE1, 0xE2, 0xE3, 0xED, 0xEE, 0xEF, 0xFE]))
    added = plain[:2] + bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body + plain[2:] + data.draw(st.binary(max_size=60))
    if not (marker == 0xEE and body.startswith(b"Adobe")):
        assert strip_jpeg(added, keep_profile=False) == strip_jpeg(plain, keep_profile=False)
