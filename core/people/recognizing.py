"""People who come in under a number that is not known here, and may be here already: a chart that was made in the portal comes back from the
practice's system, or another system sends somebody under its own number.

Who is here for sure gets that number. Who may be waits for the office, and is taken in once it has decided; what was decided once
counts from then on, and the number leads to the chart (core/people/merging.py, `became`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.orm import Session

from core import audit
from core.db import uuid7
from core.people.alike import digits
from core.people.matching import NONE, SURE, Match, Person, compare
from core.people.wanted import word_of_email

SAME, WAITING = "same", "waits"
WAITS = "This may be a patient who is here already. The office decides that under Same person?; it is taken in after that."
_SAID = tuple(field.name for field in fields(Person))
_DECIDED = text("select external_id, patient_id from patient_number where practice_id = :practice and external_id = any(:numbers) and state = 'different'")
_ANY_WITHOUT = text("select exists (select from patient where practice_id = :practice and external_id is null)")
# A phone that very many have, or a day on which very many are said to be born, says nothing of anybody.
_NEAR = text("""with asked as (
        select * from unnest(cast(:word_places as integer[]), cast(:words as text[])) as asked (place, word)
    ), born as (
        select * from unnest(cast(:day_places as integer[]), cast(:days as date[])) as born (place, day)
    ), near as (
        select place, found.id from asked cross join lateral (
            select patient.id from patient_word join patient on patient.practice_id = :practice and patient.id = patient_word.patient_id
            where patient_word.practice_id = :practice and patient_word.word = asked.word and (:all or patient.external_id is null) limit 50) found
        union
        select place, found.id from born cross join lateral (
            select id from patient where practice_id = :practice and birthdate = born.day and (:all or external_id is null) limit 200) found
    )
    select near.place, patient.id, first_name, last_name, birthdate, preferred_name, sex, email, phone
    from near join patient on patient.practice_id = :practice and patient.id = near.id""")
_FORGET = text("""delete from patient_number where practice_id = :practice and external_id = any(:numbers) and state = 'waits'
    and not (external_id, patient_id) in (select * from unnest(cast(:kept_numbers as text[]), cast(:kept_patients as uuid[])))""")
_NOTE = text("""insert into patient_number as held (practice_id, id, external_id, patient_id, state, is_own, said, first_at, last_at)
    select :practice, new.id, new.number, new.patient_id, new.state, :is_own, new.said, :now, :now
    from unnest(cast(:ids as uuid[]), cast(:numbers as text[]), cast(:patients as uuid[]), cast(:states as text[]), cast(:said as jsonb[]))
        as new (id, number, patient_id, state, said)
    on conflict (practice_id, external_id, patient_id) do update set state = excluded.state, said = excluded.said, last_at = excluded.last_at
        where held.state = 'waits'""")
_NUMBER = text("""update patient set external_id = new.number, source = 'records'
    from unnest(cast(:numbers as text[]), cast(:patients as uuid[])) as new (number, patient_id)
    where patient.practice_id = :practice and patient.id = new.patient_id and patient.external_id is null""")


def recognize(session: Session, records: Mapping[str, Mapping[str, Any]], is_second: bool) -> dict[str, str]:
    """Look who of these, by their numbers, is here already. `is_second`: they come from another system than the practice's.

    Who is here for sure has that number afterwards. Returns who waits for the office, with the words to refuse the record with.
    """
    practice_id: UUID = session.info["practice_id"]
    if not is_second and not session.scalar(_ANY_WITHOUT, {"practice": practice_id}):
        return {}
    people = {number: person_in(values) for number, values in records.items()}
    found = _alike(session, practice_id, people, is_second)
    sure = _clear(found)
    waiting = {number: matches for number, matches in found.items() if matches and number not in sure}
    _write(session, practice_id, people, sure, waiting, is_second)
    return dict.fromkeys(waiting, WAITS)


def person_in(values: Mapping[str, Any]) -> Person:
    """What a record says of the person."""
    return Person(**{name: values[name] for name in _SAID if name in values})


def _alike(session: Session, practice_id: UUID, people: Mapping[str, Person], is_second: bool) -> dict[str, dict[UUID, Match]]:
    """Who may be whom, but for what the office has said no to."""
    numbers = list(people)
    words = [(place, word) for place, number in enumerate(numbers) for word in _words(people[number])]
    days = [(place, day) for place, number in enumerate(numbers) for day in _days(people[number].birthdate)]
    asked = {"word_places": [place for place, _ in words], "words": [word for _, word in words], "day_places": [place for place, _ in days], "days": [day for _, day in days]}
    decided = {tuple(row) for row in session.execute(_DECIDED, {"practice": practice_id, "numbers": numbers})}
    found: dict[str, dict[UUID, Match]] = defaultdict(dict)
    for row in session.execute(_NEAR, {"practice": practice_id, "all": is_second, **asked}):
        number = numbers[row.place]
        match = compare(people[number], row)
        if match.verdict != NONE and (number, row.id) not in decided:
            found[number][row.id] = match
    return found


def _words(person: Person) -> Iterable[str]:
    return {digits(person.phone), word_of_email(person.email) if person.email.strip() else ""} - {""}


def _days(born: date | None) -> set[date]:
    """The day, and the one with day and month swapped."""
    if born is None:
        return set()
    return {born, born.replace(month=born.day, day=born.month) if born.day <= 12 else born}


def _clear(found: Mapping[str, Mapping[UUID, Match]]) -> dict[str, UUID]:
    """Who is somebody for sure: nobody else may be, and nobody else says to be the same."""
    claims = Counter(patient_id for matches in found.values() for patient_id in matches)
    single = {number: next(iter(matches)) for number, matches in found.items() if [match.verdict for match in matches.values()] == [SURE]}
    return {number: patient_id for number, patient_id in single.items() if claims[patient_id] == 1}


def _write(
    session: Session, practice_id: UUID, people: Mapping[str, Person], sure: Mapping[str, UUID], waiting: Mapping[str, Mapping[UUID, Match]], is_second: bool
) -> None:
    pairs = [(number, patient_id) for number, matches in waiting.items() for patient_id in matches]
    kept = {"kept_numbers": [number for number, _ in pairs], "kept_patients": [patient_id for _, patient_id in pairs]}
    session.execute(_FORGET, {"practice": practice_id, "numbers": list(people), **kept})
    rows = [(number, patient_id, SAME, None) for number, patient_id in sure.items()]
    rows += [(number, patient_id, WAITING, _as_json(people[number])) for number, patient_id in pairs]
    if rows:
        columns = dict(zip(("numbers", "patients", "states", "said"), map(list, zip(*sorted(rows, key=lambda row: row[:2]), strict=True)), strict=True))
        session.execute(_NOTE, {"practice": practice_id, "ids": [uuid7() for _ in rows], "is_own": not is_second, "now": datetime.now(UTC), **columns})
    for patient_id in sure.values():
        audit.record(session, practice_id, "office.same_person.found", datetime.now(UTC), patient_id=patient_id)
    if sure and not is_second:
        session.execute(_NUMBER, {"practice": practice_id, "numbers": list(sure), "patients": list(sure.values())})


def _as_json(person: Person) -> Any:
    said = asdict(person)
    return Jsonb(said | {"birthdate": person.birthdate.isoformat() if person.birthdate else None})
