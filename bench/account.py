"""What the pages of the Account tab cost with a short ledger and with a long one: each page for two patients, in turns."""

import os
import statistics
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import measure
from bench.measure import Page, Sample
from bench.servers import serve
from core import config
from core.app import configure
from core.auth import services
from core.local.processes import Supervisor
from core.testing import Factory, Office, browser, make_office, noted_statements

LINES = (50, 5_000)
PAGES = {
    "Overview": "/account",
    "Visits and payments": "/account/visits",
    "… its tenth page": "/account/visits?page=10",
    "Statements": "/account/statements",
    "Insurance": "/account/insurance",
    "A year": "/account/year?year=2025",
}
MOST_STATEMENTS, MOST_GROWTH = 5, 2.0
CONNECTIONS = 1
OVERVIEW = "Overview"


def run(environment: dict[str, str], logs: Path, seconds: int, rounds: int, say=print) -> bool:
    """Measure; returns whether no page takes more than five statements, and the overview is about as dear with the long ledger as with the short one."""
    measure.find_wrk()
    os.environ.update(environment)
    app = configure(config.load()).make_wsgi_app()
    office = make_office(app.registry)
    cookies = {lines: _patient(office, lines) for lines in LINES}
    counted = {(lines, name): _count(app, office, cookies[lines], path) for lines in LINES for name, path in PAGES.items()}
    with Supervisor() as supervisor:
        server, port = serve(supervisor, logs / "portal.log", environment, workers=1)
        samples: dict[tuple[int, str], list[Sample]] = {}
        for number in range(rounds + 1):
            for (name, path), lines in ((page, lines) for page in PAGES.items() for lines in LINES):
                if counted[lines, name] is None:
                    continue
                page = Page(name, f"http://127.0.0.1:{port}{path}", office.host, f"cuspid={cookies[lines]}", server)
                found = measure.load(page, CONNECTIONS, seconds if number else 1)
                if number:  # the first round warms up
                    samples.setdefault((lines, name), []).append(found)
    return report(samples, counted, say)


def report(samples: dict[tuple[int, str], list[Sample]], counted: dict[tuple[int, str], int | None], say=print) -> bool:
    """The table, medians over the rounds, with the ratio of the long ledger to the short one."""
    say(f"{'page':24}{'lines':>7}{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'ratio':>8}{'statements':>12}{'failed':>8}")
    growth = 0.0
    for (lines, name), found in samples.items():
        rate, middle, late, cost = (statistics.median(getattr(sample, field) for sample in found) for field in ("rate", "p50", "p99", "processor"))
        short = samples.get((LINES[0], name))
        ratio = middle / statistics.median(sample.p50 for sample in short) if short else 0.0
        growth = ratio if (lines, name) == (LINES[1], OVERVIEW) else growth
        failed = sum(sample.failures for sample in found)
        say(f"{name:24}{lines:7,}{rate:8.0f}{middle:9.2f}{late:9.2f}{cost:9.2f}{ratio:8.2f}{counted[lines, name]:12}{failed:8}")
    say(f"The overview of the long ledger takes {growth:.2f} times the time of the short one; it may take {MOST_GROWTH}")
    most = max(number for number in counted.values() if number)
    return growth <= MOST_GROWTH and most <= MOST_STATEMENTS and not any(sample.failures for found in samples.values() for sample in found)


def _patient(office: Office, lines: int) -> str:
    """A patient with so many lines in the ledger, some statements, claims and an insurance; gives the cookie that signs in."""
    with office.session() as session:
        make = Factory(office, session)
        patient = make.patient(first_name=f"Robin{lines}")
        make.take_in([_entry(patient.external_id, lines, number) for number in range(lines)])
        make.take_in([_statement(patient.external_id, lines, number) for number in range(12)])
        about = {"patient": patient.external_id, "carrier": "Summit"}
        make.take_in([about | {"kind": "insurance_coverage", "external_id": f"I{lines}", "annual_maximum_cents": 150_000, "used_cents": 100}])
        make.take_in([about | {"kind": "claim", "external_id": f"C{lines}-{n}", "state": "sent", "billed_cents": 9, "visit": f"{lines}-{n}"} for n in range(20)])
        token = services.open_session(session, make.account(patient), datetime.now(UTC))
        session.commit()
    return token


def _entry(patient: str, lines: int, number: int) -> dict:
    """Four lines a visit: two that were done, what insurance paid, and what the patient paid."""
    day = datetime.now(UTC).date() - timedelta(days=20 + (lines - number) // 4 * 2)
    kind, words, cents = (
        ("charge", "Regular check-up", 6_200), ("charge", "Cleaning for adults", 11_800),
        ("insurance_payment", "Insurance paid", -9_000), ("payment", "Card, thank you", -8_900),
    )[number % 4]  # fmt: skip
    about = {"code": "D1110", "provider": "D1"} if kind == "charge" else {}
    return {"kind": "ledger_entry", "external_id": f"L{lines}-{number}", "patient": patient, "entry_type": kind, "entered_on": day, "description": words,
            "amount_cents": cents, "visit": f"{lines}-{number // 4}", **about}  # fmt: skip


def _statement(patient: str, lines: int, number: int) -> dict:
    day = datetime.now(UTC).date() - timedelta(days=30 * (number + 1))
    return {"kind": "statement", "external_id": f"S{lines}-{number}", "patient": patient, "number": f"{lines}-{number}", "sent_on": day, "balance_cents": 5_000}


def _count(app, office: Office, cookie: str, path: str) -> int | None:
    """How many statements on the database a page takes; None where it is not there."""
    client = browser(app, office)
    client.set_cookie("cuspid", cookie)
    if client.get(path, status="*").status_int == 404:
        return None
    with noted_statements() as seen:
        client.get(path)
    return len(seen)
