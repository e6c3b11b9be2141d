"""What the portal itself holds of one patient, for an export. Never what opens anything: no password, no second step, no link, no session."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core import audit_log
from core.auth.models import Account, NoticeChoice
from core.people.charts import rows_of
from core.people.models import AccessOffer, Grant, Patient, RecordsRequest, RecordsRequestStep, Relationship
from core.plugins import ExportFile
from core.web.exports import json_file, list_files

ACCOUNT = frozenset(
    {
        "id", "patient_id", "kind", "name", "role", "clinic_ids", "user_name", "email", "language", "created_at", "signed_in_at", "is_first", "password_changed_at",
        "notice_version", "notice_accepted_at", "email_codes", "closed_at",
    }
)  # fmt: skip
"""What may be told of an account: a new column is left out until it is named here."""


def files(session: Session, patient: Patient) -> Iterator[ExportFile]:
    """Names, contact details, relations, access, accounts, notices, requests, and who did what with the record."""
    practice_id, mine = patient.practice_id, patient.id
    [row] = rows_of(session, practice_id, Patient, Patient.id == mine)
    yield json_file("person", "Name, birthdate and contact details", row)
    yield from list_files("relations", "Who is what to the patient: mother, caregiver, spouse", _relations(session, patient))
    yield from list_files("access", "Who may or could see or act on this record", _access(session, patient))
    accounts = rows_of(session, practice_id, Account, Account.patient_id == mine, only=ACCOUNT)
    yield from list_files("accounts", "The patient’s own account, and the privacy notice that was accepted", accounts)
    choices = rows_of(session, practice_id, NoticeChoice, NoticeChoice.account_id.in_([one["id"] for one in accounts]))
    yield from list_files("notice-choices", "Which notices the patient wants", choices)
    yield from list_files("access-offers", "Access that was offered to somebody by mail", rows_of(session, practice_id, AccessOffer, AccessOffer.patient_id == mine), True)
    asked = rows_of(session, practice_id, RecordsRequest, RecordsRequest.patient_id == mine)
    yield from list_files("records-requests", "Requests for the record", asked)
    steps = rows_of(session, practice_id, RecordsRequestStep, RecordsRequestStep.request_id.in_([one["id"] for one in asked]), without={"account_id"})
    yield from list_files("records-request-steps", "What became of requests for the record", steps)
    yield from list_files("access-log", f"Who did what with this record, the newest {audit_log.PAGE * audit_log.LAST_PAGE:,} entries", _log(session, patient))


def _relations(session: Session, patient: Patient) -> list[dict[str, Any]]:
    other = aliased(Patient)
    there = (other.practice_id == Relationship.practice_id) & (other.id == Relationship.related_id)
    query = select(Relationship.relation, Relationship.is_guardian, _name(other).label("name")).join(other, there)
    mine = (Relationship.practice_id == patient.practice_id, Relationship.patient_id == patient.id)
    return _rows(session, query.where(*mine).order_by(Relationship.id))


def _access(session: Session, patient: Patient) -> list[dict[str, Any]]:
    holder = aliased(Patient)
    query = (
        select(func.coalesce(_name(holder), Account.name).label("who"), Grant.relation, Grant.plugin.label("tab"), Grant.level, Grant.given_by, Grant.since, Grant.until)
        .join(Account, (Account.practice_id == Grant.practice_id) & (Account.id == Grant.account_id))
        .outerjoin(holder, (holder.practice_id == Account.practice_id) & (holder.id == Account.patient_id))
        .where(Grant.practice_id == patient.practice_id, Grant.patient_id == patient.id)
    )
    return _rows(session, query.order_by(Grant.since, Grant.id))


def _log(session: Session, patient: Patient) -> list[dict[str, Any]]:
    found, page, more = [], 0, True
    while more and page < audit_log.LAST_PAGE:
        page += 1
        entries, more = audit_log.entries(session, patient.practice_id, patient.id, audit_log.Reader(None), page)
        found += [entry._asdict() for entry in entries]
    return found


def _name(patient: Any) -> Any:
    return func.coalesce(func.nullif(patient.preferred_name, ""), patient.first_name) + " " + patient.last_name


def _rows(session: Session, query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(query).mappings()]
