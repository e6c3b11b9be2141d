"""Papers of the office as PDF that screen readers can follow (PDF/UA-1), made on demand: the same content is the same file, byte for byte.

A paper is a Typst file that begins with `#show: paper`; before it goes `paper.typ`, which is what all of them have in common: the letterhead, the box of
sums, lists, the foot.
"""

import json
import unicodedata
from datetime import UTC, date, datetime, time
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import structlog
import typst

from core.tenant import ClinicDetails
from core.theme import Picture

log = structlog.get_logger("papers")

LARGEST_LOGO = 300_000
LONG = 200
"""So many lines are a long paper."""
_HERE = Path(__file__).parent
_COMMON = _HERE / "paper.typ"
_LOGO_FORMATS = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_KEPT_FOR = 12

# A kept compiler has its fonts read already and takes a few milliseconds; it must not be used by two threads at a time.
_compilers: dict[bool, typst.Compiler] = {}
_one_at_a_time = Lock()


def make_pdf(printed: dict[str, Any], paper: Path) -> bytes:
    """The PDF, with the library's own fonts so that it is the same on every machine. `printed` is text, and `logo` a picture or None; `day` is when it was made.

    The standard refuses text that cannot be shown, such as a name in a script that those fonts lack; then the machine's fonts
    help out, and where they cannot either, the paper is made without the standard. It is never refused.
    """
    for machine_fonts in (False, True):
        for attempt in (printed, {**printed, "logo": None}):  # a logo that cannot be drawn is left out
            try:
                return _compile(paper, attempt, machine_fonts)
            except typst.TypstError as refusal:
                log.info("paper_refused", machine_fonts=machine_fonts, logo=attempt["logo"] is not None, error=type(refusal).__name__)
    return _compile(paper, {**printed, "logo": None}, machine_fonts=True, standard=False)


def printable(value: Any) -> Any:
    """Text without control and direction characters: nothing shows them, and one could make an amount read otherwise."""
    if isinstance(value, dict):
        return {name: printable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [printable(part) for part in value]
    if isinstance(value, str):
        plain = "".join(character if unicodedata.category(character)[0] != "C" else " " for character in value)
        return unicodedata.normalize("NFC", plain)
    return value


def picture(logo: Picture | None) -> dict[str, Any] | None:
    """A logo for a paper, or nothing where it cannot be printed."""
    if not logo or not logo.body or len(logo.body) > LARGEST_LOGO:
        return None
    return {"bytes": list(logo.body), "format": _LOGO_FORMATS[logo.content_type]}


def contact_lines(clinic: ClinicDetails | None) -> list[str]:
    """Where the office is and how it is reached, line by line."""
    if clinic is None:
        return []
    town = town_line(clinic.city, clinic.state, clinic.postal_code)
    return [line for line in (clinic.address_1, clinic.address_2, town, clinic.phone, clinic.email) if line]


def town_line(city: str, state: str, postal_code: str) -> str:
    """The last line of an address: "Springfield, IL 62704"."""
    return ", ".join(part for part in (city, f"{state} {postal_code}".strip()) if part)


def _compile(paper: Path, printed: dict[str, Any], machine_fonts: bool, standard: bool = True) -> bytes:
    made_at = datetime.combine(date(*printed["day"]), time(12), UTC)
    with _one_at_a_time:
        inputs, stamp = {"data": json.dumps(printed)}, int(made_at.timestamp())
        standards: Literal["ua-1"] | None = "ua-1" if standard else None
        # One text, from no folder: a paper can read no file of the server, and a plugin's own may lie anywhere.
        source, compiler = _COMMON.read_bytes() + paper.read_bytes(), _compiler(machine_fonts)
        result = compiler.compile(source, sys_inputs=inputs, format="pdf", pdf_standards=standards, timestamp=stamp)
        if _rows_of(printed) > LONG:
            _forget(compiler)
    if not isinstance(result, bytes):
        raise TypeError("the library answered with pages in place of one file")
    return result


def _compiler(machine_fonts: bool) -> typst.Compiler:
    if machine_fonts not in _compilers:
        _compilers[machine_fonts] = typst.Compiler(root=_HERE, ignore_system_fonts=not machine_fonts)
    return _compilers[machine_fonts]


def _rows_of(printed: dict[str, Any]) -> int:
    return len(printed.get("rows", ())) + sum(len(part["rows"]) for part in printed.get("parts", ()))


def _forget(compiler: typst.Compiler) -> None:
    """The library keeps what it has laid out until ten more papers were made, here with nothing on them: of ten long ones it would hold some gigabytes."""
    for _ in range(_KEPT_FOR):
        compiler.compile(b"", format="pdf")
