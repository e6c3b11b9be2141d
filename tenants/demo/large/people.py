"""The families of a large made-up practice: made one after another, the same again for the same seed, however many there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tenants.demo.fees import Insurance
from tenants.demo.large import names
from tenants.demo.large.practice import CHAIRS, CLINICS, INSURANCES

SINGLE, COUPLE, FAMILY, ONE_PARENT, ELDER = "single", "couple", "family", "one parent", "elder"
_SORTS = {SINGLE: 30, COUPLE: 18, FAMILY: 32, ONE_PARENT: 10, ELDER: 10}


@dataclass(frozen=True)
class Member:
    """One patient: `number` of the chart, `place` in the whole practice, `age` at the end of this year, and what chance has left for the rest."""

    number: str
    place: int
    first_name: str
    last_name: str
    sex: str
    age: int
    born: tuple[int, int]
    chance: Random

    @property
    def is_child(self) -> bool:
        """Whether others answer for this patient."""
        return self.age < 18


@dataclass(frozen=True)
class Household:
    """People who live together; the first is the guarantor. `clinic` and `chair` are where they are usually treated."""

    members: tuple[Member, ...]
    home: dict[str, str]
    clinic: int
    chair: int
    insurance: Insurance | None
    insured_number: str

    @property
    def head(self) -> Member:
        """The guarantor."""
        return self.members[0]


def households(seed: int, patients: int) -> Iterator[Household]:
    """Families with so many members together, the last one cut short if need be."""
    number = place = 0
    while place < patients:
        made = _household(Random(f"{seed}/{number}"), number, place)  # noqa: S311  (chance that is the same each time is what is wanted)
        members = made.members[: patients - place]
        yield Household(members, made.home, made.clinic, made.chair, made.insurance, made.insured_number)
        number, place = number + 1, place + len(members)


def _household(chance: Random, number: int, place: int) -> Household:
    sort = FAMILY if number == 0 else chance.choices(list(_SORTS), list(_SORTS.values()))[0]
    last = "Ashgrove" if number == 0 else names.family(chance)
    people = [(sex, age) for sex, age in _ages(chance, sort)]
    members = tuple(_member(chance, f"CW{number + 1:05d}{turn + 1}", place + turn, last, *who) for turn, who in enumerate(people))
    insurance = INSURANCES[3] if sort == ELDER else chance.choice(INSURANCES[:3])
    is_insured = number == 0 or chance.random() < 0.68
    return Household(
        members, names.home(chance), number % CLINICS, chance.randrange(CHAIRS), insurance if is_insured else None, f"{chance.randrange(10**8, 10**9)}"
    )


def _ages(chance: Random, sort: str) -> list[tuple[str, int]]:
    grown = chance.randint(68, 92) if sort == ELDER else chance.randint(24, 67)
    first = chance.choice("FM")
    found = [(first, grown)]
    if sort in (COUPLE, FAMILY):
        found.append(("M" if first == "F" else "F", min(90, max(21, grown + chance.randint(-6, 6)))))
    if sort in (FAMILY, ONE_PARENT):
        found += [(chance.choice("FM"), max(1, min(17, grown - chance.randint(20, 38)))) for _ in range(chance.randint(1, 3))]
    return found


def _member(chance: Random, number: str, place: int, last: str, sex: str, age: int) -> Member:
    born = chance.randint(1, 12), chance.randint(1, 28)
    return Member(number, place, names.given(chance, sex), last, sex, age, born, Random(chance.random()))  # noqa: S311
