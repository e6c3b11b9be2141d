"""What a statement costs as a PDF: with 1, 100 and 5,000 lines, time and peak memory, each in a process of its own."""

import json
import subprocess
import sys
from datetime import date, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from core.papers import make_pdf
from core.tenant import ClinicDetails, Tenant
from core.theme import Theme
from plugins.account.statement_pdf import STATEMENT, PrintedStatement, content

LINES = (1, 100, 5_000)
TIMES = 3
MOST_GROWTH = 2.0
"""A line of a long statement may cost so much more than one of a statement with a hundred."""
MOST_SECONDS, MOST_MEGABYTES = 10, 800
_CHILD = "import sys; from bench.statements import measure; measure(int(sys.argv[1]), int(sys.argv[2]))"


def run(say=print) -> bool:
    """Measure; returns whether neither time nor memory grows faster than the lines."""
    found = {lines: _measured(lines) for lines in LINES}
    say(f"{'lines':>7}{'pages':>7}{'first ms':>10}{'then ms':>10}{'us a line':>11}{'peak MB':>9}{'KB a line':>11}{'file KB':>9}{'tagged':>8}")
    idle = _measured(0)["peak"]
    for lines, one in found.items():
        more = (1000 * one["then"] / lines, 1024 * max(0, one["peak"] - idle) / lines)
        say(f"{lines:7,}{one['pages']:7,}{one['first']:10.0f}{one['then']:10.1f}{more[0]:11.0f}{one['peak']:9.0f}{more[1]:11.1f}{one['size'] / 1024:9.0f}"
            f"{'yes' if one['tagged'] else 'NO':>8}")  # fmt: skip
    some, many = found[LINES[1]], found[LINES[2]]
    growth = (many["then"] / LINES[2]) / (some["then"] / LINES[1])
    say(f"A line of {LINES[2]:,} takes {growth:.2f} times the time of one of {LINES[1]}; it may take {MOST_GROWTH}")
    say(f"The longest takes {many['then'] / 1000:.1f} s and {many['peak']:.0f} MB; it may take {MOST_SECONDS} s and {MOST_MEGABYTES} MB")
    within = growth <= MOST_GROWTH and many["then"] <= 1000 * MOST_SECONDS and many["peak"] <= MOST_MEGABYTES
    return within and all(one["tagged"] for one in found.values())


def _measured(lines: int) -> dict[str, Any]:
    output = subprocess.run([sys.executable, "-c", _CHILD, str(lines), str(TIMES)], capture_output=True, text=True, check=True).stdout
    return json.loads(output)


def measure(lines: int, times: int) -> None:
    """Make a statement some times in this process, and print what it cost; with no lines only what the process holds without one."""
    import resource
    import statistics
    import time
    from io import BytesIO

    import pypdfium2
    import pypdfium2.raw

    took, file = [], b""
    for number in range(times + 1 if lines else 0):
        begun = time.process_time()
        file = make_pdf(content(statement(lines, number), office()), STATEMENT)
        took.append(1000 * (time.process_time() - begun))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if not lines:
        print(json.dumps({"peak": peak}))
        return
    document = pypdfium2.PdfDocument(BytesIO(file))
    about = {"pages": len(document), "tagged": bool(pypdfium2.raw.FPDFCatalog_IsTagged(document)) and b"pdfuaid" in file, "size": len(file)}
    print(json.dumps(about | {"first": took[0], "then": statistics.median(took[1:]), "peak": peak}))


def statement(lines: int, number: int = 0) -> PrintedStatement:
    """A statement with so many lines, as practices write them; each number another one: the library remembers what it has laid out."""
    day, words = date(2020, 1, 1), ("Cleaning for adults", "White filling of a back tooth, two sides, tooth 14", "Insurance paid", "Check, thank you")
    rows = tuple((day + timedelta(n // 3), f"{words[n % 4]}, {number}", "Dana Okafor, DDS" if n % 4 < 2 else "", 11_800 if n % 4 < 2 else -9_000) for n in range(lines))
    balance = sum(row[3] for row in rows)
    return PrintedStatement(f"1007-{number}", "statement", date(2026, 10, 1), date(2026, 10, 31), balance, 0, max(0, balance), "", rows, "Robin Vale", ("14 Oak Lane",))


def office() -> Tenant:
    """Whose statement it is."""
    zone = ZoneInfo("America/New_York")
    clinic = ClinicDetails(uuid4(), "Main Street", "555-0100", "desk@elm.test", "12 Elm Street", "", "Springfield", "IL", "62701", zone, ())
    return Tenant(
        practice_id=uuid4(), practice_name="Elm Dental", slug="elm", name="Elm Dental", host="elm.localhost", hosts=frozenset(), version=1,
        clinic=clinic, clinics=(clinic,), plugins=frozenset(), theme=Theme(), time_zone=zone, settings={},
    )  # fmt: skip
