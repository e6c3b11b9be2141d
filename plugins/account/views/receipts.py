"""What became of a payment: the receipt, or how far it is."""

from datetime import timedelta
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.auth.notices import address_for
from core.files.disposition import content_disposition
from plugins.account import receipt_pdf
from plugins.account.gateway.asking import CardServiceAway
from plugins.account.gateway.refusals import refusal_text
from plugins.account.models import Payment
from plugins.account.pages import id_in_address, keep_as, lead_to_hosted_pages, open_service, services_at
from plugins.account.services import asking, looking_up, payments, states
from plugins.account.services.receipts import RECEIPT

MAILED_WITHIN = timedelta(days=1)
"""So long a mail server may be away; a receipt that has not gone by then was not wanted."""
STAYS = "This payment cannot be called off right now. Please look again in a minute."


@view_config(route_name="account.receipt", permission="account.see", request_method="GET", renderer="account/receipt.jinja2")
def receipt(request):
    """A receipt to print, or how far the payment is: the page looks it up itself."""
    payment, go_to = look(request, _payment(request, id_in_address(request, "payment_id")))
    request.audit("account.payment.view", request.person.id, payment.id)
    lead_to_hosted_pages(request)
    return {
        "payment": payment,
        "go_to": go_to if payment.account_id == request.identity.account_id else "",
        "refusal": refusal_text(payment.refusal),
        "mailed_to": _mailed_to(request, payment),
        "may_pay": open_service(request, request.person) is not None,
    }


@view_config(route_name="account.receipt_file", permission="account.see", request_method="GET")
def receipt_file(request):
    """The receipt, to keep."""
    payment = _payment(request, id_in_address(request, "payment_id"))
    if payment.state != "succeeded" or payment.is_returned:
        raise HTTPNotFound()
    request.audit("account.payment.download", request.person.id, payment.id)
    return as_file(request, payment, f"{request.person.first_name} {request.person.last_name}")


@view_config(route_name="account.call_off", permission="account.pay", request_method="POST")
def call_off(request):
    """End a payment that waits for its payer."""
    payment = _payment(request, id_in_address(request, "payment_id"))
    if payment.account_id != request.identity.account_id:
        raise HTTPNotFound()
    request.audit("account.payment.call_off", request.person.id, payment.id)
    if payment.state == "payer":
        try:
            asking.close(request.db, services_at(request.registry, request.practice_id), payment, request.now, "payer")
        except CardServiceAway:
            request.session.flash(STAYS)
    return HTTPSeeOther(request.route_path("account.receipt", payment_id=payment.id))


def as_file(request, payment: Payment, for_name: str) -> Response:
    """The receipt of a payment that was made, as PDF."""
    place = request.registry.tenants.tenant(request.practice_id, payment.clinic_id, request.visitor.version)
    logo = request.registry.tenants.picture(request.practice_id, place.theme.logo)
    pdf = receipt_pdf.make(payment, place, for_name, logo)
    disposition = content_disposition(f"Receipt {payment.receipt_number}.pdf", "application/pdf", inline=False)
    return Response(pdf, content_type="application/pdf", content_disposition=disposition)


def look(request, payment: Payment) -> tuple[Payment, str]:
    """The payment as it is now, and where its payer has to go on, if anywhere. No transaction is open while the card service is asked."""
    if payment.state in states.OVER or (request.identity_of_visitor and request.identity_of_visitor.support):
        return payment, ""
    keep_as(request, "")(None)
    found = looking_up.look_up(request.db, request.practice_id, services_at(request.registry, request.practice_id), payment.id, "payer", request.now)
    return (found.payment, found.go_to) if found else (payment, "")


def _mailed_to(request, payment: Payment) -> str:
    """Where the receipt went or is about to go; nothing for somebody else's payment, and where none was wanted then or is now."""
    never_sent = payment.settled_at and not payment.receipt_sent_at and request.now - payment.settled_at > MAILED_WITHIN
    if never_sent or payment.account_id != request.identity.account_id:
        return ""
    return address_for(request.db, request.practice_id, payment.account_id, RECEIPT)


def _payment(request, payment_id: UUID) -> Payment:
    try:
        return payments.payment(request.db, request.practice_id, request.person.id, payment_id)
    except payments.PaymentNotFound:
        raise HTTPNotFound() from None
