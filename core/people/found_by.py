"""What patients are found by at the office: words beside their charts, kept anew whenever charts come in, and traces of the names among them."""

import re
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from core.db import uuid7
from core.people.alike import digits, letters
from core.people.models import MergedChart, NameTrace, Patient, PatientWord
from core.people.near import traces_of
from core.people.wanted import SPACES, from_the_end, word_of_email
from core.tenant import hold

AT_ONCE = 1000
# One statement, however many words there are.
_ADD_WORDS = text("""insert into patient_word (practice_id, id, patient_id, word)
    select :practice, new.* from unnest(cast(:ids as uuid[]), cast(:patients as uuid[]), cast(:words as text[])) as new (id, patient_id, word)""")
_ADD_TRACES = text("""insert into patient_name_trace (practice_id, id, name, trace)
    select :practice, new.* from unnest(cast(:ids as uuid[]), cast(:names as text[]), cast(:traces as text[])) as new (id, name, trace)
    on conflict do nothing""")
_BETWEEN = re.compile(r"[\W_]+")


def names_of(patient: Any) -> set[str]:
    """The names of a patient (or a row of one) in plain letters: each whole and in parts."""
    return _letters(patient.first_name, patient.last_name, patient.preferred_name)


def words_of(patient: Any) -> set[str]:
    """What a patient (or a row of one) is found by: names, the phone from both ends, the mail address, the chart's number."""
    words = names_of(patient) | _letters(patient.external_id or "")
    if phone := digits(patient.phone):
        words |= {phone, phone[-7:], from_the_end(phone)}
    if email := patient.email.strip():
        words |= {word_of_email(email), letters(email.partition("@")[0])}
    return words - {""}


def _letters(*names: str) -> set[str]:
    return {letters(part) for name in names for part in (name, *SPACES.split(name), *_BETWEEN.split(name))} - {""}


def keep_words(session: Session, patient_ids: Collection[UUID]) -> None:
    """Write down anew what these patients are found by; for after a change of their charts."""
    practice_id: UUID = session.info["practice_id"]
    # One after the other: who takes a name's traces away must not miss somebody who comes with the same name at that moment.
    hold(session, practice_id)
    ids = sorted(patient_ids)
    for at in range(0, len(ids), AT_ONCE):
        _keep_words(session, practice_id, ids[at : at + AT_ONCE])


def _keep_words(session: Session, practice_id: UUID, patient_ids: list[UUID]) -> None:
    of_these = (PatientWord.practice_id == practice_id, PatientWord.patient_id.in_(patient_ids))
    kept = {(row.patient_id, row.word): row.id for row in session.scalars(select(PatientWord).where(*of_these))}
    mine = (Patient.practice_id == practice_id, Patient.id.in_(patient_ids))
    patients = session.scalars(select(Patient).where(*mine).execution_options(populate_existing=True)).all()
    wanted = {(patient.id, word) for patient in patients for word in words_of(patient)}
    merged = select(MergedChart.patient_id, MergedChart.external_id).where(MergedChart.practice_id == practice_id, MergedChart.patient_id.in_(patient_ids))
    wanted |= {(patient_id, letters(number)) for patient_id, number in session.execute(merged) if number and letters(number)}
    gone = kept.keys() - wanted
    if gone:
        session.execute(delete(PatientWord).where(PatientWord.practice_id == practice_id, PatientWord.id.in_([kept[pair] for pair in gone])))
    if new := sorted(wanted - kept.keys()):
        rows = {"ids": [uuid7() for _ in new], "patients": [patient_id for patient_id, _ in new], "words": [word for _, word in new]}
        session.execute(_ADD_WORDS, {"practice": practice_id, **rows})
    _add_traces(session, practice_id, {name for patient in patients for name in names_of(patient)})
    _drop_traces(session, practice_id, {word for _, word in gone})


def _add_traces(session: Session, practice_id: UUID, names: set[str]) -> None:
    known = session.scalars(
        select(NameTrace.name).where(NameTrace.practice_id == practice_id, NameTrace.trace.in_(names), NameTrace.name == NameTrace.trace)
    )
    if new := trace_rows(practice_id, names - set(known)):
        rows = {"ids": [uuid7() for _ in new], "names": [row["name"] for row in new], "traces": [row["trace"] for row in new]}
        session.execute(_ADD_TRACES, {"practice": practice_id, **rows})


def trace_rows(practice_id: UUID, names: Iterable[str]) -> list[dict]:
    """The rows of these names' traces."""
    return [{"practice_id": practice_id, "name": name, "trace": trace} for name in sorted(names) for trace in sorted(traces_of(name))]


def _drop_traces(session: Session, practice_id: UUID, words: set[str]) -> None:
    """Nobody has these names any more: nothing of them stays."""
    if not words:
        return
    had = select(PatientWord.word).where(PatientWord.practice_id == practice_id, PatientWord.word.in_(words)).group_by(PatientWord.word)
    if left := words - set(session.scalars(had)):
        every = [trace for word in left for trace in traces_of(word)]
        session.execute(delete(NameTrace).where(NameTrace.practice_id == practice_id, NameTrace.trace.in_(every), NameTrace.name.in_(left)))
