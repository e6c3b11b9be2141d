"""Payments that were made without signing in and fit no patient, or more than one: the office says for whom they are."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import select

from core.auth.entering import need_proof
from core.auth.likeness import likenesses
from core.people.finding import patient_at, seen_at
from core.people.models import Patient
from core.plugins import OfficeItem
from core.web.forms import page_number
from core.web.office import OfficePage
from plugins.account.pages import id_in_address
from plugins.account.services import assigning
from plugins.account.services.assigning import WHY, NotWaiting, Unassigned

SEE, SETTLE = "office.payments.see", "office.payments.settle"
LAST_PAGE = 200
NO_SUCH_CHART = "There is no patient with this chart number. Please check it."
LIST, ONE = "account.office.payments", "account.office.payments.one"
PAGE = OfficePage("Payments", LIST, "cash-coin", SEE, 25, "Paid without signing in, and for whom is not certain")
WAITING = OfficeItem(
    "account.payments",
    "Payments to assign",
    "Paid without signing in, and no chart fits for certain.",
    "cash-coin",
    LIST,
    SEE,
    assigning.HOW_MANY,
    30,
)


@view_config(route_name=LIST, permission=SEE, request_method="GET", renderer="account/office_payments.jinja2")
def payments_page(request):
    """Those that wait, the newest first."""
    page = page_number(request, LAST_PAGE)
    found, more = assigning.waiting(request.db, request.practice_id, page, request.identity.clinic_ids)
    request.audit("account.guest_payment.view")
    return {"found": found, "page": page, "more": more, "clinics": _clinic_names(request)}


@view_config(route_name=ONE, permission=SEE, request_method="GET", renderer="account/office_payment.jinja2")
def payment_page(request):
    """What was typed for one of them, and who may be meant."""
    return _values(request, _waiting(request))


@view_config(
    route_name="account.office.payments.assign", permission=SETTLE, request_method="POST", renderer="account/office_payment.jinja2"
)
def assign(request):
    """It is for this patient: one of the list, or one whose chart number was typed."""
    found = _waiting(request)
    need_proof(request, _page_of(request))
    patient = _chosen(request)
    if patient is None:
        request.response.status_int = 422
        return _values(request, found, NO_SUCH_CHART)
    _settle(
        lambda: assigning.assign(request.db, request.practice_id, found.payment.id, patient.id, request.now, request.identity.account_id)
    )
    return _done(request, "The payment is on the patient’s account.")


@view_config(route_name="account.office.payments.refunded", permission=SETTLE, request_method="POST")
def mark_refunded(request):
    """The money was given back by other means."""
    found = _waiting(request)
    need_proof(request, _page_of(request))
    _settle(lambda: assigning.mark_refunded(request.db, request.practice_id, found.payment.id, request.now, request.identity.account_id))
    return _done(request, "The payment is off the list. It is on nobody’s account.")


def _values(request, found: Unassigned, error: str = "") -> dict:
    likely = likenesses(request.db, request.practice_id, assigning.typed_of(found.guest), request.identity.clinic_ids)
    request.audit("account.guest_payment.view", target_id=found.payment.id)
    return {"one": found, "why": WHY[found.guest.reason], "found": likely, "error": error, "clinics": _clinic_names(request)}


def _waiting(request) -> Unassigned:
    """The payment of the address. Raises HTTPNotFound when it does not wait (any more)."""
    return _settle(
        lambda: assigning.one_waiting(request.db, request.practice_id, id_in_address(request, "id"), request.identity.clinic_ids)
    )


def _settle(act):
    try:
        return act()
    except NotWaiting:
        raise HTTPNotFound() from None


def _chosen(request) -> Patient | None:
    clinic_ids, number = request.identity.clinic_ids, str(request.POST.get("chart_number", "")).replace("\0", "").strip()
    if number:
        where = (*seen_at(request.practice_id, clinic_ids), Patient.external_id == number)
        return request.db.scalars(select(Patient).where(*where)).one_or_none()
    try:
        return patient_at(request.db, request.practice_id, UUID(str(request.POST.get("patient", ""))), clinic_ids)
    except ValueError:
        return None


def _clinic_names(request) -> dict[UUID, str]:
    return {clinic.id: clinic.name for clinic in request.tenant.clinics}


def _page_of(request) -> str:
    return request.route_path(ONE, id=request.matchdict["id"])


def _done(request, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(LIST))


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(LIST, "/payments")
    config.add_route(ONE, "/payments/{id}")
    config.add_route("account.office.payments.assign", "/payments/{id}/assign")
    config.add_route("account.office.payments.refunded", "/payments/{id}/refunded")
