"""What is not taken in, and what it is told."""

import io
import os
import resource
import tempfile
from pathlib import Path

import pytest

from core.safety import UnsafeFile, prove
from core.safety.limits import MOST_BYTES

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(%pipe%id) (r) file\n"


def reason(data: bytes | Path, name: str) -> str:
    with pytest.raises(UnsafeFile) as refusal, prove(data if isinstance(data, Path) else io.BytesIO(data), name):
        pass
    return refusal.value.reason


@pytest.mark.parametrize("side", [20_000, 13_000])
def test_a_picture_bomb_is_refused_by_its_header(corpus, side):
    bomb = corpus.png_that_claims(side, side)
    assert len(bomb) < 100_000
    assert reason(bomb, "tooth.png") == (
        f"It is a picture of {side:,} by {side:,} pixels; at most 50 million pixels and 16,000 a side can be taken."
    )


def test_a_long_thin_picture_is_refused_though_its_pixels_are_few(corpus):
    assert "20,000 by 10 pixels" in reason(corpus.png_that_claims(20_000, 10), "tooth.png")


def test_a_webp_bomb_is_refused_before_its_decoder_makes_room():
    header = b"RIFF" + (100).to_bytes(4, "little") + b"WEBPVP8X" + (10).to_bytes(4, "little") + b"\0\0\0\0" + b"\xff\x3e\0" * 2
    assert "16,128 by 16,128 pixels" in reason(header + bytes(60), "tooth.webp")


@pytest.mark.parametrize(("form", "ending"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.98])
def test_a_picture_that_is_cut_off_is_refused(corpus, form, ending, kept):
    whole = corpus.saved(corpus.drawing(), form)
    assert reason(whole[: int(len(whole) * kept)], "tooth" + ending) == "It is damaged or cut off, so it cannot be opened."


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "tooth.svg", "It is an SVG drawing; "),
        (b'<?xml version="1.0"?><svg onload="alert(1)"/>', "tooth.png", "It is an XML file; "),
        (b"<!DOCTYPE html><script>alert(1)</script>", "tooth.png", "It is a web page; "),
        (b"\xef\xbb\xbf  <html><body>", "tooth.jpg", "It is a web page; "),
        (EPS, "tooth.jpg", "It is a PostScript file; "),
        (b"GIF89a" + bytes(90), "tooth.gif", "It is a GIF picture; "),
        (b"PK\x03\x04" + bytes(90), "tooth.jpg", "It is a ZIP archive or an office document; "),
        (b"MZ" + bytes(90), "tooth.pdf", "It is a program; "),
        (bytes(4) + b"ftypheic" + bytes(90), "tooth.jpg", "It is a HEIC picture or a film; "),
        (b"Dear patient", "letter.pdf", "It is none of the files that are known here; "),
    ],
)
def test_what_is_no_picture_or_pdf_is_called_by_its_name(data, name, expected):
    assert reason(data, name) == expected + "JPEG, PNG, WebP and PDF files can be taken."


def test_an_empty_file_is_refused():
    assert reason(b"", "tooth.jpg") == "It is empty."


def test_dicom_is_sent_back_with_what_to_do():
    assert reason(bytes(128) + b"DICM" + bytes(200), "tooth.dcm") == "It is a DICOM file; export the picture as JPEG or PNG and send that."


def test_a_pdf_named_jpg_is_refused(corpus):
    expected = "It is named .jpg, but it is a PDF; give it the ending .pdf if that is what it should be."
    assert reason(corpus.pdf(), "tooth.jpg") == expected


def test_a_picture_without_an_ending_is_refused(corpus):
    assert reason(corpus.saved(corpus.drawing(), "PNG"), "tooth").startswith("It is named without an ending, but it is a PNG picture; ")


def test_a_pdf_that_is_locked_is_refused(corpus):
    assert reason(corpus.pdf(password="x"), "letter.pdf") == "It asks for a password; save it without one and send it again."


def test_a_pdf_without_pages_or_sense_is_refused(corpus):
    assert reason(b"%PDF-1.4\n" + os.urandom(2000), "letter.pdf") == "It is damaged or cut off, so it cannot be opened."
    assert reason(corpus.pdf(pages=0), "letter.pdf") in {"It has no pages.", "It is damaged or cut off, so it cannot be opened."}


def test_a_pdf_with_thousands_of_pages_is_refused(corpus):
    assert reason(corpus.pdf(pages=2001), "letter.pdf") == "It has 2,001 pages; at most 2,000 can be taken."


def test_a_moving_picture_is_refused(corpus):
    frames = [corpus.drawing(64, 64), corpus.drawing(64, 64).rotate(90)]
    for form, ending in (("PNG", ".png"), ("WEBP", ".webp")):
        moving = corpus.saved(frames[0], form, save_all=True, append_images=frames[1:])
        assert reason(moving, "tooth" + ending) == "It is a moving picture; save a single picture and send that."


def test_a_file_of_200_megabytes_is_refused_by_its_size_without_reading_it(tmp_path, monkeypatch):
    big = tmp_path / "tooth.jpg"
    with big.open("wb") as file:
        file.write(b"\xff\xd8\xff")
        file.truncate(200 * 2**20)
    monkeypatch.setattr("core.safety.asking._pour", lambda *_: pytest.fail("it was read"))
    assert reason(big, "tooth.jpg") == "It has 200 MB; at most 40 MB can be taken."


def test_a_stream_that_does_not_end_is_stopped_at_the_limit():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, count):
            self.given += count
            return b"\xff" * count

    stream = Endless()
    with pytest.raises(UnsafeFile, match="larger than 40 MB"), prove(stream, "tooth.jpg"):
        pass
    assert stream.given <= MOST_BYTES + 2**20


def test_a_link_or_a_pipe_in_place_of_a_file_is_refused(tmp_path):
    (tmp_path / "link.jpg").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert reason(tmp_path / "link.jpg", "link.jpg").startswith("It cannot be read: ")
    assert reason(tmp_path / "pipe.jpg", "pipe.jpg") == "It is not a file."
    assert reason(tmp_path / "absent.jpg", "absent.jpg") == "It cannot be read: No such file or directory."


def test_refused_files_leave_nothing_behind_and_cost_the_parent_no_memory(corpus, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    bomb, cut = corpus.png_that_claims(13_000, 13_000), corpus.saved(corpus.drawing(3000, 3000), "PNG")[:-100]
    reason(bomb, "tooth.png")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in (bomb, cut, corpus.pdf(pages=2001)):
        reason(data, "tooth.pdf" if data.startswith(b"%PDF") else "tooth.png")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB
    assert list(tmp_path.iterdir()) == []
