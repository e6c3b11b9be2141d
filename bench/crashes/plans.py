"""Payment plans in the crash test: signed, paid by themselves from a card that is kept for it, each payment once."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bench.crashes.people import GOOD, Browser, GaveUp, Person, Town, come_back, form_of, pay_page
from core.db import uuid7
from core.people.models import Patient
from plugins.account.services import plans
from plugins.account.services.amortizing import Deal, schedule
from plugins.account.services.plans import Signature

CENTS, PAYMENTS = 6_000, 6


def agreed(browser: Browser) -> None:
    """A plan that the office has offered is signed; its payments are to be made by themselves, from a card that is kept for that."""
    person = browser.person
    if person is None:
        raise GaveUp
    plan_id = browser.patiently(lambda: _signed(browser.town, person))
    action, fields = form_of(browser.get(f"/account/methods?plan={plan_id}"), "add")
    answer = browser.send(action, fields | {"kind": "card", "agrees": "yes"})
    come_back(browser, pay_page(browser, answer, GOOD))
    action, fields = form_of(browser.get(f"/account/plans/{plan_id}"), "automatic-on")
    browser.send(action, fields | {"act": "on", "consents": "1"})


def _signed(town: Town, person: Person) -> UUID:
    now = datetime.now(UTC)
    today = now.date()
    deal = Deal(CENTS, 0, 0, "monthly", today + timedelta(days=5), PAYMENTS)
    with town.office.session() as session:
        patient = session.get_one(Patient, (town.office.id, UUID(person.patient_id)))
        terms = plans.terms_of(deal, schedule(deal, today), "Main Street")
        plan = plans.offer(session, patient, "Implant", deal, terms, None, town.staff.account.id, today, now, uuid7())
        plans.agree(session, plan, Signature("Robin", "", plans.hash_of(terms), ""), person.account.id, today, now)
        session.commit()
        return plan.id


def fall_due(rows: Callable[..., list[tuple]]) -> None:
    """The next payment of each plan is due today, by a consent of yesterday."""
    rows("update account_plan_consent set starts_on = current_date - 2 where starts_on > current_date - 2")
    rows("""update account_installment part set due_on = current_date - 1 where paid_cents < amount_cents and asked_on is null and number = (
        select min(number) from account_installment other where other.payment_plan_id = part.payment_plan_id and paid_cents < amount_cents)""")


def faults(rows: Callable[..., list[tuple]]) -> Iterator[str]:
    """Each payment of a plan is charged once at most, by somebody's consent, and counted to the cent."""
    for query, words in (
        ("select installment_id::text from account_payment where source = 'plan' and state not in ('failed', 'canceled') group by 1 having count(*) > 1", "charged twice"),
        ("select id::text from account_payment where source = 'plan' and consent_id is null", "charged without consent"),
        ("""select id::text from account_payment p where payment_plan_id is not null and plan_cents <> case when state = 'succeeded' then greatest(0,
            amount_cents - refunded_cents - coalesce((select sum(d.amount_cents) from account_dispute d where d.payment_id = p.id and is_over and not won), 0)) else 0 end""",
         "counted wrongly"),
        ("""select plan.id::text from account_payment_plan plan where (select coalesce(sum(paid_cents), 0) from account_installment where payment_plan_id = plan.id)
            <> (select coalesce(sum(plan_cents), 0) from account_payment where payment_plan_id = plan.id)""", "a plan that does not add up"),
    ):
        yield from (f"{words}: {row[0]}" for row in rows(query))
