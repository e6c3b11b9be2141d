"""Quiet, and what has to be true then: what the card service, the payments and the books say of every cent."""

import json
import re
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg

from bench.crashes import plans
from bench.crashes.people import Town
from core.mail import mail_from_url
from plugins.account.gateway import card_service_for

PATIENCE = 150
LATER = "20 minutes"
LONG_AGO = timedelta(days=2)


class NeverQuiet(Exception):
    """Work that nobody finishes; the text says which."""


class Truth:
    """Looks into everything with the rights of an administrator, once nothing is under way."""

    def __init__(self, town: Town):
        self.town, self.practice_id = town, town.office.id
        registry = town.office.registry
        self.service = card_service_for(registry, registry.tenants.current(self.practice_id, None))

    def rows(self, query: str, *values) -> list[tuple]:
        """Ask the database."""
        with psycopg.connect(self.town.servers.environment["CUSPID_MIGRATE_URL"], autocommit=True) as connection:
            cursor = connection.execute(query, values or None)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def waiting_events(self) -> int:
        """How many events the card service has still to send, and how much it has still to do."""
        with sqlite3.connect(f"file:{self.town.servers.card_file}?mode=ro", uri=True, timeout=10) as kept:
            events = kept.execute("select count(*) from delivery").fetchone()[0]
            soon = kept.execute("select count(*) from later where at < ? and what != 'page_over'", (time.time() + 60,)).fetchone()[0]
        return events + soon

    def settle(self, meanwhile: Callable[[], None]) -> None:
        """Time passes: the sweep and the comparing run come by, and the workers finish. Raises NeverQuiet."""
        self._wait(lambda: self.waiting_events() == 0, "events", meanwhile)
        self._wait(self._pass_time, "rows", meanwhile)
        self._wait(self._is_done, "tasks", meanwhile)

    def _pass_time(self) -> bool:
        for table, column in (("account_payment", "created_at"), ("account_refund", "made_at")):
            open_ones = "('created', 'submitted', 'payer', 'unknown', 'processing')"
            self.rows(f"update {table} set {column} = {column} - interval '{LATER}' where state in {open_ones}")
        plans.fall_due(self.rows)
        for task in ("account.settle_payments", "account.compare", "account.charge_plans"):
            self.rows("insert into outbox (id, practice_id, task, ids, attempts, last_error, dropped) values (gen_random_uuid(), %s, %s, '{}', 0, '', false)", self.practice_id, task)
        return True

    def _is_done(self) -> bool:
        self.rows("update outbox set available_at = now() where done_at is null and dead_at is null and available_at > now()")
        return not self.rows("select 1 from outbox where done_at is null and dead_at is null limit 1")

    def _wait(self, done: Callable[[], bool], what: str, meanwhile: Callable[[], None]) -> None:
        until = time.monotonic() + PATIENCE
        while not self._asked(done):
            meanwhile()
            if time.monotonic() > until:
                left = self.rows("select task, attempts, last_error, count(*) from outbox where done_at is null group by 1, 2, 3")
                raise NeverQuiet(f"{what} that nobody finishes: {left}, {self.waiting_events()} events")
            time.sleep(0.3)

    @staticmethod
    def _asked(done: Callable[[], bool]) -> bool:
        try:
            return done()
        except psycopg.OperationalError:  # it is dead at this moment
            return False

    def faults(self) -> Iterator[str]:
        """Everything that is not as it has to be."""
        now = datetime.now(UTC)
        self.town.office.registry.engine.dispose()
        there = list(self.service.payments_since(now - LONG_AGO))
        names = "id::text, state, amount_cents, refunded_cents, disputed_cents, receipt_number, process_state, patient_id, gateway_reference, created_at, checkout_reference, source, method_kind"
        here = [dict(zip(names.replace("::text", "").split(", "), row, strict=True)) for row in self.rows(f"select {names} from account_payment")]
        yield from self._payments(there, here)
        yield from self._given_back(here, now)
        yield from self._books(here)
        yield from self._told_once(here)
        yield from self._left_over()
        yield from plans.faults(self.rows)

    def _payments(self, there: list, here: list[dict]) -> Iterator[str]:
        """Each is charged once or not at all, and known as such."""
        taken = Counter(seen.payment for seen in there if seen.state == "succeeded")
        made = {row["id"] for row in here if row["state"] == "succeeded"}
        yield from (f"charged {number} times: {payment}" for payment, number in taken.items() if number > 1)
        yield from (f"charged and not made here: {payment}" for payment in taken.keys() - made)
        yield from (f"made here and not charged: {payment}" for payment in made - taken.keys())
        cents = {seen.payment: seen.amount_cents for seen in there if seen.state == "succeeded"}
        yield from (f"another amount: {row['id']}" for row in here if row["id"] in cents and cents[row["id"]] != row["amount_cents"])
        for row in here:
            if row["state"] not in ("succeeded", "failed", "canceled"):
                seen = self.service.look_up(row["gateway_reference"], row["checkout_reference"], row["id"], row["created_at"])
                if seen is None or row["state"] != "payer" or seen.state != "payer" or not seen.go_to:
                    yield f"in a state that nothing moves: {row['id']} {row['state']}, there {seen.state if seen else 'unknown'}"

    def _given_back(self, here: list[dict], now: datetime) -> Iterator[str]:
        """Refunds and disputes, payment by payment, and the account's balance to the cent."""
        refunds, disputed, balance = Counter[str](), Counter[str](), Counter[str]()
        for refund in self.service.refunds_since(now - LONG_AGO):
            refunds[refund.payment_reference] += refund.amount_cents if refund.state != "failed" else 0
        for dispute in self.service.disputes_since(now - LONG_AGO):
            disputed[dispute.payment_reference] += 0 if dispute.won else dispute.amount_cents
        for line in self.service.balance_since(now - LONG_AGO):
            balance[line.payment_reference] += line.amount_cents
        for row in here:
            reference = row["gateway_reference"] or ""
            yield from _differ(row, refunds[reference], disputed[reference], balance[reference] if reference else 0)
        open_refunds = self.rows("select count(*) from account_refund where state not in ('succeeded', 'failed')")[0][0]
        if open_refunds:
            yield f"{open_refunds} refunds of which nobody knows what became of them"

    def _books(self, here: list[dict]) -> Iterator[str]:
        """What was processed is in the books once, less what went back for good."""
        sums: dict[str, int] = defaultdict(int)
        posted: Counter[str] = Counter()
        for receipt, name, cents in self.rows("select receipt_number, external_id, amount_cents from account_entry where source = 'portal'"):
            sums[receipt] += cents
            posted[receipt] -= cents if name.startswith("pay:") else 0
        lost = Counter({str(payment): int(cents) for payment, cents in self.rows("select payment_id, sum(amount_cents) from account_dispute where is_over and not won group by 1")})
        for row in here:
            is_booked = row["state"] == "succeeded" and row["process_state"] == "processed"
            if posted[row["receipt_number"]] != (row["amount_cents"] if is_booked else 0):
                yield f"posted {posted[row['receipt_number']]}: {row['id']} {row['state']} {row['process_state']} {row['amount_cents']}"
            wanted = min(0, row["refunded_cents"] + lost[row["id"]] - row["amount_cents"]) if is_booked else 0
            if sums[row["receipt_number"]] != wanted:
                yield f"in the books {sums[row['receipt_number']]}, not {wanted}: {row['id']}"
        parts = dict(self.rows("select payment_id::text, sum(amount_cents)::bigint from account_allocation group by 1"))
        matched = [row for row in here if row["state"] == "succeeded" and row["patient_id"]]
        yield from (f"allocated {parts.get(row['id'])} of {row['amount_cents']}: {row['id']}" for row in matched if parts.get(row["id"]) != row["amount_cents"])

    def _told_once(self, here: list[dict]) -> Iterator[str]:
        """One step makes a payment, and one receipt goes out."""
        steps = Counter(row[0] for row in self.rows("select payment_id::text from account_payment_step where to_state = 'succeeded'"))
        asked = Counter(row[0] for row in self.rows("select ids->>'payment_id' from outbox where task = 'account.send_receipt'"))
        receipts, returns = self._mails("Receipt for"), self._mails("Your bank")
        for row in here:
            once = int(row["state"] == "succeeded")
            back = int(bool(once and row["method_kind"] == "bank" and row["disputed_cents"]))
            found = (steps[row["id"]], asked[row["id"]], receipts[row["receipt_number"]], returns[row["receipt_number"]])
            if found != (once, once, once, back):
                yield f"made by {found[0]} steps, {found[1]} receipts asked for, {found[2]} mailed, {found[3]} times told of a return: {row['id']} {row['state']} {row['source']}"

    def _mails(self, subject: str) -> Counter[str]:
        """How many mails of a kind hold which receipt number."""
        mails = mail_from_url(self.town.servers.environment["CUSPID_MAIL_URL"]).messages()  # type: ignore[attr-defined]
        texts = [part.get_content() for mail in mails if mail["Subject"].startswith(subject) and (part := mail.get_body(("plain",)))]
        return Counter(number for text in texts for number in re.findall(r"Receipt number: (\S+)", text))

    def _left_over(self) -> Iterator[str]:
        for query, words in (
            ("select task, last_error from outbox where dead_at is not null", "a task that is dead"),
            ("select kind, reference, here, there from account_difference where closed_at is null", "a difference"),
            ("select event_type, object_reference from account_gateway_event where handled_at is null", "an event that nobody looked into"),
        ):
            yield from (f"{words}: {json.dumps(row, default=str)}" for row in self.rows(query))


def _differ(row: dict, refunded: int, disputed: int, balance: int) -> Iterator[str]:
    """What of one payment is not as the card service has it."""
    for word, there in (("refunded_cents", refunded), ("disputed_cents", disputed)):
        if row[word] != there:
            yield f"{word} {there} there and {row[word]} here: {row['id']}"
    left = row["amount_cents"] - row["refunded_cents"] - row["disputed_cents"] if row["state"] == "succeeded" else 0
    if balance != left:
        yield f"the balance there has {balance}, not {left}: {row['id']} {row['state']}"
