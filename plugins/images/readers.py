"""What the office can import as images: an archive of a folder, whose files are named by a rule."""

import tomllib
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.records.importing.found import Found
from core.records.importing.readers import Chosen, Reader, WrongChoice
from plugins.images.naming.places import in_archive
from plugins.images.naming.reading import Naming, read
from plugins.images.naming.rule import rule_of
from plugins.images.naming.settling import settle

LONGEST = 10_000
FOLDER = "Images"
RULES = {
    "by-patient": "{patient}/{title}.{ext}", "by-day": "{patient}/{date:%Y-%m-%d} {title}.{ext}", "by-folder": "{patient}/{folder}/{date:%Y-%m-%d} {title}.{ext}",
    "in-one": "{patient}_{date:%Y-%m-%d}_{title}.{ext}",
}  # fmt: skip
"""Rules that need no file, by their names."""
_EXAMPLE = {"patient": "P1", "date": "2026-03-04", "folder": "X-rays", "title": "Bitewing left"}


class _File(BaseModel):
    """A file with a rule."""

    model_config = ConfigDict(extra="forbid")

    rule: str
    folder: str = Field(FOLDER, min_length=1, max_length=100)


def naming_of(chosen: Chosen, patient: str = "", folder: str = "") -> Naming:
    """How files are named: by one of the rules above, a rule that is written out, or a file that holds one. Raises WrongChoice."""
    if (chosen.mapping is None) != bool(chosen.choice):
        raise WrongChoice("Say how the files are named, or give a file with the rule; not both.")
    found = _File(rule=RULES.get(chosen.choice, chosen.choice), folder=FOLDER) if chosen.mapping is None else _in(chosen.mapping)
    rule = rule_of(found.rule)
    if "born" in rule.fields and not chosen.is_second:
        raise WrongChoice("A rule that names people, and not their numbers, is for files of another system: say that they are.")
    return Naming(chosen.source, chosen.zone, rule, folder or found.folder, patient, chosen.is_second)


def _in(words: bytes) -> _File:
    try:
        return _File.model_validate(tomllib.loads(words[:LONGEST].decode("utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongChoice(f"The file with the rule is no TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise WrongChoice(f"{'.'.join(map(str, first['loc'])) or 'The file'}: {first['msg']}") from None


def _read(handle: BinaryIO, chosen: Chosen) -> Iterator[Found]:
    naming = naming_of(chosen)
    return read(islice(in_archive(handle), chosen.position, None), naming)


IMAGES = Reader(
    "images", "Images", "A ZIP of a folder with X-rays, photos, PDFs and DICOM files. Whose they are and when they were taken is read from DICOM files, and from the names of all others.", (".zip",),
    _read, {name: "named like “" + rule_of(rule).write(_EXAMPLE, ".jpg") + "”" for name, rule in RULES.items()}, takes_mapping=True, passes_over=True, settle=settle,
)  # fmt: skip
READERS = [IMAGES]
