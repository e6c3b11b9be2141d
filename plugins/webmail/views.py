"""The pages of the WebMail tab."""

import secrets
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.view import view_config

from core.web.forms import Form, empty_form, read_form
from plugins.webmail.forms import MessageForm, ReplyForm
from plugins.webmail.services import reading, writing

FOLDERS = {"webmail.home": "to_patient", "webmail.sent": "to_office"}
FLOOD = "You have written many messages within an hour. Please wait a little before you send this one, or call the office."
SWITCHED = (
    "Whose record is in view was changed in the meantime: this message will now be about {name}. Please check it, then send it once more."
)


@view_config(route_name="webmail.home", permission="webmail.see", request_method="GET", renderer="webmail/home.jinja2")
@view_config(route_name="webmail.sent", permission="webmail.see", request_method="GET", renderer="webmail/home.jinja2")
def folder(request):
    """The inbox, or what was sent to the office."""
    direction, page = FOLDERS[request.matched_route.name], _page(request)
    items, more = reading.messages(request.db, request.practice_id, request.person.id, direction, page)
    request.audit("webmail.list.view", request.person.id)
    return {"items": items, "page": page, "more": more, "is_inbox": direction == "to_patient"}


@view_config(route_name="webmail.message", permission="webmail.see", request_method="GET", renderer="webmail/message.jinja2")
def message(request):
    """A conversation, with a form to answer; opening it marks it read."""
    return _thread_page(request, _new_form(request))


@view_config(route_name="webmail.compose", permission="webmail.write", request_method="GET", renderer="webmail/compose.jinja2")
def new_message(request):
    """An empty form."""
    return _compose_page(request, _new_form(request))


@view_config(route_name="webmail.compose", permission="webmail.write", request_method="POST", renderer="webmail/compose.jinja2")
def compose(request):
    """Send a new message to the person's own provider."""
    form = read_form(request, MessageForm)
    if _other_person(request, form):
        form.refuse(SWITCHED.format(name=request.person.name))
    if form.data:
        try:
            return _sent(request, writing.compose(request.db, _author(request), _draft(form.data, form.data.subject), request.now))
        except writing.TooManyMessages:
            form.refuse(FLOOD)
    return _compose_page(request, _refused(request, form))


@view_config(route_name="webmail.reply", permission="webmail.write", request_method="POST", renderer="webmail/message.jinja2")
def reply(request):
    """Answer a message."""
    form = read_form(request, ReplyForm)
    other = _other_person(request, form)
    if other:
        return _elsewhere(request, other, form)
    if form.data:
        try:
            return _sent(request, writing.reply(request.db, _author(request), _message_id(request), _draft(form.data), request.now))
        except writing.TooManyMessages:
            form.refuse(FLOOD)
        except reading.MessageNotFound:
            raise HTTPNotFound() from None
    return _thread_page(request, _refused(request, form))


def _compose_page(request, form: Form) -> dict:
    provider = writing.correspondent(request.db, request.practice_id, request.person.id)
    return {"form": form, "provider": provider, "note": request.tenant.settings["webmail.compose_note"]}


def _thread_page(request, form: Form) -> dict:
    message_id = _message_id(request)
    try:
        letters = reading.open_thread(request.db, request.practice_id, request.person.id, message_id, request.now)
    except reading.MessageNotFound:
        raise HTTPNotFound() from None
    request.audit("webmail.message.view", request.person.id, message_id)
    return {"form": form, "letters": letters, "note": request.tenant.settings["webmail.compose_note"]}


def _elsewhere(request, other, form: Form):
    """The answer belongs to another person's messages than those in view: send nothing, lose nothing."""
    response = render_to_response("webmail/elsewhere.jinja2", {"other": other, "message_id": _message_id(request), "form": form}, request)
    response.status = 409
    return response


def _new_form(request) -> Form:
    return empty_form(nonce=secrets.token_urlsafe(16), regarding=request.person.id)


def _refused(request, form: Form) -> Form:
    request.response.status = "422 Unprocessable Content"
    form.values["regarding"] = str(request.person.id)
    return form


def _draft(data: MessageForm | ReplyForm, subject: str = "") -> writing.Draft:
    return writing.Draft(subject, data.body, data.nonce or secrets.token_urlsafe(16))


def _sent(request, sent: writing.Sent) -> HTTPSeeOther:
    if sent.is_new:
        request.audit("webmail.message.send", request.person.id, sent.id)
    request.session.flash("Your message is on its way to the office.")
    return HTTPSeeOther(request.route_path("webmail.message", message_id=sent.id))


def _author(request) -> writing.Author:
    return writing.Author(request.practice_id, request.person.id, request.identity.account_id)


def _other_person(request, form: Form):
    """Who was in view when the form was opened, if that is another one of the account's people than now."""
    named = form.values.get("regarding", "")
    return next((person for person in request.identity.people if str(person.id) == named and person != request.person), None)


def _message_id(request) -> UUID:
    try:
        return UUID(request.matchdict["message_id"])
    except ValueError:
        raise HTTPNotFound() from None


def _page(request) -> int:
    typed = request.GET.get("page", "1")
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 4 and int(typed)):
        raise HTTPNotFound()
    return int(typed)
