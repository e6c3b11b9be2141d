"""The figures of an account: they must come out whatever the ledger holds."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db import uuid7
from plugins.account.models import Entry, Payment
from plugins.account.services import ledger

UTC_ZONE = ZoneInfo("UTC")
CENTS = st.integers(-10_000_000, 10_000_000)
DAYS = st.dates(date(2020, 1, 1), date(2026, 12, 31))
KINDS = st.sampled_from(["charge", "insurance_payment", "adjustment", "payment"])
ENTRIES = st.lists(st.tuples(DAYS, KINDS, CENTS), max_size=60)
STATES = st.sampled_from(["created", "submitted", "succeeded", "failed", "unknown"])
PAYMENTS = st.lists(st.tuples(STATES, st.integers(1, 100_000), st.booleans()), max_size=6)


def enter(db, patient, entries):
    for day, entry_type, cents in entries:
        db.add(Entry(patient_id=patient.id, entry_type=entry_type, entered_on=day, description="Line", amount_cents=cents))
    db.flush()


def pay(db, patient, account, state, cents, created_at=None):
    number = str(uuid7())
    names = {"idempotency_key": number, "form_nonce": number, "receipt_number": number}
    payment = Payment(
        patient_id=patient.id, account_id=account.id, amount_cents=cents, currency="USD", state=state, gateway="local", **names
    )
    payment.created_at = created_at or datetime.now(UTC)
    db.add(payment)
    db.flush()
    return payment


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=ENTRIES)
def test_the_running_balance_goes_up_to_the_sum_over_every_page(make, db, entries):
    patient = make.patient()
    enter(db, patient, entries)
    lines, page = [], 1
    while True:
        found = ledger.account_page(db, patient.practice_id, patient.id, UTC_ZONE, page)
        lines += found.lines
        if not found.has_older_lines:
            break
        page += 1
    assert len({line.id for line in lines}) == len(entries)
    assert [line.entered_on for line in lines] == sorted((day for day, _, _ in entries), reverse=True)
    after = 0
    for line in reversed(lines):
        after += line.amount_cents
        assert line.balance_cents == after
    assert found.balance.posted_cents == after == sum(cents for _, _, cents in entries)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=ENTRIES, payments=PAYMENTS)
def test_each_payment_counts_once_from_the_moment_it_is_taken(make, db, entries, payments):
    patient = make.patient()
    account = make.account(patient)
    enter(db, patient, entries)
    posted, pending, uncertain = sum(cents for _, _, cents in entries), 0, 0
    for state, cents, entered in payments:
        payment = pay(db, patient, account, state, cents)
        if entered:  # the office has entered it
            names = {
                "entry_type": "payment",
                "entered_on": date(2026, 1, 1),
                "description": "Card",
                "receipt_number": payment.receipt_number,
            }
            db.add(Entry(patient_id=patient.id, amount_cents=-cents, **names))
            db.flush()
            posted -= cents
        elif state == "succeeded":
            pending += cents
        elif state in ("submitted", "unknown"):
            uncertain += cents
    found = ledger.overview(db, patient.practice_id, patient.id, UTC_ZONE).balance
    assert (found.posted_cents, found.pending_cents, found.uncertain_cents) == (posted, pending, uncertain)
    assert found.owed_cents == posted - pending
    assert found.payable_cents == max(0, posted - pending - uncertain)


def test_another_patients_lines_and_payments_do_not_count(make, db):
    patient, sibling = make.patient(), make.patient(first_name="Sam")
    enter(db, sibling, [(date(2026, 1, 1), "charge", 500)])
    pay(db, sibling, make.account(sibling), "succeeded", 300)
    assert ledger.account_page(db, patient.practice_id, patient.id, UTC_ZONE) == ledger.Overview(ledger.Balance(0))
    assert ledger.account_page(db, patient.practice_id, uuid4(), UTC_ZONE) == ledger.Overview(ledger.Balance(0))


def test_payments_since_the_last_statement_are_counted_by_the_clinics_day(make, db):
    patient = make.patient()
    make.take_in(
        [
            {
                "kind": "statement",
                "external_id": "S1",
                "patient": patient.external_id,
                "number": "1",
                "sent_on": "2026-10-02",
                "balance_cents": 9000,
            },
            {
                "kind": "statement",
                "external_id": "S0",
                "patient": patient.external_id,
                "number": "0",
                "sent_on": "2026-09-02",
                "balance_cents": 100,
            },
        ]
    )
    enter(db, patient, [(date(2026, 10, 2), "payment", -100), (date(2026, 10, 3), "payment", -2000), (date(2026, 10, 4), "adjustment", -7)])
    account = make.account(patient)
    # Ten in the evening of the day before in New York, the day of the statement in UTC.
    midnight = datetime(2026, 10, 2, 2, tzinfo=UTC)
    pay(db, patient, account, "succeeded", 400, midnight)
    pay(db, patient, account, "succeeded", 30, midnight + timedelta(hours=5))
    pay(db, patient, account, "unknown", 5, midnight + timedelta(hours=5))
    found = ledger.overview(db, patient.practice_id, patient.id, ZoneInfo("America/New_York"))
    assert found.last_statement.number == "1"
    assert found.paid_since_cents == 2030
    assert ledger.overview(db, patient.practice_id, patient.id, UTC_ZONE).paid_since_cents == 2430


@given(
    due=st.integers(-1000, 1000),
    paid=st.integers(-1000, 1000),
    posted=st.integers(-1000, 1000),
    uncertain=st.integers(1, 1000),
    asked=st.booleans(),
)
def test_what_is_left_of_a_statement_is_never_more_than_what_is_owed(due, paid, posted, uncertain, asked):
    statement = ledger.StatementLine(uuid4(), "1", "statement", date(2026, 1, 1), None, due, 0, due)
    open_payments = (ledger.OpenPayment(uuid4(), uncertain, "unknown", "A", datetime.now(UTC)),) if asked else ()
    found = ledger.Overview(ledger.Balance(posted, open_payments), (statement,), paid)
    assert 0 <= found.statement_due_cents <= found.balance.payable_cents
    assert found.statement_due_cents <= max(0, due - paid)
    assert ledger.Overview(found.balance).statement_due_cents == 0
