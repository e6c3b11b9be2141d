"""What the office's pages of billing cost among very many accounts, and on one very long ledger: how long, and how many statements each takes."""

import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import select, text

from bench import finding
from bench.account import _entry
from core import config
from core.app import configure
from core.auth.models import Account
from core.people.models import Patient
from core.testing import Factory, Office, make_office, noted_statements, sign_in
from plugins.account.models import Statement
from plugins.account.services.statements import compose, publish, wish_of

LONG, TIMES = 5_000, 7
MOST_STATEMENTS, MOST_MILLISECONDS = 8, 2_000
OFFICE = "/office/account"
# Six lines for everybody; three are a family; a third has a claim that waits, a tenth has just paid here.
_FILL = (
    "set local statement_timeout = 0",
    """update patient set guarantor_id = head.id from patient head where patient.practice_id = :practice_id and head.practice_id = :practice_id
        and patient.external_id ~ '^A[0-9]+$' and head.external_id = 'A' || (substr(patient.external_id, 2)::int / 3 * 3)""",
    """insert into account_entry (practice_id, id, external_id, patient_id, entry_type, entered_on, description, amount_cents)
    select p.practice_id, gen_random_uuid(), 'B' || p.id || '-' || n, p.id, case when n % 3 = 2 then 'payment' else 'charge' end,
        current_date - (n * 25 + hashtext(p.id::text) % 20), 'Line', case when n % 3 = 2 then -9000 - hashtext(p.id::text) % 4000 else 6000 end
    from patient p, generate_series(0, 5) n where p.practice_id = :practice_id""",
    """insert into account_claim (practice_id, id, patient_id, carrier, state, billed_cents, estimated_cents, write_off_cents, paid_cents)
    select practice_id, gen_random_uuid(), id, 'Summit', case when hashtext(id::text) % 2 = 0 then 'waiting' else 'sent' end, 9000, 4000, 500, 0
    from patient where practice_id = :practice_id and hashtext(id::text) % 3 = 0""",
    """insert into account_payment (practice_id, id, patient_id, amount_cents, currency, state, idempotency_key, form_nonce, receipt_number, gateway, card, note,
        refusal, created_at)
    select practice_id, gen_random_uuid(), id, 2500, 'USD', 'succeeded', id::text, id::text, 'R' || id::text, 'stripe', '', '', '', now()
    from patient where practice_id = :practice_id and hashtext(id::text) % 10 = 0""",
)


def run(environment: dict[str, str], logs: Path, accounts: int, say=print) -> bool:
    """Make the practice, and measure; returns whether each page is quick enough and asks the database no more often the more accounts there are."""
    os.environ.update(environment)
    app = configure(config.load()).make_wsgi_app()
    office = make_office(app.registry)
    say(f"Making {accounts:,} accounts")
    finding.fill(office, accounts)
    patient_id, statement_id, account = _furnish(office, app)
    with psycopg.connect(environment["CUSPID_MIGRATE_URL"], autocommit=True) as connection:
        connection.execute("analyze")
    client = sign_in(app, office, account)
    pages = {
        "Search of accounts": lambda: _find(client),
        "Aging, by patient": lambda: client.get(f"{OFFICE}/aging"),
        "Aging, by family": lambda: client.get(f"{OFFICE}/aging?scope=family"),
        "Statements for many": lambda: client.get(f"{OFFICE}/statements/many"),
        "Bookkeeping, a year": lambda: client.get(f"{OFFICE}/bookkeeping?period=year"),
        f"Account of {LONG:,} lines": lambda: client.get(f"{OFFICE}/accounts/{patient_id}"),
        f"… its statement of {LONG:,}": lambda: client.get(f"{OFFICE}/statements/{statement_id}"),
        "… as a PDF": lambda: client.get(f"{OFFICE}/statements/{statement_id}/file"),
    }
    say(f"{'page':28}{'ms':>8}{'slowest':>9}{'statements':>12}{'KB':>7}")
    found = [_measured(name, ask, say) for name, ask in pages.items()]
    return all(found)


def _measured(name: str, ask: Callable, say) -> bool:
    spent = []
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = ask()
        spent.append(1000 * (time.perf_counter() - began))
    with noted_statements() as seen:
        ask()
    middle = statistics.median(spent)
    say(f"{name:28}{middle:8.0f}{max(spent):9.0f}{len(seen):12}{len(answer.body) / 1024:7.0f}")
    return len(seen) <= MOST_STATEMENTS and (middle <= MOST_MILLISECONDS or answer.content_type == "application/pdf")


def _find(client):
    form = client.get(f"{OFFICE}/accounts").forms["find"]
    form["find"] = "smith"
    return form.submit()


def _furnish(office: Office, app) -> tuple[UUID, UUID, Account]:
    """Ledgers for everybody; one very long one, with a statement of all of it; and somebody at the office."""
    with office.session() as session:
        for fill in _FILL:
            session.execute(text(fill), {"practice_id": office.id} if ":practice_id" in fill else {})
        make = Factory(office, session)
        long = make.patient(first_name="Robin")
        make.take_in([_entry(long.external_id, LONG, number) for number in range(LONG)])
        tenant = app.registry.tenants.current(office.id)
        today = datetime.now(UTC).date() + timedelta(days=1)
        patient = session.scalars(select(Patient).where(Patient.practice_id == office.id, Patient.id == long.id)).one()
        made: Statement = compose(session, office.id, patient, wish_of(tenant), today, tenant.time_zone)
        made.lines = [{"entered_on": str(today), "description": f"Line {n}", "provider": "Dana Okafor, DDS", "amount_cents": 9} for n in range(LONG)]
        publish(made, datetime.now(UTC))
        session.add(made)
        account = make.staff("billing")
        session.commit()
        session.expunge(account)
        ids = long.id, made.id
    return *ids, account
