"""Sending an offer. Neither mail nor text message says who it is for, when the time is, or for what."""

from dataclasses import replace
from uuid import UUID

from core.auth.notices import send_notice
from core.mail import MailRefused
from core.people.models import Patient
from core.tasks import Work
from core.texting import TextRefused, whole_number
from plugins.appointments.models import Offer, Opening
from plugins.appointments.waiting.asking import token_of
from plugins.appointments.waiting.reaching import EMAIL, OFFER, contact


def send(work: Work, offer_id: UUID, channel: str, account_id: UUID | None) -> None:
    """Send it, unless it is of no use any more; what can never be sent is marked as failed. Raises MailNotSent, TextNotSent to try again."""
    practice_id = work.tenant.practice_id
    offer = work.db.get(Offer, (practice_id, offer_id), with_for_update=True)
    opening = work.db.get(Opening, (practice_id, offer.opening_id)) if offer else None
    if offer is None or opening is None or opening.state != "open" or offer.state not in ("asked", "sent", "failed"):
        return
    here = replace(work, tenant=work.registry.tenants.current(practice_id, opening.clinic_id))
    path = "/appointments/offer/" + token_of(work.registry.portal.secret_key, practice_id, offer_id)
    try:
        sent = _mail(here, offer, account_id, {"path": path}) if channel == EMAIL else _text(here, offer, {"path": path})
    except (MailRefused, TextRefused):
        sent = False
    if sent:
        offer.state, offer.sent_at = "sent", offer.sent_at or work.now
    elif offer.state == "asked":
        offer.state = "failed"


def _mail(work: Work, offer: Offer, account_id: UUID | None, context: dict) -> bool:
    if account_id:
        return send_notice(work, account_id, OFFER, "appointments/mail/offer", context)
    who = _contact(work, offer)
    if who.email:
        work.send_mail(who.email, "appointments/mail/offer", context)
    return bool(who.email)


def _text(work: Work, offer: Offer, context: dict) -> bool:
    """Once: a gateway does not know a second one for the first."""
    number = whole_number(_contact(work, offer).phone)
    if number and not offer.text_sent_at:
        work.send_text(number, "appointments/text/offer", context)
        offer.text_sent_at = work.now
    return bool(number)


def _contact(work: Work, offer: Offer) -> Patient:
    patient = work.db.get_one(Patient, (offer.practice_id, offer.patient_id))
    guarantor = work.db.get(Patient, (offer.practice_id, patient.guarantor_id)) if patient.guarantor_id else None
    return contact(patient, guarantor, work.now.astimezone(work.tenant.time_zone).date())
