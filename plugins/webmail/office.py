"""The office's pages of WebMail: the conversations that wait for an answer, reading one, answering, marking it as done."""

import secrets
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.people.models import Patient
from core.plugins import OfficeItem
from core.web.forms import Form, empty_form, page_number, read_form
from core.web.office import OfficePage
from plugins.webmail.forms import AnswerForm
from plugins.webmail.services import answering, reading, writing

SEE, ANSWER = "office.messages.see", "office.messages.answer"
LAST_PAGE = 200
LIST, ONE = "webmail.office.messages", "webmail.office.one"
PAGE = OfficePage("Messages", LIST, "envelope", SEE, 15, "Patients’ messages that wait for an answer")
WAITING = OfficeItem("webmail.messages", "Messages to answer", "Patients have written and wait for an answer.", "envelope", LIST, SEE, answering.HOW_MANY, 10)


@view_config(route_name=LIST, permission=SEE, request_method="GET", renderer="webmail/office_messages.jinja2")
def messages_page(request):
    """The conversations that wait, those that have waited longest first."""
    page = page_number(request, LAST_PAGE)
    found, more = answering.waiting(request.db, request.practice_id, request.identity.clinic_ids, page)
    request.audit("webmail.list.view")
    return {"found": found, "page": page, "more": more, "clinics": _clinic_names(request)}


@view_config(route_name=ONE, permission=SEE, request_method="GET", renderer="webmail/office_message.jinja2")
def conversation_page(request):
    """One conversation, with a form to answer; opening it tells the patient that it was read."""
    return _values(request, _patient(request), empty_form(nonce=secrets.token_urlsafe(16)))


@view_config(route_name="webmail.office.answer", permission=ANSWER, request_method="POST", renderer="webmail/office_message.jinja2")
def answer(request):
    """Answer; whoever should know gets a notice by mail."""
    patient, form = _patient(request), read_form(request, AnswerForm)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _values(request, patient, form)
    author = writing.Author(request.practice_id, patient.id, request.identity.account_id)
    draft = writing.Draft("", form.data.body, form.data.nonce or secrets.token_urlsafe(16))
    sent = answering.answer(request.db, author, _message_id(request), draft, request.now)
    if sent.is_new:
        request.audit("webmail.message.answer", patient.id, sent.id)
    request.session.flash(f"Your answer is on its way to {patient.name}.")
    return HTTPSeeOther(request.route_path(LIST))


@view_config(route_name="webmail.office.done", permission=ANSWER, request_method="POST")
def mark_done(request):
    """It needs no answer, or has had one by phone."""
    patient = _patient(request)
    answering.settle(request.db, request.practice_id, _message_id(request), request.now)
    return _changed(request, patient, "webmail.message.settle", "The conversation is marked as done.")


@view_config(route_name="webmail.office.again", permission=ANSWER, request_method="POST")
def put_back(request):
    """It was marked as done by mistake."""
    patient = _patient(request)
    answering.reopen(request.db, request.practice_id, _message_id(request))
    return _changed(request, patient, "webmail.message.reopen", "The conversation waits again.")


def _changed(request, patient: Patient, action: str, words: str) -> HTTPSeeOther:
    request.audit(action, patient.id, _message_id(request))
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(ONE, id=_message_id(request)))


def _values(request, patient: Patient, form: Form) -> dict:
    found = answering.open_conversation(request.db, request.practice_id, patient, _message_id(request), request.now)
    request.audit("webmail.message.view", patient.id, _message_id(request))
    return {"found": found, "patient": patient, "form": form, "clinics": _clinic_names(request)}


def _patient(request) -> Patient:
    """Whose message is in the address. Raises HTTPNotFound for one of another clinic's patient."""
    try:
        return answering.patient_of(request.db, request.practice_id, request.identity.clinic_ids, _message_id(request))
    except reading.MessageNotFound:
        raise HTTPNotFound() from None


def _message_id(request) -> UUID:
    try:
        return UUID(request.matchdict["id"])
    except ValueError:
        raise HTTPNotFound() from None


def _clinic_names(request) -> dict[UUID, str]:
    return {clinic.id: clinic.name for clinic in request.tenant.clinics}


def include(config) -> None:
    """Add the pages, below `/office/webmail`, and what stands in the bar."""
    config.add_route(LIST, "/messages")
    config.add_route(ONE, "/messages/{id}")
    for act in ("answer", "done", "again"):
        config.add_route(f"webmail.office.{act}", f"/messages/{{id}}/{act}")
    config.scan("plugins.webmail.office")
    config.add_office_page(PAGE)
