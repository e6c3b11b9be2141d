"""A ZIP made in parts, also where it is larger than the old format could say."""

import io
import zipfile
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.exporting.archive import Part, ending
from tenants.exporting.names import different, plain_name

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
FIVE_GB = 5 * 1024**3


def made(contents: list[list[bytes]], before: int, whole) -> zipfile.ZipFile:
    """A ZIP of parts behind so many bytes, which are a hole in the file."""
    bodies, directory, entries = before, b"", 0
    whole.seek(before)
    for number, files in enumerate(contents):
        with Part(bodies, NOW) as part:
            for place, content in enumerate(files):
                part.add(f"{number}/{place}.txt", io.BytesIO(content))
            size, piece = part.close()
            whole.write(part.file.read())
        bodies, directory, entries = bodies + size, directory + piece, entries + len(files)
    whole.write(directory + ending(entries, bodies, len(directory)))
    return zipfile.ZipFile(whole)


@settings(max_examples=25)
@given(st.lists(st.lists(st.binary(max_size=300), max_size=4), min_size=1, max_size=4))
def test_what_is_put_into_parts_comes_out_of_the_whole(contents):
    archive = made(contents, 0, io.BytesIO())
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == {
        f"{number}/{place}.txt": content for number, files in enumerate(contents) for place, content in enumerate(files)
    }


def test_a_zip_of_more_than_four_gigabytes_is_read(tmp_path):
    with (tmp_path / "large.zip").open("w+b") as whole:
        archive = made([[b"one"], [b"two", b"three"]], FIVE_GB, whole)
        assert [archive.read(name) for name in archive.namelist()] == [b"one", b"two", b"three"]
        assert archive.infolist()[0].header_offset == FIVE_GB


@given(st.lists(st.text(max_size=40) | st.sampled_from(["CON", "nul.txt", "..", "a/b", "A", "a", "\u202ex", "x." * 120, "😀" * 80]), max_size=8))
def test_names_are_those_of_plain_files_and_no_two_are_alike(names):
    taken: set[str] = set()
    found = [different(plain_name(name), taken) for name in names]
    assert len({name.casefold() for name in found}) == len(found)
    for name in found:
        assert "/" not in name
        assert "\\" not in name
        assert name.isprintable()
        assert 0 < len(name.encode()) <= 255
        assert name.strip(". ") == name
        assert name.partition(".")[0].strip().lower() not in {"con", "nul", "prn", "aux"}
