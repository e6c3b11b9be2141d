"""The ledger by visit: sums, balances and what is found must be what a slow count says."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.procedures import plain_words
from plugins.account.models import Entry
from plugins.account.services import visits
from plugins.account.services.visits import Wanted

DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
WORDS = ("Crown", "Cleaning", "Check", "Filling tooth 30")
ENTRIES = st.lists(
    st.tuples(DAYS, st.sampled_from(sorted(visits.KINDS)), st.integers(-50_000, 50_000), st.sampled_from([None, "V1", "V2", "V3"]),
              st.sampled_from(WORDS), st.integers(0, 1)),
    max_size=40,
)  # fmt: skip
WANTED = st.builds(
    Wanted,
    since=st.sampled_from([date.min, date(2025, 6, 1)]),
    until=st.sampled_from([date.max, date(2026, 6, 1)]),
    kind=st.sampled_from(["", *visits.KINDS]),
    words=st.sampled_from([(), ("crown",), ("filling", "30"), ("nowhere",)]),
)


def entry(patient, day, kind="charge", cents=10_000, visit=None, words="Crown", **more):
    return Entry(patient_id=patient.id, entered_on=day, entry_type=kind, amount_cents=cents, visit=visit, description=words, **more)


def all_pages(db, practice, people, wanted=Wanted()):  # noqa: B008
    found, page = [], 1
    while part := visits.visits(db, practice.id, people, wanted, page).visits:
        found += part
        page += 1
    return found


def slowly(entries, wanted):
    """Visits as (day, sum, balance after it, number of lines), the latest first."""
    groups = {}
    for one in sorted(entries, key=lambda one: one.id):
        groups.setdefault((one.patient_id, one.visit or str(one.id)), []).append(one)
    ordered = sorted(groups.values(), key=lambda lines: (min(line.entered_on for line in lines), str(min(line.id for line in lines))))
    rows, balance = [], 0
    for lines in ordered:
        balance += sum(line.amount_cents for line in lines)
        fits = [
            line
            for line in lines
            if wanted.kind in ("", line.entry_type) and all(word in f"{line.description} {line.entry_type}".lower() for word in wanted.words)
        ]
        day = min(line.entered_on for line in lines)
        if wanted.since <= day <= wanted.until and fits:
            rows.append((day, sum(line.amount_cents for line in lines), balance, len(lines)))
    return rows[::-1]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ENTRIES, wanted=WANTED)
def test_sums_balances_and_what_is_found_are_what_a_slow_count_says(make, db, practice, rows, wanted):
    people = [make.patient(), make.patient(first_name="Sam")]
    entries = [entry(people[whose], day, kind, cents, visit, words) for day, kind, cents, visit, words, whose in rows]
    db.add_all([*entries, entry(make.patient(first_name="Eve"), date(2026, 1, 1))])
    db.flush()
    found = all_pages(db, practice, [one.id for one in people], wanted)
    assert [(one.day, one.came_to_cents, one.balance_cents, len(one.lines)) for one in found] == slowly(entries, wanted)
    for one in found:
        assert one.charged_cents - one.insurance_cents - one.adjusted_cents - one.paid_cents == one.came_to_cents


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("118", ["Cleaning"]),
        ("118.00", ["Cleaning"]),
        ("$118", ["Cleaning"]),
        ("117", []),
        ("okafor", ["Cleaning"]),
        ("D2740", ["Porcelain"]),
        ("cap", ["Porcelain"]),  # our own words for a crown
        ("porcelain cap", ["Porcelain"]),
        ("100% _", []),
        ("insurance", ["Plan paid"]),
    ],
)
def test_words_amounts_providers_and_plain_words_find_a_line(make, db, practice, typed, finds):
    patient = make.patient()
    record = {"kind": "ledger_entry", "patient": patient.external_id, "entered_on": "2026-03-01"}
    make.take_in(
        [
            record | {"external_id": "A", "entry_type": "charge", "description": "Cleaning", "amount_cents": 11800, "provider": "D1"},
            record | {"external_id": "B", "entry_type": "charge", "description": "Porcelain", "amount_cents": 90000, "code": "D2740"},
            record | {"external_id": "C", "entry_type": "insurance_payment", "description": "Plan paid", "amount_cents": -4000},
        ]
    )
    found = visits.visits(db, practice.id, [patient.id], Wanted(words=tuple(typed.split())))
    assert [line.description for one in found.visits for line in one.lines if line.found] == finds


def test_every_line_is_explained_and_money_that_went_back_is_not_called_a_payment(make, db, practice):
    patient = make.patient()
    day = date(2026, 3, 1)
    db.add_all([entry(patient, day, kind, cents, "V1", code="D1110") for kind in visits.KINDS for cents in (500, -500)])
    db.flush()
    [one] = visits.visits(db, practice.id, [patient.id], Wanted()).visits
    assert all(line.explained for line in one.lines)
    assert {line.entry_type for line in one.lines if line.explained == visits.REVERSED} == {"payment", "insurance_payment"}


@pytest.mark.parametrize(("code", "holds"), [("D2740", "crown"), ("D1110", "Cleaning"), ("D9999", ""), ("", ""), ("X1110", ""), ("D", ""), ("01110", "")])
def test_a_procedure_has_plain_words_or_none(code, holds):
    assert holds in plain_words(code)
    assert bool(plain_words(code)) == bool(holds)


def test_thousands_of_lines_take_one_statement_that_reads_a_page(make, db, practice, statements):
    patient = make.patient()
    start = date(2010, 1, 1)
    db.add_all([entry(patient, start + timedelta(n), visit=f"V{n // 3}", cents=100) for n in range(600)])
    db.flush()
    with statements() as seen:
        found = visits.visits(db, practice.id, [patient.id], Wanted(), 3)
    assert len([one for one in seen if "account_entry" in one]) == 1
    assert (found.many, len(found.visits), found.visits[-1].balance_cents) == (200, visits.PAGE, (200 - 3 * visits.PAGE + 1) * 300)
