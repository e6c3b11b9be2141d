"""The life of one patient of a large made-up practice: visits that were and will be, what they cost, what is planned, written and known."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tenants.demo.chart import Chart, Letter, Office, Step, Visit
from tenants.demo.large import names
from tenants.demo.large.people import Household, Member
from tenants.demo.large.practice import CHAIRS, CHILD_CLEANING, CLEANING, GUM_CARE, clinic, dentist, hygienist

CLOCKS = ("08:00", "09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "16:00")
_BOOKED_DAYS = 80
"""Visits are booked for so many days ahead."""
_HYGIENE, _DENTIST = 18, 10
"""So many of a hundred patients have a visit booked with a hygienist, with a dentist."""
_SPREAD = 7919
_WORK = (
    ("Filling", "D2391 3 O", 40), ("Filling", "D2392 30 MO", 50), ("Filling", "D2330 8 M", 40), ("Something hurt", "D0140, D0220 19", 30), ("Tooth taken out", "D7140 1", 40),
    ("Root canal", "D3330 14", 60), ("Crown", "D2950 14, D2740 14", 60), ("Night guard", "D9944", 30),
)  # fmt: skip
_PLANS = (("Two fillings", "D2391 3 O, D2392 30 MO"), ("Crown", "D2950 14, D2740 14"), ("Root canal and crown", "D3330 19, D2950 19, D2740 19"), ("Implant", "D6010 30, D6057 30, D6058 30"))
_ASKED = (
    ("Sore tooth", "My tooth is still a little sore. Is that normal?", "Yes, for a few days. Please call us if it gets worse."),
    ("Next visit", "Could my visit be later in the day?", "We have put you on the list for the afternoon and will write when something opens."),
    ("Insurance", "We have a new insurance from next month on.", "Thank you, please bring the card to your next visit."),
)
_MEDICINES = (("Lisinopril 10 mg", "One in the morning", "High blood pressure", "I10"), ("Metformin 500 mg", "One with breakfast and dinner", "Type 2 diabetes", "E11.9"),
              ("Atorvastatin 20 mg", "One in the evening", "High cholesterol", "E78.5"), ("Albuterol inhaler", "Two puffs when needed", "Asthma", "J45.909"))  # fmt: skip


@dataclass
class Slots:
    """Times that are still free, by clinic and by who treats: each is given once, spread over the days."""

    office: Office
    taken: Counter = field(default_factory=Counter)
    _days: dict[int, list[int]] = field(default_factory=dict)

    def next(self, place: int, is_hygiene: bool) -> tuple[int, str, int] | None:
        """An offset in days, a time and the number of a chair; None when the book is full."""
        days = self._open_days(place)
        whole = len(days) * len(CLOCKS) * CHAIRS
        turn = self.taken[place, is_hygiene]
        self.taken[place, is_hygiene] += 1
        if turn >= whole:
            return None
        number = turn * _SPREAD % whole
        return days[number % len(days)], CLOCKS[number // len(days) % len(CLOCKS)], number // len(days) // len(CLOCKS)

    def _open_days(self, place: int) -> list[int]:
        if place not in self._days:
            calendar = self.office.calendars[clinic(place)]
            # The steps must not fall in with the number of days, or a time would come twice.
            days = [offset for offset in range(1, _BOOKED_DAYS) if calendar.day(offset) == calendar.moment(offset, "12:00").date()]
            self._days[place] = days
        return self._days[place]


def person(office: Office, house: Household, member: Member) -> Chart:
    """The chart of a patient with who it is."""
    chart = Chart(office, member.number, clinic(house.clinic), house.insurance)
    contact = {} if member.is_child else {"email": f"{member.first_name}.{member.last_name}.{member.place}@example.test".lower(), "phone": names.phone(member.place)}
    chart.person(
        dentist(house.clinic, house.chair), first_name=member.first_name, last_name=member.last_name, sex=member.sex, birthdate=chart.calendar.born(member.age, *member.born),
        guarantor=house.head.number, status=_status(member), **contact, **house.home,
    )  # fmt: skip
    return chart


def relations(house: Household) -> Iterator[dict]:
    """Whose parent the guarantor is."""
    relation = "mother" if house.head.sex == "F" else "father"
    for member in house.members:
        if member.is_child:
            yield {"kind": "relationship", "external_id": f"{member.number}-R", "patient": member.number, "related": house.head.number, "relation": relation, "is_guardian": True}


def life(office: Office, slots: Slots, house: Household, member: Member) -> list[dict]:
    """Everything else in the patient's chart."""
    chart, chance = person(office, house, member), member.chance
    who = chart.records.pop()
    visits = [*_past(house, member), *_booked(slots, house, member)]
    chart.visits(*visits)
    if house.insurance:
        chart.insured(f"{house.insured_number}", f"{house.head.first_name} {house.head.last_name}", "self" if member is house.head else "child" if member.is_child else "spouse")
    _due(chart, member, visits)
    _bill(chart, visits)
    if not member.is_child and chance.random() < 0.12:
        heading, done = chance.choice(_PLANS)
        chart.plan(-chance.randint(5, 200), heading, "the dentist", [Step("1", done)], discount=0 if house.insurance else 5)
    if not member.is_child and chance.random() < 0.07:
        _write(chart, house, chance)
    _health(chart, member)
    return [record for record in chart.records if record is not who]


def _status(member: Member) -> str:
    # Not by chance that is used elsewhere: a chart is made twice, once for the person and once for the life.
    turn = member.place * 31 % 100
    if member.age > 85 and turn < 20:
        return "deceased"
    return "inactive" if turn in (41, 42, 43) else "active"


def _habit(member: Member) -> tuple[int, int]:
    """How often the patient comes, in days, and how long ago the patient came last."""
    turn = member.place * 17 % 20
    if turn < 10:
        return 184, 20 + member.place * 13 % 160
    return (330, 60 + member.place * 29 % 300) if turn < 16 else (400, 420 + member.place * 7 % 400)


def _past(house: Household, member: Member) -> Iterator[Visit]:
    chance, (every, last) = member.chance, _habit(member)
    cleaner = hygienist(house.clinic, house.chair)
    since = last + every * chance.randint(1, 5)
    cleaning = "D1120" if member.age < 12 else "D4910" if _gums(member) else "D1110"
    for turn, ago in enumerate(range(last, min(since, 1100), every)):
        done = f"{cleaning}, D0120" + (", D0274" if turn % 2 else "") + (", D1206" if member.is_child else "")
        yield Visit(-ago, chance.choice(CLOCKS), 50, cleaner, "Check-up and cleaning", done, _pays(chance, ago), "broken" if chance.random() < 0.04 else "")
    for _ in range(chance.choices((0, 1, 2), (55, 35, 10))[0]):
        reason, done, minutes = chance.choice(_WORK[: 3 if member.is_child else len(_WORK)])
        ago = chance.randint(3, 1000)
        yield Visit(-ago, chance.choice(CLOCKS), minutes, dentist(house.clinic, house.chair), reason, done, _pays(chance, ago))


def _booked(slots: Slots, house: Household, member: Member) -> Iterator[Visit]:
    turn = member.place * 37 % 100
    if _status(member) != "active" or turn >= _HYGIENE + _DENTIST:
        return
    is_hygiene = turn < _HYGIENE
    found = slots.next(house.clinic, is_hygiene)
    if found is None:
        return
    offset, clock, chair = found
    confirmation = "confirmed" if member.place % 3 else "unconfirmed"
    if is_hygiene:
        yield Visit(offset, clock, 50, hygienist(house.clinic, chair), "Check-up and cleaning", "D1110, D0120", "", "", confirmation, recall=_recall_type(member))
    else:
        reason, done, minutes = _WORK[member.place % 3]
        yield Visit(offset, clock, minutes, dentist(house.clinic, chair), reason, done, "", "", confirmation)


def _pays(chance: Random, ago: int) -> str:
    """Most pay at once, some by mail; of what is recent some is still to be paid."""
    return chance.choices(("card", "check", ""), (75, 18, 30 if ago < 120 else 2))[0]


def _gums(member: Member) -> bool:
    return member.age > 40 and member.place % 6 == 0


def _recall_type(member: Member) -> str:
    return CHILD_CLEANING if member.age < 12 else GUM_CARE if _gums(member) else CLEANING


def _due(chart: Chart, member: Member, visits: list[Visit]) -> None:
    if not any(visit.recall for visit in visits):
        _, last = _habit(member)
        chart.recall(_recall_type(member), 184 - last)


def _bill(chart: Chart, visits: list[Visit]) -> None:
    """A statement some days after each visit that was not paid at once; the newest three."""
    late = sorted(visit.offset for visit in visits if visit.offset < -8 and visit.pays != "card" and visit.outcome == "complete")
    for offset in late[-3:]:
        chart.statement(offset + 6, 60)


def _write(chart: Chart, house: Household, chance: Random) -> None:
    subject, question, answer = chance.choice(_ASKED)
    asked = -chance.randint(1, 150)
    letters = [Letter(asked, "18:20", False, question)]
    if asked < -3:
        letters.append(Letter(asked + 1, "09:10", True, answer, unread=chance.random() < 0.2))
    chart.conversation(dentist(house.clinic, house.chair), subject, *letters)


def _health(chart: Chart, member: Member) -> None:
    chance = member.chance
    if chance.random() < 0.2:
        chart.put("allergy", substance=chance.choice(("Penicillin", "Latex", "Sulfa drugs", "Peanuts")), reaction="Rash")
    elif chance.random() < 0.5:
        chart.put("allergy", status="none_known")
    if chance.random() < member.age / 150:
        medicine, how, problem, code = chance.choice(_MEDICINES)
        begun = chart.day(-chance.randint(300, 3000))
        chart.put("medication", name=medicine, instructions=how, started_on=begun)
        chart.put("problem", name=problem, icd10=code, started_on=begun)
    if member.age > 30 and chance.random() < 0.25:
        moment = chart.calendar.moment(-chance.randint(20, 900), "10:00")
        chart.put("vital_sign", taken_at=moment, systolic_mmhg=chance.randint(105, 155), diastolic_mmhg=chance.randint(62, 95), pulse_per_minute=chance.randint(56, 92))
    if not member.is_child and chance.random() < 0.3:
        chart.put("smoking_status", snomed=chance.choice(("266919005", "8517006")), asked_on=chart.day(-chance.randint(20, 900)))
