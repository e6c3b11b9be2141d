"""Archives: what is in them by their paths, and nothing that leads out of them, hides in them or bursts."""

import io
import stat
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.safety import UnsafeFile
from plugins.images.naming import places
from plugins.images.naming.places import WrongArchive, in_archive, in_folder

DAY = (2026, 3, 4, 12, 0, 0)


def archive(*files: tuple[str | zipfile.ZipInfo, bytes]) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in files:
            pack.writestr(zipfile.ZipInfo(name, DAY) if isinstance(name, str) else name, data, zipfile.ZIP_DEFLATED)
    target.seek(0)
    return target


def taken(handle, folder: Path) -> dict[str, str | bytes]:
    """What is in an archive: of each path the bytes, or why there are none."""
    found: dict[str, str | bytes] = {}
    for number, place in enumerate(in_archive(handle)):
        target = folder / str(number)
        try:
            place.copy(target)
        except UnsafeFile as wrong:
            found[place.path] = str(wrong)
        else:
            found[place.path] = target.read_bytes()
    return found


def test_files_come_in_the_order_of_their_paths_with_their_days(tmp_path):
    found = list(in_archive(archive(("scans/P2/b.jpg", b"2"), ("scans/", b""), ("scans/P1/a.jpg", b"1"))))
    assert [(place.path, place.size, place.day) for place in found] == [("scans/P1/a.jpg", 1, date(2026, 3, 4)), ("scans/P2/b.jpg", 1, date(2026, 3, 4))]


def test_names_are_read_however_a_program_writes_them(tmp_path):
    apart = "Mu\u0308ller/Röntgen.jpg"  # as macOS does
    unsaid = archive(("M-------/R------n.jpg", b"x")).getvalue().replace(b"M-------/R------n.jpg", "Müller/Röntgen.jpg".encode().ljust(21, b"_")[:21])
    assert list(taken(archive((apart, b"1"), ("M\\left.jpg", b"2")), tmp_path)) == ["M/left.jpg", "Müller/Röntgen.jpg"]
    assert [place.path for place in in_archive(io.BytesIO(unsaid))] == ["Müller/Röntgen.jpg_"]


def test_nothing_leads_out_of_an_archive(tmp_path):
    link, device = zipfile.ZipInfo("link.jpg", DAY), zipfile.ZipInfo("tape.jpg", DAY)
    link.external_attr, device.external_attr = (stat.S_IFLNK | 0o777) << 16, (stat.S_IFBLK | 0o600) << 16
    found = taken(archive(("../../etc/passwd.jpg", b"x"), ("/etc/a.jpg", b"x"), ("C:/a.jpg", b"x"), ("a/..\\..\\b.jpg", b"x"), (link, b"/etc/passwd"), (device, b"")), tmp_path)
    assert {path: str(why)[:40] for path, why in found.items()} == {
        "../../etc/passwd.jpg": "Its path leads out of the archive, or is", "/etc/a.jpg": "Its path leads out of the archive, or is", "C:/a.jpg": "Its path leads out of the archive, or is",
        "a/../../b.jpg": "Its path leads out of the archive, or is", "link.jpg": "It is a link or a device, not a file.", "tape.jpg": "It is a link or a device, not a file.",
    }  # fmt: skip


def test_what_is_locked_is_told_to_be(tmp_path):
    data = bytearray(archive(("a.jpg", b"x")).getvalue())
    for start in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[start] |= 1
    assert taken(io.BytesIO(data), tmp_path) == {"a.jpg": "It is locked with a password; make the archive without one."}


@pytest.mark.parametrize("name", ["__MACOSX/P1/._a.jpg", "P1/.DS_Store", ".hidden/a.jpg", "P1/Thumbs.db", "DICOMDIR"])
def test_what_nobody_means_is_known_by_its_name(name):
    [place] = in_archive(archive((name, b"x")))
    assert place.noise


def test_a_bomb_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "FREE_BYTES", 10 * 2**20)
    handle = archive(*((f"{number}.jpg", bytes(30 * 2**20)) for number in range(4)))
    tracemalloc.start()
    with pytest.raises(WrongArchive, match="more than 100 times as large"):
        taken(handle, tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 30 * 2**20


def test_a_file_that_is_larger_than_it_says_is_cut_off(tmp_path):
    data = archive(("a.jpg", bytes(2**20))).getvalue().replace(struct.pack("<L", 2**20), struct.pack("<L", 100))
    assert taken(io.BytesIO(data), tmp_path) == {"a.jpg": "It is damaged or cut off, so it cannot be opened."}


def test_one_that_is_too_large_is_refused_before_it_is_unpacked(tmp_path):
    assert taken(archive(("a.jpg", bytes(41 * 2**20))), tmp_path) == {"a.jpg": "It has 41 MB; at most 40 MB can be taken."}


def test_a_list_of_files_that_is_too_long_is_not_read(monkeypatch):
    monkeypatch.setattr(places, "MOST_DIRECTORY", 1_000)
    assert len(list(in_archive(archive(*((f"{number}.jpg", b"") for number in range(10)))))) == 10
    with pytest.raises(WrongArchive, match="more files than can be taken at once"):
        list(in_archive(archive(*((f"{number}.jpg", b"") for number in range(30)))))


@pytest.mark.parametrize("data", [b"", b"PK", b"%PDF-1.7", b"PK\x05\x06" + bytes(10)])
def test_what_is_no_archive_is_told_to_be_none(data):
    with pytest.raises(WrongArchive, match="no ZIP archive"):
        list(in_archive(io.BytesIO(data)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_changed_in_an_archive_its_files_come_or_are_told(tmp_path_factory, data):
    whole = bytearray(archive(("P1/Röntgen.jpg", bytes(range(200))), ("P2/b.jpg", b"x" * 50)).getvalue())
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), min_size=1, max_size=5)):
        whole[place] = value
    folder = tmp_path_factory.mktemp("changed")
    with suppress(WrongArchive):
        found = taken(io.BytesIO(whole[: data.draw(st.integers(len(whole) // 2, len(whole)))]), folder)
        assert all(isinstance(one, bytes) or one.endswith(".") for one in found.values())


def test_a_folder_is_told_with_its_own_name_and_links_are_not_followed(tmp_path):
    scans = tmp_path / "scans"
    (scans / "P1").mkdir(parents=True)
    (scans / "P1" / "a.jpg").write_bytes(b"1")
    (scans / "elsewhere").symlink_to("/etc")
    (scans / "b.jpg").symlink_to("/etc/hostname")
    found = {place.path: place for place in in_folder(scans, ZoneInfo("America/Denver"))}
    assert list(found) == ["scans/b.jpg", "scans/elsewhere", "scans/P1/a.jpg"]
    for path in ("scans/b.jpg", "scans/elsewhere"):
        with pytest.raises(UnsafeFile):
            found[path].copy(tmp_path / "copy")
