"""The access log of one record, in plain words: who opened, changed or downloaded what, when, and in which relation."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.audit_words import sentence
from core.auth.realms import OPERATOR, PERSON, STAFF

PAGE = 50
LAST_PAGE = 200

# Who, from the account's own patient, else from its name; the relation is the one that held when it happened.
_ENTRIES = text("""
select event.happened_at, event.action, event.account_id, event.support_id, account.kind, actor.id as actor_id,
    coalesce(coalesce(nullif(actor.preferred_name, ''), actor.first_name) || ' ' || actor.last_name, account.name) as actor_name,
    (select access_grant.relation from access_grant
        where access_grant.practice_id = :practice and access_grant.account_id = event.account_id
        and access_grant.patient_id = :patient and access_grant.since <= event.happened_at
        and (access_grant.until is null or access_grant.until > event.happened_at)
        order by access_grant.since desc, access_grant.id desc limit 1) as relation
from audit_event event
left join account on account.practice_id = :practice and account.id = event.account_id
left join patient actor on actor.practice_id = :practice and actor.id = account.patient_id
where event.practice_id = :practice
and event.patient_id = any(array(select cast(:patient as uuid) union all select id from patient_merged where practice_id = :practice and patient_id = :patient))
and (cast(:tabs as text[]) is null or split_part(event.action, '.', 1) = any(cast(:tabs as text[])))
order by event.happened_at desc, event.id desc
limit :most offset :skipped
""")


class Entry(NamedTuple):
    """One line of the log, ready to be read. `relation` is empty for the person's own acts."""

    at: datetime
    what: str
    owner: str
    who: str
    relation: str


class Reader(NamedTuple):
    """Who reads a log: the account, if it is one's own log to read with "you" in it, and whether it is the patient's own."""

    account_id: UUID | None
    is_patient: bool = True


def entries(
    session: Session, practice_id: UUID, patient_id: UUID, reader: Reader, page: int = 1, tabs: Iterable[str] | None = None
) -> tuple[list[Entry], bool]:
    """Fifty entries about one patient, newest first, and whether there are more. `tabs` limits the log to what the reader may see of the
    record, None is all of it."""
    limits = {"most": PAGE + 1, "skipped": (min(max(page, 1), LAST_PAGE) - 1) * PAGE, "tabs": None if tabs is None else sorted(tabs)}
    rows = session.execute(_ENTRIES, {"practice": practice_id, "patient": patient_id, **limits}).mappings().all()
    return [_entry(row, patient_id, reader) for row in rows[:PAGE]], len(rows) > PAGE


def _entry(row: Mapping, patient_id: UUID, reader: Reader) -> Entry:
    return Entry(
        row["happened_at"], sentence(row["action"]), row["action"].partition(".")[0], _who(row, reader), _relation(row, patient_id, reader)
    )


def _who(row: Mapping, reader: Reader) -> str:
    if row["account_id"] and row["account_id"] == reader.account_id:
        return "You"
    if row["kind"] == OPERATOR:
        return "The portal’s operator"
    if row["kind"] == STAFF and row["actor_name"]:
        return f"{row['actor_name']}, at the office"
    return row["actor_name"] or "The office"


def _relation(row: Mapping, patient_id: UUID, reader: Reader) -> str:
    """As what: a representative in a relation, or the office while it looked at the portal. Why it looked stays with the office."""
    if row["kind"] == STAFF:
        return f"looked at the portal as {'you' if reader.is_patient else 'the patient'}" if row["support_id"] else ""
    if row["kind"] != PERSON or row["actor_id"] == patient_id:
        return ""
    return (row["relation"] or "no longer allowed").replace("_", " ")
