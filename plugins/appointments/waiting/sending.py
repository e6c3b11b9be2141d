"""Sending an offer. Neither mail nor text message says who it is for, when the time is, or for what."""

from dataclasses import replace
from uuid import UUID

from core import mail
from core.auth.notices import send_notice
from core.mail import MailRefused
from core.people.models import Patient
from core.tasks import Work
from core.texting import TextRefused, whole_number
from plugins.appointments.models import Offer, Opening
from plugins.appointments.notices import stopping
from plugins.appointments.notices.values import OFFER as OFFER_KIND
from plugins.appointments.waiting import openings
from plugins.appointments.waiting.asking import token_of
from plugins.appointments.waiting.reaching import EMAIL, OFFER, contact


def send(work: Work, offer_id: UUID, channel: str, account_id: UUID | None) -> None:
    """Send it, unless it is of no use any more; what can never be sent is marked as failed. Raises MailNotSent, TextNotSent to try again."""
    practice_id = work.tenant.practice_id
    offer = work.db.get(Offer, (practice_id, offer_id), with_for_update=True)
    opening = work.db.get(Opening, (practice_id, offer.opening_id)) if offer else None
    if offer is None or opening is None or opening.state != "open" or offer.state not in ("asked", "sent", "failed"):
        return
    if not openings.is_free(work.db, opening, work.now):  # the round that comes next closes it
        offer.state = "expired" if offer.state == "asked" else offer.state
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
    kind = stopping.Stop(who.id, OFFER_KIND, EMAIL)
    is_wanted = bool(who.email) and kind not in stopping.off(work.db, offer.practice_id, [who.id])
    if is_wanted:
        path = stopping.path(work.registry.portal.secret_key, offer.practice_id, *kind)
        mail.send_template(work.registry, work.tenant, who.email, "appointments/mail/offer", context, str(work.task_id), turn_off=path)
    return is_wanted


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
