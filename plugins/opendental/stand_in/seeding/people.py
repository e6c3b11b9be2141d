"""People in families, with all that is odd in real ones: no birthdate, no clinic, two charts of one person, a parent who is no patient, the dead."""

from collections.abc import Iterator
from datetime import timedelta

from plugins.opendental.stand_in.seeding.rows import Rows
from plugins.opendental.stand_in.store import NO_DAY, Row

_LAST = (
    "Alvarez Baker Bianchi Brooks Castillo Chen Cohen Delgado Diaz Evans Fischer Flores Garcia Green Hall Hansen Hayes Hill Ito Jackson Jones Kaya Kelly Kim Kowalski Lee Lopez "
    "Martin Meyer Miller Moore Morales Nguyen Novak O'Brien Okoye Olsen Ortiz Park Patel Perez Price Ramirez Reed Rossi Ruiz Sato Schmidt Scott Silva Singh Smith Stewart Sullivan "
    "Taylor Thomas Torres Turner Vargas Walker Ward White Wilson Wong Wright Young Zimmerman García-López"
)
_FIRST = (
    "Aaron Ada Adrian Alice Amara Ana Andre Beatriz Ben Carla Carlos Chloe Clara Daniel David Dora Elena Eli Emma Ethan Eva Felix Fiona Gabriel Grace Hana Henry Ines Isaac Ivy Jacob "
    "Jade Joel José Julia Kai Kate Lara Leo Liam Lily Lucas Maria Mateo Maya Mia Nadia Noah Nora Olga Omar Oscar Paul Priya Rafael Rosa Ruth Sam Sara Sofia Theo Tina Victor Wei "
    "Yara Zoë"
)
LAST, FIRST = _LAST.split(), _FIRST.split()
PATIENT, NON_PATIENT, INACTIVE, ARCHIVED, DECEASED = 0, 1, 2, 3, 5
FATHER, MOTHER = 0, 1


def make(rows: Rows, count: int) -> Iterator[Row]:
    """So many people, a family at a time."""
    made = 0
    while made < count:
        for person in _family(rows, min(count - made, rows.one_of((1, 1, 1, 2, 2, 3, 4, 5)))):
            made += 1
            yield person


def _family(rows: Rows, size: int) -> list[Row]:
    last, clinic = rows.one_of(LAST), rows.one_of((1, 1, 1, 2, 2, 0))
    head = _person(rows, last, 25, 80, clinic, 0)
    head["Guarantor"] = head["PatNum"]
    members = [head]
    for place in range(1, size):
        grown = place == 1 and rows.chance(60)
        members.append(_person(rows, last if rows.chance(90) else rows.one_of(LAST), *((25, 80) if grown else (1, 17)), clinic, head["PatNum"]))
        if not grown:
            about = {"PatNumChild": members[-1]["PatNum"], "PatNumGuardian": head["PatNum"]}
            rows.put("guardian", **about, Relationship=rows.one_of((FATHER, MOTHER)), IsGuardian=1)
    if size > 2 and rows.chance(10):
        head["PatStatus"] = NON_PATIENT
    if rows.chance(2):  # a chart that was merged into another: archived, with the same names and birthdate
        about = {name: head[name] for name in ("LName", "FName", "Birthdate", "ClinicNum", "Guarantor", "Address", "City", "State", "Zip")}
        rows.put("patient", **about, PatStatus=ARCHIVED)
    _insure(rows, members)
    return members


def _person(rows: Rows, last: str, youngest: int, oldest: int, clinic: int, guarantor: int) -> Row:
    first = rows.one_of(FIRST)
    born = NO_DAY if rows.chance(3) else f"{rows.now.date() - timedelta(days=rows.between(youngest * 366, oldest * 365))}"
    number = len(rows.tables["patient"]) + 1
    mail = f"{first}.{last}{number}@mail.example".lower().replace("'", "") if rows.chance(70) else ""
    status = rows.one_of((PATIENT,) * 90 + (INACTIVE,) * 5 + (ARCHIVED,) * 4 + (DECEASED,))
    return rows.put(
        "patient", LName=last, FName=first, MiddleI=first[:1] if rows.chance(30) else "", Preferred=first[:3] if rows.chance(8) else "", PatStatus=status,
        Gender=rows.one_of((0, 1, 0, 1, 2)), Position=2 if oldest < 20 else rows.one_of((0, 1)), Birthdate=born, Address=f"{rows.between(1, 9999)} Elm St", City="Salem", State="OR",
        Zip="97301", HmPhone=f"(503)555-{number % 10000:04}" if rows.chance(50) else "", WirelessPhone=f"(971)555-{number % 10000:04}" if rows.chance(80) else "",
        Email=f"{mail}; second@mail.example" if mail and rows.chance(2) else mail, Guarantor=guarantor, PriProv=rows.one_of((1, 2)), ClinicNum=clinic, TxtMsgOk=rows.one_of((0, 1, 1, 2)),
        Language=rows.one_of(("", "", "", "spa", "English")), SecDateEntry=f"{rows.day(-rows.between(10, 3000))}", ChartNumber="" if rows.chance(90) else f"C{number}",
        FamFinUrgNote="Line one\r\nline two" if rows.chance(2) else "",
    )  # fmt: skip


def _insure(rows: Rows, members: list[Row]) -> None:
    if not rows.chance(65):
        return
    head = members[0]
    membership = rows.put("inssub", PlanNum=rows.between(1, 3), Subscriber=head["PatNum"], SubscriberID=f"W{head['PatNum']:08}", DateEffective=f"{rows.now.year}-01-01")
    for place, member in enumerate(members):
        own = {"Relationship": 0 if place == 0 else 2, "IsPending": rows.chance(1)}
        rows.put("patplan", PatNum=member["PatNum"], Ordinal=1, InsSubNum=membership["InsSubNum"], **own)
