"""Work of the Plan tab behind the request."""

from dataclasses import replace
from uuid import UUID

from core.auth.notices import send_notice
from core.people.models import Patient
from core.plugins import NoticeKind
from core.tasks import Work, portal_task
from plugins.plan.models import Signature

SIGNED = NoticeKind("plan.signed", "Signed treatment plans", "You have signed a treatment plan.", "pen", can_be_off=False)
"""Whoever signs is told, so that nobody signs in their name without their knowing."""


@portal_task("plan.send_copy_notice", mail="Notice of a signed treatment plan")
def send_copy_notice(work: Work, signature_id: str) -> None:
    """Tell whoever signed where their copy is, in the look of the patient's clinic."""
    practice_id = work.tenant.practice_id
    signature = work.db.get(Signature, (practice_id, UUID(signature_id)))
    if signature is None:
        return
    patient = work.db.get_one(Patient, (practice_id, signature.patient_id))
    tenant = work.registry.tenants.current(practice_id, patient.clinic_id)
    send_notice(replace(work, tenant=tenant), signature.account_id, SIGNED, "plan/mail/signed", {})
