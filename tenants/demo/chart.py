"""The chart of one made-up patient, written as the records that a practice's system would send."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain

from tenants.demo import ledger
from tenants.demo.book import Book, pattern
from tenants.demo.days import Calendar
from tenants.demo.fees import Insurance, read


@dataclass(frozen=True)
class Office:
    """What charts need of their office: the calendar of each clinic and the name of each provider, by external id, and its chairs."""

    calendars: Mapping[str, Calendar]
    providers: Mapping[str, str]
    book: Book


@dataclass(frozen=True)
class Visit:
    """A visit `offset` days from today. `done` is a note for `fees.read`; `pays` is card, check, or "" for not yet.

    `type` is the external id of its type of appointment, `recall` of the type of recall that it was made for; `early` is how many minutes
    before it the patient is asked to arrive.
    """

    offset: int
    clock: str
    minutes: int
    provider: str
    reason: str
    done: str = ""
    pays: str = "card"
    status: str = ""
    confirmation: str = "confirmed"
    type: str | None = None
    recall: str = ""
    early: int = 0

    @property
    def outcome(self) -> str:
        """What is in the book: a visit that is over was kept unless it says otherwise."""
        return self.status or ("complete" if self.offset < 0 else "scheduled")


@dataclass(frozen=True)
class Letter:
    """One message of a conversation; `unread` when the other side has not opened it yet."""

    offset: int
    clock: str
    from_office: bool
    body: str
    unread: bool = False


@dataclass(frozen=True)
class Step:
    """One line of a treatment plan: when, what (a note for `fees.read`), and what a second insurance adds, in cents."""

    priority: str
    done: str
    second_cents: int = 0


class Chart:
    """Collects the records of one patient, in an order in which they can be taken in."""

    def __init__(self, office: Office, number: str, clinic: str, insurance: Insurance | None = None):
        self.number, self.calendar = number, office.calendars[clinic]
        self.records: list[dict] = []
        self._office, self._clinic, self._insurance = office, clinic, insurance
        self._lines: list[ledger.Line] = []
        self._counts: Counter[str] = Counter()

    def person(self, provider: str, **fields) -> None:
        """Who it is; comes first."""
        named = {"kind": "patient", "external_id": self.number, "text_ok": True, "clinic": self._clinic, "provider": provider}
        self.records.append(named | fields)

    def day(self, offset: int) -> date:
        """An open day of the patient's clinic."""
        return self.calendar.day(offset)

    def put(self, kind: str, **fields) -> str:
        """Add a record of this patient; returns its external id."""
        return self._put(kind, {"patient": self.number} | fields)

    def _put(self, kind: str, fields: dict) -> str:
        self._counts[kind] += 1
        external_id = f"{self.number}-{kind}-{self._counts[kind]}"
        self.records.append({"kind": kind, "external_id": external_id} | fields)
        return external_id

    def visits(self, *visits: Visit) -> None:
        """Add visits with what they bring into the books and into the history of procedures, and that text messages are welcome."""
        self.put("appointment_preference", prefers="text")
        for visit in sorted(visits, key=lambda visit: visit.offset):
            self._visit(visit)

    def _visit(self, visit: Visit) -> None:
        starts_at = self.calendar.visit(visit.offset, visit.clock, visit.minutes)
        external_id = self.put(
            "appointment",
            **self._office.book.place_of(visit.provider),
            clinic=self._clinic,
            starts_at=starts_at,
            minutes=visit.minutes,
            status=visit.outcome,
            confirmation=visit.confirmation,
            reason=visit.reason,
            appointment_type=visit.type,
            pattern=pattern(visit.minutes),
            arrive_at=starts_at - timedelta(minutes=visit.early) if visit.early else None,
            procedures=[{"code": one.fee.code, "words": one.words} for one in read(visit.done)],
        )
        if visit.recall:
            self.recall(visit.recall, visit.offset, external_id)
        done = read(visit.done)
        if visit.outcome == "complete":
            seen = ledger.Seen(external_id, starts_at.date(), visit.provider, done, visit.pays)
            self._history(seen)
            self.book(*ledger.lines_of(seen, self._insurance))
            if done and self._insurance:
                self.put("claim", **ledger.claim(seen, self._insurance, self.calendar.today))

    def _history(self, seen: ledger.Seen) -> None:
        for done in seen.done:
            where = {"tooth": done.tooth, "surface": done.surface, "provider": self._office.providers[seen.provider]}
            self.put("procedure", description=done.fee.words, cdt=done.fee.code, done_on=seen.day, **where)

    def recall(self, type_: str, due: int, appointment: str | None = None, since: int = -183) -> None:
        """When the patient is due for a sort of recall, and since when; `appointment` is the visit that was made for it."""
        due_on, previous_on = self.calendar.today + timedelta(days=due), self.calendar.today + timedelta(days=due + since)
        self.put("recall", recall_type=type_, due_on=due_on, previous_on=previous_on, appointment=appointment)

    def book(self, *lines: ledger.Line) -> None:
        """Add lines to the ledger; a line of a day that is still to come waits."""
        self._lines += lines
        for line in lines:
            if line.day <= self.calendar.today:
                self.put(
                    "ledger_entry",
                    provider=line.provider,
                    entry_type=line.sort,
                    entered_on=line.day,
                    description=line.words,
                    amount_cents=line.cents,
                    visit=line.visit,
                    code=line.code,
                    tooth=line.tooth,
                    clinic=self._clinic,
                )

    def insured(self, member_number: str, subscriber: str, relationship: str) -> None:
        """The patient's insurance with what is left of this year's benefits; after the visits."""
        who = {"member_number": member_number, "subscriber": subscriber, "relationship": relationship}
        if self._insurance:
            self.put("insurance_coverage", **ledger.coverage(self._lines, self._insurance, self.calendar.today), **who)

    def payment_plan(self, title: str, first_due_on: date, months: list[int]) -> None:
        """A payment plan of so many cents each month; what is in the books as paid is paid, the oldest first."""
        due = [first_due_on + timedelta(days=30 * month) for month in range(len(months))]
        began = self.calendar.moment((first_due_on - self.calendar.today).days - 30, "10:00")
        plan = self.put("payment_plan", title=title, total_cents=sum(months), first_due_on=first_due_on, offered_at=began, agreed_at=began, clinic=self._clinic)
        for number, (day, cents) in enumerate(zip(due, months, strict=True), 1):
            paid = cents if day <= self.calendar.today else 0
            self._put("installment", {"payment_plan": plan, "number": number, "due_on": day, "amount_cents": cents, "paid_cents": paid})

    def statement(self, offset: int, covers: int = 30, note: str = "") -> None:
        """Send a statement of the `covers` days before; after the visits."""
        sent_on = self.day(offset)
        number = f"{self.number.rpartition('-')[2]}-{self._counts['statement'] + 1:02d}"
        since = sent_on - timedelta(days=covers)
        self.put("statement", **ledger.statement(self._lines, sent_on, since, number, self._office.providers, note))

    def family_statement(self, offset: int, covers: int, **members: "Chart") -> None:
        """Send a statement for the family of this patient, the guarantor; after everybody's visits."""
        sent_on = self.day(offset)
        number = f"{self.number.rpartition('-')[2]}-F{self._counts['statement'] + 1:02d}"
        lines = {name: chart._lines for name, chart in members.items()}
        self.put("statement", **ledger.family_statement(lines, sent_on, sent_on - timedelta(days=covers), number, self._office.providers))

    def plan(
        self, offset: int, heading: str, presenter: str, steps: Iterable[Step], note: str = "", discount: int = 0, status: str = "saved", signature: str = ""
    ) -> None:
        """Add a treatment plan; `discount` is percent off each fee, for those without insurance, `signature` whether it is to be signed."""
        names = {"heading": heading, "presenter": presenter, "note": note, "status": status, "signature": signature}
        plan = self.put("treatment_plan", saved_on=self.day(offset), **names)
        procedures = chain.from_iterable(((step, done) for done in read(step.done)) for step in steps)
        for position, (step, done) in enumerate(procedures, 1):
            where = {"priority": step.priority, "tooth": done.tooth, "surface": done.surface}
            what = {"code": done.fee.code, "description": done.fee.words, "fee_cents": done.fee.cents}
            estimates = self._estimates(done.fee, discount) | {"secondary_estimate_cents": step.second_cents}
            self._put("planned_procedure", {"plan": plan, "position": position} | where | what | estimates)

    def _estimates(self, fee, discount: int) -> dict:
        if self._insurance is None:
            return {"discount_cents": fee.cents * discount // 100}
        return {"primary_estimate_cents": self._insurance.share(fee), "discount_cents": self._insurance.discount_on(fee)}

    def image(self, offset: int, folder: str, file_name: str, sort: str, description: str, teeth: str = "") -> None:
        """Announce an image; its file is brought in by the Images tab's own part of the demo."""
        about = {"taken_on": self.day(offset), "description": description, "file_name": file_name, "tooth_numbers": teeth}
        self.put("image", folder=folder, type=sort, **about)

    def conversation(self, provider: str, subject: str, *letters: Letter) -> None:
        """Add messages that answer one another, oldest first."""
        before = None
        for letter in letters:
            sent_at = self.calendar.moment(letter.offset, letter.clock)
            before = self.put(
                "message",
                provider=provider,
                reply_to=before,
                direction="to_patient" if letter.from_office else "to_office",
                subject=f"Re: {subject}" if before else subject,
                body=letter.body,
                sent_at=sent_at,
                read_at=None if letter.unread else sent_at + timedelta(hours=3),
            )


def every(step: int, since: int, until: int, *visits: Visit) -> list[Visit]:
    """The same visits again and again, in turn, one every `step` days between two offsets."""
    return [replace(visits[turn % len(visits)], offset=offset) for turn, offset in enumerate(range(since, until, step))]
