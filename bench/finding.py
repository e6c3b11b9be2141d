"""How long the office's search takes among very many patients, with the words that cost most."""

import os
import random
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import insert

from core import config
from core.app import configure
from core.db import uuid7
from core.people.finding import find
from core.people.found_by import names_of, trace_rows, words_of
from core.people.models import NameTrace, Patient, PatientWord
from core.people.wanted import read_wanted
from core.testing import Office, make_office

AT_ONCE = 5000
COLUMNS = ("id", "external_id", "first_name", "last_name", "preferred_name", "birthdate", "phone", "email", "clinic_id")
TIMES = 15
MOST_MILLISECONDS = 100
LAST = ["Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez", "Hernandez", "Lopez", "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson", "Martin", "Lee", "Perez", "Thompson", "White", "Harris", "Sanchez", "Clark", "Ramirez", "Lewis", "Robinson", "Walker", "Young", "Allen", "King", "Wright", "Scott", "Torres", "Nguyen", "Hill", "Flores", "Green", "Adams", "Nelson", "Baker", "Hall", "Rivera", "Campbell", "Mitchell", "Carter", "Roberts", "O’Brien", "Müller", "García-López"]  # fmt: skip
FIRST = ["James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth", "William", "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Sarah", "Charles", "Karen", "Christopher", "Lisa", "Daniel", "Nancy", "Matthew", "Betty", "Anthony", "Margaret", "Mark", "Sandra", "Donald", "Ashley", "Steven", "Kimberly", "Maria", "Elena", "José", "Zoë"]  # fmt: skip
SYLLABLES = ["ba", "be", "bi", "bo", "da", "de", "dor", "el", "fa", "gar", "gul", "han", "is", "ja", "ka", "kor", "la", "len", "lin", "ma", "mar", "mi", "na", "nor", "o", "pe", "ra", "ri", "ro", "sa", "san", "se", "son", "ta", "tor", "va", "vic", "wil", "ya", "zan"]
TYPED = (
    "johnson", "s", "m", "ma", "smith", "maria", "smith mary", "m s", "s m j", "jonson", "Jonhson", "Muller", "smiht mray", "thmas", "lee", "zzzzz",
    "elena 1984", "maria 1990", "1985", "4/12/1985", "April 12, 1985", "3035551234", "303", "1234", "mary 1234", "ana@", "mary", "A1", "a b c d e f g h",
    "x", "garcia lopez jose 1971",
)  # fmt: skip


def run(environment: dict[str, str], logs: Path, number: int, say=print) -> bool:
    """Make a practice with so many patients, and measure; returns whether the slowest search is quick enough."""
    os.environ.update(environment)
    app = configure(config.load()).make_wsgi_app()
    office = make_office(app.registry)
    say(f"Making {number:,} patients")
    fill(office, number)
    with psycopg.connect(environment["CUSPID_MIGRATE_URL"], autocommit=True) as connection:
        # As PostgreSQL does by itself within a minute or so of many new rows; until then an index alone does not answer.
        connection.execute("vacuum analyze")
    slowest = measure(office, say)
    say(f"The slowest of these takes {slowest:.0f} ms")
    return slowest < MOST_MILLISECONDS


def fill(office: Office, number: int) -> None:
    """So many patients, the same in each run: common names as often as they are, and rare ones."""
    chance = random.Random(7)
    rare = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))).capitalize() for _ in range(20_000)]
    names: set[str] = set()
    with office.session() as session:
        for at in range(0, number, AT_ONCE):
            patients = [_patient(chance, rare, office, one) for one in range(at, min(number, at + AT_ONCE))]
            session.execute(
                insert(Patient), [{name: getattr(patient, name) for name in COLUMNS} | {"practice_id": office.id} for patient in patients]
            )
            words = [
                {"practice_id": office.id, "patient_id": patient.id, "word": word} for patient in patients for word in words_of(patient)
            ]
            session.execute(insert(PatientWord), words)
            names |= {name for patient in patients for name in names_of(patient)}
        session.execute(insert(NameTrace), trace_rows(office.id, names))
        session.commit()


def _patient(chance: random.Random, rare: list[str], office: Office, number: int) -> Patient:
    def name(common: list[str]) -> str:
        return (
            chance.choices(common, [1 / (place + 3) for place in range(len(common))])[0] if chance.random() < 0.5 else chance.choice(rare)
        )

    first, last = name(FIRST), name(LAST)
    born = date(1930, 1, 1) + timedelta(days=chance.randrange(34_000))
    phone = f"({chance.choice((303, 720, 916))}) 555-{chance.randrange(10_000):04}"
    return Patient(id=uuid7(), external_id=f"A{number}", first_name=first, last_name=last, preferred_name="", birthdate=born, phone=phone,
                   email=f"{first}.{last}{number}@example.test".lower(), clinic_id=office.clinic_id)  # fmt: skip


def measure(office: Office, say=print) -> float:
    """Search for each of the words a few times; returns the slowest median in milliseconds."""
    worst = 0.0
    for typed in TYPED:
        wanted = read_wanted(typed, datetime.now(UTC).date())
        spent = []
        with office.session() as session:
            for _ in range(TIMES):
                began = time.perf_counter()
                found = find(session, office.id, wanted)
                spent.append(1000 * (time.perf_counter() - began))
                session.expunge_all()
        worst = max(worst, statistics.median(spent))
        say(f"{typed:28}{len(found.exact):4} fit, {len(found.near):3} near{statistics.median(spent):9.1f} ms, slowest {max(spent):7.1f} ms")
    return worst
