"""The ledger by visit: what was done, what came off, what each visit came to, and the balance after it. One statement, a page at a time.

All lines of a visit stand together on its first day, whenever they were entered: insurance pays weeks later. A line of no visit stands alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.procedures import beginnings_with, plain_words
from plugins.account.amounts import AmountRefused, parse_amount
from plugins.account.services.ledger import provider_name

PAGE = 15
MOST_WORDS = 6
"""What is searched for beyond that narrows nothing any more."""
KINDS = {
    "charge": "Something that was done, at the office’s fee.",
    "insurance_payment": "What your dental insurance paid to the office.",
    "adjustment": "A correction by the office: a discount, a fee taken back, or a charge that was added.",
    "payment": "What you or somebody else paid to the office.",
}
"""The kinds of line, in plain words."""
REVERSED = "Money that had been counted as paid and was given back, or did not arrive: it is owed again."

# Each word must be in the line: in its text, its kind, its provider's name, or what its procedure is in plain words; or it is its amount.
_WORD = """(position(lower(:word_{0}) in lower(e.description || ' ' || replace(e.entry_type, '_', ' '))) > 0
    or (e.code <> '' and e.code ^@ any(cast(:codes_{0} as text[])))
    or abs(e.amount_cents) between :low_{0} and :high_{0}
    or e.provider_id in (select p.id from provider p where p.practice_id = :practice_id
        and position(lower(:word_{0}) in lower(concat_ws(' ', p.title, p.first_name, p.last_name, p.preferred_name))) > 0))"""
_FITS = " and ".join(["(:kind = '' or e.entry_type = :kind)", *map(_WORD.format, range(MOST_WORDS))])
# Running sums of visits, not of lines: two passes over the lines of an account, whatever is asked.
_VISITS = """visits as (
    select e.patient_id, coalesce(e.visit, e.id::text) as visit, min(e.entered_on) as day, min(e.id::text collate "C") as first_id,
        sum(e.amount_cents)::bigint as came_to, bool_or({fits}) as fits
    from account_entry e where e.practice_id = :practice_id and e.patient_id = any(cast(:people as uuid[])) group by 1, 2
), running as (
    select visits.*, sum(came_to) over (order by day, first_id)::bigint as balance, min(day) over () as first_on from visits
), found as (
    select running.*, count(*) over () as many from running where fits and day between :since and :until
    order by day desc, first_id desc limit :most offset :skipped
)"""
_LINES = """
select found.patient_id, found.visit, found.day, found.came_to, found.balance, found.first_on, found.many,
    e.id, e.entered_on, e.entry_type, e.description, e.amount_cents, e.code, e.tooth, e.receipt_number, {fits} as fits,
    provider.title, provider.first_name, provider.last_name, provider.preferred_name, provider.suffix
from found cross join lateral (
    select * from account_entry where practice_id = :practice_id and patient_id = found.patient_id and visit = found.visit
    union all select * from account_entry where practice_id = :practice_id and id = cast(found.first_id as uuid) and visit is null) e
left join provider on provider.practice_id = :practice_id and provider.id = e.provider_id
order by found.day desc, found.first_id desc, e.entered_on, e.id"""
_FITTING = f"with {_VISITS} {_LINES}".format(fits=_FITS)
_EVERYTHING = _FITTING.replace(f"bool_or({_FITS})", "true").replace(f"{_FITS} as fits", "false as fits")
_ASK, _ASK_ALL = text(f"{_FITTING}"), text(f"{_EVERYTHING}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: visits that began in these days and have a line of this kind that fits all words; everything if nothing is said."""

    since: date = date.min
    until: date = date.max
    kind: str = ""
    words: tuple[str, ...] = ()

    @property
    def is_narrow(self) -> bool:
        """Whether lines are looked for, and not only days."""
        return bool(self.kind or self.words)


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A line of a visit; `explained` says in plain words what it is, `found` whether it is what was looked for."""

    id: UUID
    entered_on: date
    entry_type: str
    description: str
    amount_cents: int
    code: str
    tooth: str
    provider: str
    found: bool

    @property
    def explained(self) -> str:
        """What it is, in plain words."""
        if self.entry_type in ("payment", "insurance_payment") and self.amount_cents > 0:
            return REVERSED
        return (plain_words(self.code) if self.code else "") or KINDS[self.entry_type]


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit with its lines, or a line that belongs to none; what it came to is what is left of it to pay."""

    patient_id: UUID
    day: date
    came_to_cents: int
    balance_cents: int
    lines: tuple[VisitLine, ...]

    @property
    def charged_cents(self) -> int:
        """What was done cost."""
        return self._sum("charge")

    @property
    def insurance_cents(self) -> int:
        """What insurance paid."""
        return -self._sum("insurance_payment")

    @property
    def adjusted_cents(self) -> int:
        """What the office took off, or below zero added."""
        return -self._sum("adjustment")

    @property
    def paid_cents(self) -> int:
        """What was paid."""
        return -self._sum("payment")

    @property
    def providers(self) -> str:
        """Who saw the patient."""
        return ", ".join(dict.fromkeys(line.provider for line in self.lines if line.provider))

    def _sum(self, entry_type: str) -> int:
        return sum(line.amount_cents for line in self.lines if line.entry_type == entry_type)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of visits, how many fit altogether, and the first day of the account."""

    visits: tuple[Visit, ...] = field(default=())
    many: int = 0
    first_on: date | None = None


def visits(session: Session, practice_id: UUID, people: Iterable[UUID], wanted: Wanted, page: int = 1) -> Found:
    """A page of the visits of these patients that fit, the latest first. Balances count everything that lies before, found or not."""
    asked = {"practice_id": practice_id, "people": list(people), "since": wanted.since, "until": wanted.until}
    asked |= {"most": PAGE, "skipped": (page - 1) * PAGE}
    if wanted.is_narrow:
        rows = session.execute(_ASK, asked | {"kind": wanted.kind} | _of_words(wanted.words)).all()
    else:
        rows = session.execute(_ASK_ALL, asked).all()
    found = tuple(_visit(list(lines)) for _, lines in groupby(rows, key=lambda row: (row.patient_id, row.visit)))
    return Found(found, rows[0].many, rows[0].first_on) if rows else Found()


def _of_words(words: Sequence[str]) -> dict[str, Any]:
    """Each word with what else it may mean; no word at all is in every text."""
    padded = [*words[:MOST_WORDS], *[""] * (MOST_WORDS - len(words))]
    about: dict[str, Any] = {}
    for place, word in enumerate(padded):
        low, high = _amounts(word)
        codes = [*beginnings_with(word), word.upper()] if word else []
        about |= {f"word_{place}": word, f"codes_{place}": codes, f"low_{place}": low, f"high_{place}": high}
    return about


def _amounts(word: str) -> tuple[int, int]:
    """The cents that a word may mean: "118" is every amount of 118 dollars, "118.00" just that one; none for other words."""
    try:
        cents = parse_amount(word)
    except AmountRefused:
        return -1, -1
    return cents, cents if "." in word else cents + 99


def _visit(rows: Sequence[Any]) -> Visit:
    first = rows[0]
    return Visit(first.patient_id, first.day, first.came_to, first.balance, tuple(map(_line, rows)))


def _line(row: Any) -> VisitLine:
    provider = provider_name(row.title, row.first_name, row.last_name, row.preferred_name, row.suffix)
    return VisitLine(row.id, row.entered_on, row.entry_type, row.description, row.amount_cents, row.code, row.tooth, provider, row.fits)
