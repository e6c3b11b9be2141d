"""Importing at the command line: how far it has come is drawn, however often a reader reads its file."""

import io
import json
import sys

import pytest

from core.cli.importing import opened
from core.records.importing.readers import JSON_LINES, Chosen, readers_at

PEOPLE = 400
SAMPLES = {
    "records": "".join(json.dumps({"kind": "patient", "external_id": f"P{number}", "last_name": "Vale" * 50}) + "\n" for number in range(PEOPLE)),
    "fhir": "".join(json.dumps({"resourceType": "Patient", "id": f"P{number}", "name": [{"family": "Vale" * 50}]}) + "\n" for number in range(PEOPLE)),
    "table": "Patient number,First name,Last name\n" + "".join(f"P{number},Ann,{'Vale' * 50}\n" for number in range(PEOPLE)),
}


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch):
    """`screen()`: a terminal in place of the error output, from here on."""

    def begin() -> Screen:
        shown = Screen()
        monkeypatch.setattr(sys, "stderr", shown)
        return shown

    return begin


@pytest.mark.parametrize("name", SAMPLES)
def test_the_bar_comes_to_its_end_with_the_file_and_is_as_long_as_what_is_read(name, practice, registry, tmp_path, screen):
    reader, file = readers_at(registry, practice.id)[name], tmp_path / "sample"
    file.write_text(SAMPLES[name])
    chosen = Chosen("maple", registry.tenants.current(practice.id).time_zone, choice=next(iter(reader.choices), ""), is_second=False)
    shown = screen()
    with opened(reader, file) as files:
        assert len(list(reader.read(files.handles[0], chosen))) >= PEOPLE
        files.show()
        reached = shown.getvalue().rsplit("sample", 1)[1]
    assert any(f"{percent}%" in reached for percent in range(95, 101)), reached
    assert "100%" in shown.getvalue()


def test_several_files_have_one_bar(tmp_path, screen):
    paths = [tmp_path / str(number) for number in range(4)]
    for path in paths:
        path.write_bytes(b"x" * 1000)
    shown = screen()
    with opened(JSON_LINES, *paths) as files:
        for handle in files.handles[:2]:
            handle.read()
        files.show()
        assert "50%" in shown.getvalue().rsplit("4 files", 1)[1]
    assert "100%" in shown.getvalue()
