"""Finding a patient by what somebody says at the desk (core/people/wanted.py reads it), also when a name has a slip in it.

What patients are found by stands as words beside them (core/people/found_by.py). Whoever has a word as it was typed comes first, then
whoever has one that begins like it; a name with one letter wrong, left out, too many or swapped is near.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.people.found_by import names_of
from core.people.models import NameTrace, Patient, PatientWord
from core.people.near import beginnings_of, is_near
from core.people.wanted import Part, Wanted

MOST = 50
"""Who is shown at once."""
ENOUGH = 10
"""With so many found nobody need be looked for who is only near."""
MOST_LOOKED_AT = 5000
"""Of so many hits the first by name are shown: whoever types a single letter will type more."""
_AFTER_ALL = "\U0010ffff"  # no word holds it


@dataclass(frozen=True)
class Found:
    """Who fits, who is near, and whether there are more of the last of them."""

    exact: Sequence[Patient] = ()
    near: Sequence[Patient] = ()
    more: bool = False

    @property
    def patients(self) -> list[Patient]:
        """All of them."""
        return [*self.exact, *self.near]


def find(session: Session, practice_id: UUID, wanted: Wanted, clinic_ids: Collection[UUID] = ()) -> Found:
    """The first fifty who fit, those with a word as it was typed before those with one that begins like it, then by name; and who is near when
    few fit. `clinic_ids` limits them to those clinics, none means all. Where thousands fit, it is fifty of them."""
    if not wanted:
        return Found()
    limits = [select(Patient.id).where(*seen_at(practice_id, clinic_ids))] if clinic_ids else []
    whole, beginning = ([_fitting(practice_id, part, {}, is_whole) for part in wanted] for is_whole in (True, False))
    exact = session.scalars(_ranked(_first(practice_id, [*whole, *limits], 0), _first(practice_id, [*beginning, *limits], 1))).all()
    if len(exact) >= ENOUGH or not (slips := near_names(session, practice_id, wanted)):
        return Found(exact[:MOST], more=len(exact) > MOST)
    anyhow = [*(_fitting(practice_id, part, slips, False) for part in wanted), *limits]
    others = session.scalars(_ranked(_first(practice_id, anyhow, 0, [one.id for one in exact]))).all()
    near = sorted(others, key=lambda patient: _slips(patient, wanted))
    return Found(exact, near[: MOST - len(exact)], len(near) > MOST - len(exact))


def near_names(session: Session, practice_id: UUID, wanted: Wanted) -> dict[str, list[str]]:
    """The names here that are one slip apart from a name that was typed, by that name."""
    typed = {part.name for part in wanted if part.name}
    if not typed:
        return {}
    names = session.scalars(select(NameTrace.name).where(NameTrace.practice_id == practice_id, or_(*map(_may_be_near, typed))).distinct()).all()
    near = {name: sorted(other for other in names if is_near(name, other) and not other.startswith(name)) for name in typed}
    return {name: others for name, others in near.items() if others}


def _may_be_near(name: str) -> ColumnElement[bool]:
    size = func.char_length(NameTrace.name)
    return and_(or_(*(_begins(word, NameTrace.trace) for word in beginnings_of(name))), size.between(len(name) - 1, len(name) + 1))


def _slips(patient: Patient, wanted: Wanted) -> int:
    """How many of the names that were typed a patient does not have: the fewer, the nearer."""
    own = names_of(patient)
    return sum(not any(name.startswith(part.name) for name in own) for part in wanted if part.name)


def _fitting(practice_id: UUID, part: Part, slips: Mapping[str, Sequence[str]], is_whole: bool) -> Any:
    """The ids of those whom one part fits; `slips` are names that count as well."""
    spans = [PatientWord.word == word if is_whole else _begins(word) for word in part.beginnings]
    spans += [PatientWord.word.in_(slips[part.name])] if slips.get(part.name) else []
    found = [select(PatientWord.patient_id).where(PatientWord.practice_id == practice_id, or_(*spans))] if spans else []
    if part.days:
        born = Patient.birthdate == part.days[0] if part.days[0] == part.days[1] else Patient.birthdate.between(*part.days)
        found.append(select(Patient.id).where(Patient.practice_id == practice_id, born))
    return union(*found) if len(found) > 1 else found[0]


def _first(practice_id: UUID, fitting: Sequence[Any], rank: int, but: Collection[UUID] = ()) -> Select:
    """The first by name whom all parts fit, `but` those."""
    # From the words to the patients: from the patients in their order to the words it would be a long way to a name late in the alphabet.
    one = fitting[0].subquery()
    ids = one.c[0]
    hits = select(ids).where(*(ids.in_(other) for other in fitting[1:]), *([ids.not_in(but)] if but else [])).limit(MOST_LOOKED_AT)
    mine = (Patient.practice_id == practice_id, Patient.id.in_(hits))
    return select(literal(rank).label("rank"), Patient.id).where(*mine).order_by(*_BY_NAME).limit(MOST + 1)


_BY_NAME = (Patient.last_name, Patient.first_name, Patient.id)


def _ranked(*firsts: Select) -> Select:
    """The first of all of them, each once."""
    rows = union_all(*(select(first.subquery()) for first in firsts)).subquery()
    best = select(rows.c.id, func.min(rows.c.rank).label("rank")).group_by(rows.c.id).subquery()
    return select(Patient).join(best, Patient.id == best.c.id).order_by(best.c.rank, *_BY_NAME).limit(MOST + 1)


def _begins(word: str, column: InstrumentedAttribute[str] = PatientWord.word) -> ColumnElement[bool]:
    # As a span of the index: under row security a comparison by pattern would read every word of the practice.
    return and_(column >= word, column < word + _AFTER_ALL)


def beginning_with(practice_id: UUID, word: str) -> Select:
    """The ids of those who have a word that begins like this."""
    return select(PatientWord.patient_id).where(PatientWord.practice_id == practice_id, _begins(word))


def patient_at(session: Session, practice_id: UUID, patient_id: UUID, clinic_ids: Collection[UUID] = ()) -> Patient | None:
    """One patient, if a clinic that counts is theirs."""
    return session.scalars(select(Patient).where(*seen_at(practice_id, clinic_ids), Patient.id == patient_id)).one_or_none()


def seen_at(practice_id: UUID, clinic_ids: Collection[UUID]) -> tuple:
    """Which patients somebody sees who works at these clinics; none means all."""
    # Who has no clinic is seen by those only who see all.
    mine = (Patient.practice_id == practice_id,)
    return (*mine, Patient.clinic_id.in_(clinic_ids)) if clinic_ids else mine
