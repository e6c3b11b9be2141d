"""How what is owed is reckoned: the one rule of the patient’s page, the family’s balance, paying, statements and the office’s aging report.

As the field has it (opendental.com/manual/aging.html): charges are sorted by their day into 0 to 30, 31 to 60, 61 to 90 and more days; all that ever
came off, for whatever it was meant, pays the oldest first; and what insurance is expected to pay is of every claim that is outstanding, which is
one that was made and has not been received, whether it was sent already or not. What was taken back, and what took it back, is neither a charge nor
a credit. A payment that was made here comes off from the moment it is taken or a bank is asked for it, for whom it was allocated, until the ledger shows
its receipt number; what was given back of it, or what a bank took back for good, does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

DAYS = (30, 60, 90)
"""The last days of each but the oldest part."""
NAMES = ("0 to 30 days", "31 to 60 days", "61 to 90 days", "More than 90 days")
TAKEN = ("succeeded", "processing")
"""The states of a payment of which the money is there, or known to be on its way."""


@dataclass(frozen=True, slots=True)
class Aging:
    """What is owed, in cents, by how many days ago it was charged."""

    days_0_30: int
    days_31_60: int
    days_61_90: int
    over_90: int

    @property
    def cents(self) -> tuple[int, int, int, int]:
        """Each part, the newest first."""
        return self.days_0_30, self.days_31_60, self.days_61_90, self.over_90

    @property
    def parts(self) -> tuple[tuple[str, int], ...]:
        """Each part with its name."""
        return tuple(zip(NAMES, self.cents, strict=True))

    @property
    def total_cents(self) -> int:
        """All of it."""
        return sum(self.cents)


def aged(charges: Sequence[int], credits_cents: int) -> Aging:
    """What is left of the charges of each part, the newest part first, when everything that came off has paid the oldest ones."""
    left: list[int] = []
    for charged in reversed(charges):
        paid = min(charged, credits_cents)
        credits_cents -= paid
        left.insert(0, charged - paid)
    return Aging(*left)


def entries_of(whose: str) -> str:
    """The ledger entries `e` of patients, beside what was taken back (`gone`). `whose` is the end of a condition on a patient’s id."""
    return f"""account_entry e left join (select unnest(array[v.id, v.voids_id]) as id from account_entry v
        where v.practice_id = :practice_id and v.patient_id {whose} and v.voids_id is not null) gone on gone.id = e.id
    where e.practice_id = :practice_id and e.patient_id {whose}"""  # noqa: S608


def _charged(days: str) -> str:
    return f"coalesce(sum(e.amount_cents) filter (where gone.id is null and e.amount_cents > 0 {days}), 0)::bigint"


def _since(part: int) -> str:
    """The days of a part: the newest has no last one (an entry may be dated ahead), the oldest no first."""
    first = f"and e.entered_on >= cast(:today as date) - {DAYS[part]}" if part < len(DAYS) else ""
    return first + (f" and e.entered_on < cast(:today as date) - {DAYS[part - 1]}" if part else "")


CHARGED = tuple(_charged(_since(part)) for part in range(4))
"""Of `entries_of`: what was charged in each part, the newest first."""
CREDITS = "coalesce(-sum(e.amount_cents) filter (where gone.id is null and e.amount_cents < 0), 0)::bigint"
"""Of `entries_of`: what came off altogether."""

OUTSTANDING = "state <> 'received'"
"""Which claims insurance has still to answer."""

# What of a payment has been neither given back nor lost for good.
_LEFT = """(p.amount_cents - p.refunded_cents - (select coalesce(sum(d.amount_cents), 0) from account_dispute d
    where d.practice_id = :practice_id and d.payment_id = p.id and d.won is false))"""


def open_payments(whose: str) -> str:
    """The parts of payments that are for patients and that no ledger shows yet, by payment and patient; those that wait for their payer are none.

    What came back of a payment comes off its last parts first; one that is not allocated yet is for the patient it names.
    """
    return f"""(select p.id, part.patient_id, sum(part.cents)::bigint as cents, p.state, p.receipt_number, p.created_at, p.method_kind
    from account_payment p cross join lateral (
        select a.patient_id, least(a.amount_cents, greatest(0, {_LEFT} - (sum(a.amount_cents) over (order by a.entry_id is null, a.id) - a.amount_cents))) as cents
            from account_allocation a where a.practice_id = :practice_id and a.payment_id = p.id
        union all select p.patient_id, {_LEFT}
            where not exists (select from account_allocation a where a.practice_id = :practice_id and a.payment_id = p.id)) part
    where p.practice_id = :practice_id and p.state in ('submitted', 'processing', 'unknown', 'succeeded') and part.patient_id {whose} and part.cents > 0
        and p.id in (select id from account_payment where practice_id = :practice_id and patient_id {whose}
            union select payment_id from account_allocation where practice_id = :practice_id and patient_id {whose})
        and not exists (select from account_entry e where e.practice_id = :practice_id and e.receipt_number = p.receipt_number)
    group by p.practice_id, p.id, part.patient_id)"""  # noqa: S608


def taken_payments(whose: str) -> str:
    """The same, only those that come off what is owed."""
    return f"(select * from {open_payments(whose)} open where open.state in {TAKEN})"  # noqa: S608
