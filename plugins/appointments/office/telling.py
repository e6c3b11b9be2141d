"""The work behind answers: whoever asked is told that there is one."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from core.auth.notices import send_notice
from core.people.models import Patient
from core.tasks import Work, portal_task
from plugins.appointments.models import Request
from plugins.appointments.services.answering import ANSWERED

TEMPLATE = "appointments/mail/answer"


@portal_task("appointments.tell_answer", mail="Notice of an answer")
def tell_answer(work: Work, request_id: str, account_id: str) -> None:
    """Tell an account that the office has answered, in the look of the patient's clinic; nobody where that has switched the tab off."""
    practice_id = work.tenant.practice_id
    patient = select(Patient.clinic_id).join(Request, (Request.practice_id == Patient.practice_id) & (Request.patient_id == Patient.id))
    found = work.db.execute(patient.where(Request.practice_id == practice_id, Request.id == UUID(request_id), Request.seen_at.is_(None))).one_or_none()
    if found is None:
        return
    tenant = work.registry.tenants.current(practice_id, found.clinic_id)
    if "appointments" in tenant.plugins:
        send_notice(replace(work, tenant=tenant), UUID(account_id), ANSWERED, TEMPLATE, {})
