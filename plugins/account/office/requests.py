"""Asking a patient to pay by mail or text message, and what came of it."""

from typing import Literal

from pydantic import BaseModel, Field, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import select

from core.people.finding import patient_at, seen_at
from core.people.models import Patient
from core.tagged import fill_html, segments
from core.web.forms import Form, empty_form, page_number, read_form, read_query
from plugins.account.models import PayRequest, Statement
from plugins.account.office.place import CHANGE, REQUESTS, SEE, may_change, parts, refused, tenant_at
from plugins.account.pages import id_in_address, takes_payments
from plugins.account.services import pay_requests, pay_words, statements
from plugins.account.services import request_outcomes as outcomes
from plugins.account.services.pay_requests import MAIL, TEXT, Message
from tenants.console.patients import patient_of

ASK, WITHDRAW = f"{REQUESTS}.ask", f"{REQUESTS}.withdraw"
SHOWN, LAST_PAGE = 50, 200


class AskForm(BaseModel):
    """The message, as it is sent; the link is put in where its tag stands."""

    scope: Literal["patient", "family"] = Field("patient", title="what is asked for")
    channel: Literal["mail", "text"] = Field("mail", title="way")
    subject: str = Field("", title="subject", max_length=200)
    body: str = Field("", title="text of the mail", max_length=4000)
    text: str = Field("", title="text message", max_length=600)
    statement: bool = Field(False, title="statement")
    act: Literal["preview", "send"] = "send"

    @field_validator("subject", "body", "text")
    @classmethod
    def _is_plain(cls, text: str) -> str:
        return text.replace("\0", "")


class ShownForm(BaseModel):
    """Which requests are listed."""

    state: Literal["", "waiting", "sent", "opened", "paid", "settled", "expired", "withdrawn", "replaced", "failed"] = Field("", title="state")


@view_config(route_name=REQUESTS, permission=SEE, request_method="GET", renderer="account/office/requests.jinja2")
def requests_page(request):
    """Everything that was sent, the newest first, and what came of it."""
    page, form = page_number(request, LAST_PAGE), read_query(request, ShownForm)
    who, state = seen_at(request.practice_id, request.identity.clinic_ids), form.data.state if form.data else ""
    found = outcomes.history(request.db, request.practice_id, who, state, request.now, page, SHOWN)
    request.audit("account.pay_request.list.view")
    return {
        "found": found[:SHOWN], "more": len(found) > SHOWN, "page": page, "form": form, "ways": pay_requests.WAYS, "states": outcomes.STATES, "means": outcomes.MEANS,
        "running": outcomes.RUNNING, "parts": parts(request), "may_change": may_change(request), "state": state,
    }  # fmt: skip


@view_config(route_name=WITHDRAW, permission=CHANGE, request_method="POST")
def withdraw(request):
    """Take a request back: its link opens no more, and one that waits is not sent."""
    request_id = id_in_address(request, "id")
    patient_id = request.db.scalar(select(PayRequest.patient_id).where(PayRequest.practice_id == request.practice_id, PayRequest.id == request_id))
    if patient_id is None or patient_at(request.db, request.practice_id, patient_id, request.identity.clinic_ids) is None:
        raise HTTPNotFound()
    if outcomes.withdraw(request.db, request.practice_id, request_id, request.now):
        request.audit("account.pay_request.withdraw", patient_id, request_id)
        request.session.flash("The request was withdrawn. Its link opens no more.")
    else:
        request.session.flash("This request had come to an end already.")
    return HTTPSeeOther(request.route_path(REQUESTS))


@view_config(route_name=ASK, permission=CHANGE, request_method="GET", renderer="account/office/ask.jinja2")
def ask_page(request):
    """The message, by the office’s template, to be edited."""
    patient = patient_of(request)
    scope: Literal["patient", "family"] = "family" if request.GET.get("scope") == "family" else "patient"
    due, mail, text = _written(request, patient, scope)
    channel = MAIL if _address(request, patient, MAIL) or not _address(request, patient, TEXT) else TEXT
    form = empty_form(scope=scope, channel=channel, subject=mail.subject, body=mail.body, text=text.body, statement="yes")
    return _values(request, patient, form, due)


@view_config(route_name=ASK, permission=CHANGE, request_method="POST", renderer="account/office/ask.jinja2")
def ask(request):
    """Look at the message, or make the statement and send it."""
    patient, form = patient_of(request), read_form(request, AskForm)
    _check(request, patient, form)
    scope: Literal["patient", "family"] = "family" if form.values.get("scope") == "family" else "patient"
    if form.data is None:
        return refused(request, _values(request, patient, form, _due(request, patient, scope)))
    if form.data.act == "preview":
        return _values(request, patient, form, _due(request, patient, scope)) | {"preview": _preview(request, patient, form.data)}
    made = _send(request, patient, form.data)
    request.audit("account.pay_request.send", patient.id, made.id)
    request.session.flash("The message is on its way." if _address(request, patient, form.data.channel) else "There is no such address on file, so nothing can be sent.")
    return HTTPSeeOther(request.route_path(REQUESTS))


def _send(request, patient: Patient, data: AskForm) -> PayRequest:
    """The statement as the ledger is now, if it is wanted, and the message about it."""
    tenant = tenant_at(request, patient)
    today = request.now.astimezone(tenant.time_zone).date()
    made = statements.compose(request.db, request.practice_id, patient, statements.wish_of(tenant, data.scope), today, tenant.time_zone)
    due = made.amount_due_cents
    kept: Statement | None = None
    if data.statement:
        kept, made.made_by = made, request.identity.account_id
        request.db.add(made)
        request.db.flush()
        statements.publish(made, request.now)
    words = Message(data.channel, data.subject if data.channel == MAIL else "", data.body if data.channel == MAIL else data.text, _person(request, patient).language)
    return pay_requests.ask(request.db, patient, kept, data.scope, words, due, request.identity.account_id, request.now)


def _check(request, patient: Patient, form: Form[AskForm]) -> None:
    """Say in the form what is wrong with the words, the way or the family."""
    data = form.data
    if data is None:
        return
    parts_sent = {"subject": data.subject, "body": data.body} if data.channel == MAIL else {"text": data.text}
    for name, typed in parts_sent.items():
        try:
            if not pay_words.checked(name, typed).strip():
                raise ValueError("Write what is to be sent.")
        except ValueError as wrong:
            form.refuse(str(wrong), name)
    if why := _why_not_by(request, patient, data):
        form.refuse(why, "channel")
    if data.scope == "family" and patient.guarantor_id not in (None, patient.id):
        form.refuse("Ask for the family’s balance at the account of its guarantor.", "scope")


def _why_not_by(request, patient: Patient, data: AskForm) -> str:
    """Why nothing can be sent by the way that was chosen; empty when it can."""
    if data.channel == TEXT and request.registry.texts is None:
        return "Nobody sends text messages here. Send a mail."
    if data.act == "send" and not _address(request, patient, data.channel):
        return "There is no address on file for this way. Choose the other one."
    if data.channel == TEXT and not pay_requests.wants_texts(request.db, request.registry, _person(request, patient)):
        return f"{pay_requests.NO_TEXTS} Send a mail."
    return ""


def _preview(request, patient: Patient, data: AskForm) -> dict:
    language = _person(request, patient).language
    if data.channel == TEXT:
        shown = data.text.replace(f"[{pay_words.LINK}]", request.registry.portal.address(tenant_at(request, patient).host) + "/account/asked/" + "x" * 43)
        return {"text": shown, "segments": segments(shown)}
    return {"subject": data.subject, "html": fill_html(data.body, {pay_words.LINK: "#"}, "", pay_words.named(language))}


def _written(request, patient: Patient, scope) -> tuple[int, Message, Message]:
    tenant, person, due = tenant_at(request, patient), _person(request, patient), _due(request, patient, scope)
    address = request.registry.portal.address(tenant.host)
    return due, pay_requests.written(tenant, person, due, MAIL, address), pay_requests.written(tenant, person, due, TEXT, address)


def _due(request, patient: Patient, scope) -> int:
    tenant = tenant_at(request, patient)
    today = request.now.astimezone(tenant.time_zone).date()
    return statements.compose(request.db, request.practice_id, patient, statements.wish_of(tenant, scope), today, tenant.time_zone).amount_due_cents


def _person(request, patient: Patient) -> Patient:
    return pay_requests.recipient_of(request.db, patient, request.now.astimezone(tenant_at(request, patient).time_zone).date())


def _address(request, patient: Patient, channel: str) -> str:
    return pay_requests.address_of(_person(request, patient), channel)


def _values(request, patient: Patient, form: Form, due: int) -> dict:
    person = _person(request, patient)
    return {
        "patient": patient, "person": person, "form": form, "due": due, "tags": pay_words.TAGS, "can_text": request.registry.texts is not None, "preview": None,
        "takes_payments": takes_payments(request.registry, tenant_at(request, patient)),
        "addresses": {way: pay_requests.address_of(person, way) for way in (MAIL, TEXT)}, "may_change": may_change(request),
        "is_guarantor": patient.guarantor_id in (None, patient.id),
    }  # fmt: skip


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(REQUESTS, "/requests")
    config.add_route(WITHDRAW, "/requests/{id}/withdraw")
    config.add_route(ASK, "/accounts/{id}/ask")
