"""What patients are found by at the office: words beside their charts, kept anew whenever charts come in, and traces of the names among them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import TextClause, delete, select, text
from sqlalchemy.orm import Session

from core.db import uuid7
from core.people.alike import digits, letters
from core.people.models import MergedChart, NameTrace, Patient, PatientWord
from core.people.near import backwards, traces_of
from core.people.wanted import SPACES, from_the_end, word_of_email
from core.sql import among
from core.tenant import hold

AT_ONCE = 1000
# One statement, however many words there are: they are sent as one value.
_ADD_WORDS = text("""insert into patient_word (practice_id, patient_id, word)
    select :practice, new.patient_id, one.word
    from json_to_recordset(cast(:words as json)) as new (patient_id uuid, words text[]), unnest(new.words) as one (word)""")
_DROP_WORDS = text("""delete from patient_word
    using json_to_recordset(cast(:words as json)) as gone (patient_id uuid, words text[]), unnest(gone.words) as one (word)
    where patient_word.practice_id = :practice and patient_word.patient_id = gone.patient_id and patient_word.word = one.word""")
_ADD_TRACES = text("""insert into patient_name_trace (practice_id, id, name, trace)
    select :practice, new.* from unnest(cast(:ids as uuid[]), cast(:names as text[]), cast(:traces as text[])) as new (id, name, trace)
    on conflict do nothing""")
_FOUND_BY = (Patient.id, Patient.external_id, Patient.first_name, Patient.last_name, Patient.preferred_name, Patient.phone, Patient.email)
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
    parts = {part for name in names for part in (name, *SPACES.split(name), *_BETWEEN.split(name))}
    return {letters(part) for part in parts} - {""}


def keep_words(session: Session, patient_ids: Collection[UUID]) -> None:
    """Write down anew what these patients are found by; for after a change of their charts."""
    practice_id: UUID = session.info["practice_id"]
    # One after the other: who takes a name's traces away must not miss somebody who comes with the same name at that moment.
    hold(session, practice_id)
    ids = sorted(patient_ids)
    for at in range(0, len(ids), AT_ONCE):
        _keep_words(session, practice_id, ids[at : at + AT_ONCE])


def _keep_words(session: Session, practice_id: UUID, patient_ids: list[UUID]) -> None:
    kept = _words_kept(session, practice_id, patient_ids)
    patients = session.execute(select(*_FOUND_BY).where(Patient.practice_id == practice_id, among(Patient.id, patient_ids))).all()
    wanted = defaultdict(set, {patient.id: words_of(patient) for patient in patients})
    merged = select(MergedChart.patient_id, MergedChart.external_id)
    for patient_id, number in session.execute(merged.where(MergedChart.practice_id == practice_id, among(MergedChart.patient_id, patient_ids))):
        wanted[patient_id] |= _letters(number or "")
    gone = {patient_id: words for patient_id in kept if (words := kept[patient_id] - wanted[patient_id])}
    _write_words(session, practice_id, _DROP_WORDS, gone)
    _write_words(session, practice_id, _ADD_WORDS, {patient_id: words for patient_id in wanted if (words := wanted[patient_id] - kept[patient_id])})
    _add_traces(session, practice_id, {name for patient in patients for name in names_of(patient)})
    _drop_traces(session, practice_id, {word for words in gone.values() for word in words})


def _words_kept(session: Session, practice_id: UUID, patient_ids: list[UUID]) -> dict[UUID, set[str]]:
    kept: dict[UUID, set[str]] = defaultdict(set)
    mine = (PatientWord.practice_id == practice_id, among(PatientWord.patient_id, patient_ids))
    for patient_id, word in session.execute(select(PatientWord.patient_id, PatientWord.word).where(*mine)):
        kept[patient_id].add(word)
    return kept


def _write_words(session: Session, practice_id: UUID, statement: TextClause, words: Mapping[UUID, Collection[str]]) -> None:
    if words:
        rows = [{"patient_id": patient_id, "words": of_one} for patient_id, of_one in sorted(words.items())]
        session.execute(statement, {"practice": practice_id, "words": to_json(rows).decode()})


def _add_traces(session: Session, practice_id: UUID, names: set[str]) -> None:
    # By the trace from the end: the version before kept the name among other traces, and that one not.
    ends = {backwards(name) for name in names}
    known = session.scalars(select(NameTrace.name).where(NameTrace.practice_id == practice_id, among(NameTrace.trace, ends)))
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
    had = select(PatientWord.word).where(PatientWord.practice_id == practice_id, among(PatientWord.word, words)).group_by(PatientWord.word)
    if left := words - set(session.scalars(had)):
        every = {trace for word in left for trace in traces_of(word)}
        session.execute(delete(NameTrace).where(NameTrace.practice_id == practice_id, among(NameTrace.trace, every), among(NameTrace.name, left)))
