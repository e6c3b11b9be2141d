"""Documents are read in a child process first, and nothing is left behind."""

import io
import os
import subprocess
import sys
import tempfile

import pytest

from core.safety import UnsafeFile, limits
from core.safety.care_documents import CDA, MAX_BYTES, REASONS
from plugins.summary.ccd.examine import examine

GOOD = f'<ClinicalDocument xmlns="{CDA}"><title>Visit note</title><component><structuredBody/></component></ClinicalDocument>'.encode()


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    """The folder for temporary files; it is empty again afterwards."""
    folder = tmp_path / "workshop"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def refusal(source) -> str:
    with pytest.raises(UnsafeFile) as refused, examine(source):
        pass
    return refused.value.reason


def test_a_document_is_read_with_its_size_and_sum(workshop, tmp_path):
    path = tmp_path / "document.xml"
    path.write_bytes(GOOD)
    with examine(path) as found:
        assert found.reading.title == "Visit note"
        assert (found.size, len(found.sha256)) == (len(GOOD), 64)
        assert found.copy.read_bytes() == GOOD


@pytest.mark.parametrize(
    "data, word",
    [
        (b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>', "document_type"),
        (b"<a>" * 200_000, "damaged"),
        (b"", "empty"),
        (b"<a/>", "not_care"),
    ],
)
def test_what_is_refused_in_the_child_is_refused_here_with_its_reason(workshop, data, word):
    assert refusal(io.BytesIO(data)) == REASONS[word]


def test_200_mb_are_refused_before_they_are_read(workshop, tmp_path):
    path = tmp_path / "big.xml"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    assert refusal(path) == "It has 200 MB; at most 20 MB can be taken."
    assert "larger than 20 MB" in refusal(io.BytesIO(bytes(MAX_BYTES + 1)))


def test_only_a_file_proper_is_read(workshop, tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("/etc/passwd")
    assert refusal(pipe) == "It is not a file."
    assert refusal(tmp_path) == "It is not a file."
    assert "cannot be read" in refusal(link)
    assert "cannot be read" in refusal(tmp_path / "missing")


def test_a_document_that_takes_too_long_is_given_up(workshop, monkeypatch):
    monkeypatch.setattr(limits, "WALL_SECONDS", 0.001)
    assert "more time or memory" in refusal(io.BytesIO(GOOD))


def test_the_process_that_reads_holds_neither_the_portal_nor_the_database():
    code = "import sys; from core.safety.alone import stand_in; stand_in('plugins.summary'); import plugins.summary.ccd.child; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "plugins.summary.ccd.read" in modules
    assert not {"pyramid", "sqlalchemy", "psycopg", "celery", "core.db"} & set(modules)
