"""What the portal itself holds of a practice and of nobody in particular, for an export: for everybody what names clinics and providers, else for the office."""

from collections.abc import Iterator
from mimetypes import guess_extension
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import AuditSeal
from core.audit_search import Asked, Place, search
from core.auth.models import Account, InvitationBatch, Registration, SupportAccess
from core.people.charts import rows_of
from core.people.models import MergedChart, Provider
from core.plugins import ExportFile
from core.web.exports import json_file, list_files
from tenants import models
from tenants.addresses.models import AddressChange
from tenants.console import audit_files
from tenants.exporting.person import ACCOUNT

AUDIT_ENTRIES = 5000
"""As many entries of the audit log are one file."""
_PROVIDER = frozenset({"id", "external_id", "first_name", "last_name", "preferred_name", "title", "suffix", "specialty"})
_LISTS = (
    ("closed-days", "Days on which clinics are closed", models.ClosedDays),
    ("settings", "What the office has set", models.OfficeSetting),
    ("setting-changes", "Who changed which setting", models.SettingChange),
    ("setting-plans", "Changes of settings for a later time", models.SettingPlan),
    ("look-changes", "Who changed the look", models.BrandingChange),
    ("address-changes", "Who changed the portal’s addresses", AddressChange),
    ("merged-charts", "Charts that became part of another one", MergedChart),
    ("registrations", "Who asked for access without an invitation", Registration),
    ("invitations", "When many patients were invited at once", InvitationBatch),
    ("support-access", "Who looked at the portal as a patient, or entered as the operator, and why", SupportAccess),
)


def names(session: Session, practice_id: UUID) -> Iterator[ExportFile]:
    """The clinics, the providers and the privacy notices, to which the other lists refer by their ids."""
    yield from list_files("clinics", "The clinics", rows_of(session, practice_id, models.Clinic, without={"own"}))
    yield from list_files("providers", "The providers", rows_of(session, practice_id, Provider, only=_PROVIDER))
    yield from list_files("privacy-notices", "The notices of privacy practices, by version", rows_of(session, practice_id, models.PrivacyNotice))


def files(session: Session, practice_id: UUID) -> Iterator[ExportFile]:
    """Settings, look, staff, and what waits for the office."""
    practice = session.get_one(models.Practice, practice_id)
    about = {"name": practice.name, "address": practice.slug, "time_zone": practice.time_zone, "created_at": practice.created_at}
    yield json_file("practice", "The practice itself", about)
    yield from list_files("practice-details", "What the office’s system says of the practice", rows_of(session, practice_id, models.PracticeDetails))
    yield from list_files("provider-details", "What the office’s system says of providers besides", rows_of(session, practice_id, Provider, only={"id", "npi", "email", "is_shown", "photo"}))
    # Those with a chart stand there.
    yield from list_files("accounts", "Accounts of staff and of representatives without a chart", rows_of(session, practice_id, Account, Account.patient_id.is_(None), only=ACCOUNT))
    yield from list_files("look", "The look of the practice and of its clinics", rows_of(session, practice_id, models.Branding))
    for name, about_list, model in _LISTS:
        yield from list_files(name, about_list, rows_of(session, practice_id, model))
    for picture in session.scalars(select(models.BrandingPicture).where(models.BrandingPicture.practice_id == practice_id).order_by(models.BrandingPicture.id)):
        yield ExportFile(f"picture {picture.mark}{guess_extension(picture.content_type) or ''}", "Logos and photos, those of providers as well", picture.body)


def audit(session: Session, practice_id: UUID, before: Place | None, number: int) -> tuple[list[ExportFile], Place | None]:
    """The next entries of the audit log, the newest first, with their seals; and where it goes on, if it does."""
    found, more = search(session, practice_id, Asked(), before, AUDIT_ENTRIES)
    seals = rows_of(session, practice_id, AuditSeal, AuditSeal.event_id.in_([one.id for one in found]), without={"id"})
    made = [
        ExportFile(f"audit-{number:04}.csv", "The audit log, for a spreadsheet", b"".join(audit_files.csv_file(found))),
        ExportFile(f"audit-{number:04}.jsonl", "The audit log, with every id", b"".join(audit_files.json_file(found))),
        *list_files(f"audit-{number:04}-seals", "The chain over the audit log", seals),
    ]
    return made if found else [], found[-1].place if more else None
