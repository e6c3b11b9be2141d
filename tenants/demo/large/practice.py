"""A large made-up practice: three clinics with eight chairs each, and what patients may book there."""

from tenants.demo.book import STATUSES, Book, Chair, Kept, pattern
from tenants.demo.fees import Insurance
from tenants.demo.large import names
from tenants.demo.office import Look, Story, Worker

SLUG, NAME = "cottonwood", "Cottonwood Dental Partners"
CLINICS, CHAIRS = 3, 4
"""So many clinics; in each so many chairs of dentists, and as many of hygienists."""
PAIN, ADVICE, NEWCOMER = "CW-T1", "CW-T2", "CW-T3"
CLEANING, CHILD_CLEANING, GUM_CARE = "CW-RT1", "CW-RT2", "CW-RT3"
INSURANCES = (
    Insurance("Larkspur Mutual Dental", {"prevention": 100, "basic": 80, "major": 50, "braces": 25}, 12, "PPO Plus", "LM-2204", most_cents=180_000),
    Insurance("High Plains Dental", {"prevention": 100, "basic": 70, "major": 50}, 10, "Employee Choice", "HP-71180", most_cents=150_000),
    Insurance("Union of Millers Dental Fund", {"prevention": 90, "basic": 80, "major": 60, "braces": 40}, 8, "Fund Basic", "UM-9", most_cents=200_000),
    Insurance("Silver Sage Senior Dental", {"prevention": 100, "basic": 50, "major": 40}, 6, "Senior", "SS-310", most_cents=100_000),
)
_WEEK = {str(weekday): ["08:00", "17:00"] for weekday in range(5)}
_DENTISTS = ("Ingrid Solheim", "Mateus Prado", "Grace Adeyemi", "Henry Tall", "Sunita Rao", "Piotr Malik", "Leonie Brandt", "Omari West", "Kana Ito", "Jude Farrow", "Elif Demir", "Rosalind Pike")
_HYGIENISTS = ("Tova Berg", "Callum Reid", "Nia Okoro", "Bao Tran", "Faye Lund", "Hassan Said", "Mila Kos", "Dov Stern", "Ana Prieto", "Reed Colby", "Yoko Abe", "Lise Roy")


def clinic(place: int) -> str:
    """The number of a clinic."""
    return f"CW-C{place + 1}"


def dentist(place: int, chair: int) -> str:
    """The number of a dentist."""
    return f"CW-D{place * CHAIRS + chair + 1}"


def hygienist(place: int, chair: int) -> str:
    """The number of a hygienist."""
    return f"CW-H{place * CHAIRS + chair + 1}"


def _clinics() -> tuple[dict, ...]:
    return tuple(
        {
            "external_id": clinic(place), "name": f"Cottonwood {town}", "phone": f"719-555-01{10 + place}", "email": f"desk{place + 1}@cottonwood.example.test",
            "address_1": f"{100 + 20 * place} Bridge Street", "city": town, "state": "CO", "postal_code": code, "time_zone": "America/Denver", "position": place, "hours": _WEEK,
        }
        for place, (town, code) in enumerate(names.TOWNS[:CLINICS])
    )  # fmt: skip


def _provider(number: str, name: str, suffix: str, specialty: str) -> dict:
    first, last = name.split()
    title = "Dr." if suffix == "DDS" else ""
    return {"external_id": number, "first_name": first, "last_name": last, "title": title, "suffix": suffix, "specialty": specialty}


def _providers() -> tuple[dict, ...]:
    places = [(place, chair) for place in range(CLINICS) for chair in range(CHAIRS)]
    dentists = [_provider(dentist(*where), name, "DDS", "General dentistry") for where, name in zip(places, _DENTISTS, strict=True)]
    return (*dentists, *(_provider(hygienist(*where), name, "RDH", "Dental hygiene") for where, name in zip(places, _HYGIENISTS, strict=True)))


def _chairs() -> tuple[Chair, ...]:
    found = []
    for place in range(CLINICS):
        for chair in range(CHAIRS):
            number, doctor = place * 2 * CHAIRS + chair + 1, dentist(place, chair)
            found.append(Chair(f"CW-O{number}", f"Room {chair + 1}", f"R{chair + 1}", clinic(place), doctor, types=(PAIN, ADVICE, NEWCOMER)))
            found.append(Chair(f"CW-O{number + CHAIRS}", f"Hygiene {chair + 1}", f"H{chair + 1}", clinic(place), doctor, hygienist(place, chair), recalls=True))
    return tuple(found)


_CHECK_UP = {"code": "D0120", "words": "Regular check-up"}
BOOK = Book(
    chairs=_chairs(),
    kept=tuple(Kept(f"CW-B{place + 1}", f"Lunch at {names.TOWNS[place][0]}", clinic(place), "12:00", "13:00") for place in range(CLINICS)),
    types=(
        {"external_id": PAIN, "name": "Limited exam", "words": "Something hurts or is broken", "pattern": pattern(30), "for_new": True, "procedures": [{"code": "D0140", "words": "Look at one problem"}]},
        {"external_id": ADVICE, "name": "Consult", "words": "Talk about a treatment", "pattern": pattern(20)},
        {"external_id": NEWCOMER, "name": "New patient exam", "words": "First visit: check-up and X-rays", "pattern": pattern(60), "for_existing": False, "for_new": True},
    ),
    recall_types=(
        {"external_id": CLEANING, "name": "Prophy", "words": "Check-up and cleaning", "special": "prophy", "interval_months": 6, "interval_days": 1, "pattern": pattern(50),
         "procedures": [_CHECK_UP, {"code": "D1110", "words": "Cleaning for adults"}]},
        {"external_id": CHILD_CLEANING, "name": "Child prophy", "words": "Check-up and cleaning for a child", "special": "child_prophy", "max_age": 11, "interval_months": 6,
         "pattern": pattern(30), "procedures": [_CHECK_UP, {"code": "D1120", "words": "Cleaning for children"}]},
        {"external_id": GUM_CARE, "name": "Perio maintenance", "words": "Gum care", "special": "perio", "interval_months": 4, "pattern": pattern(60),
         "procedures": [{"code": "D4910", "words": "Gum care cleaning"}]},
    ),
    statuses={f"CW-S{number}": name for number, name in enumerate(STATUSES, 1)},
)  # fmt: skip

STORY = Story(
    slug=SLUG,
    name=NAME,
    time_zone="America/Denver",
    clinics=_clinics(),
    providers=_providers(),
    book=BOOK,
    looks={None: Look({"brand": "#2f6b3c", "accent": "#8a5a00", "radius": "soft"}, "cottonwood.svg")},
    # Patients come afterwards, in batches of their own.
    charts=lambda office: [],
    people=(),
    staff=(
        Worker("marta", "Marta Quill", "office_admin", "Marta Quill, office admin: everything"),
        Worker("pavel", "Pavel Reedham", "front_desk", "Pavel Reedham, front desk of one clinic: its patients only", (clinic(0),)),
    ),
)
