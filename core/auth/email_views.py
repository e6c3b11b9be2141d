"""The pages that change the e-mail address, and those that the links in its two mails lead to."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import email_change, profile, tickets
from core.auth.entering import need_proof
from core.auth.proof_views import rotated
from core.auth.realms import OWN as OWN_ACCOUNT
from core.web.forms import Form, begun_form, read_form

ASKED = "Please look into the mailbox of {email} and press the link there. Until then the old address stays."
OWN = "This is the address that we have already."


class EmailForm(BaseModel):
    """A new e-mail address."""

    email: Annotated[str, AfterValidator(email_change.check_email)]


@view_config(route_name="auth.email", permission=OWN_ACCOUNT, request_method="GET", renderer="change_email.jinja2")
def email_page(request):
    """The address of today, and a field for another."""
    need_proof(request)
    return _page(request, begun_form(request))


@view_config(route_name="auth.email", permission=OWN_ACCOUNT, request_method="POST", renderer="change_email.jinja2")
def ask(request):
    """Send a link to the new address, and one that stops it to the old."""
    need_proof(request, keep=EmailForm)
    form, account = read_form(request, EmailForm), _account(request)
    if form.data and form.data.email.lower() == account.email.lower():
        form.refuse(OWN, "email")
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _page(request, form)
    email_change.ask(request.db, account, form.data.email, request.now)
    request.audit("auth.email.request")
    request.session.flash(ASKED.format(email=form.data.email))
    return HTTPSeeOther(request.route_path("auth.profile"))


@view_config(route_name="auth.email_confirm", permission=OWN_ACCOUNT, request_method="GET", renderer="confirm_email.jinja2")
def confirm_page(request):
    """A button; looking at the link changes nothing, as mail programs look at links by themselves."""
    try:
        ticket = email_change.open_own(request.db, request.practice_id, request.identity.account_id, _token(request), request.now)
    except tickets.BadTicket:
        raise HTTPNotFound() from None
    return {"email": ticket.email}


@view_config(route_name="auth.email_confirm", permission=OWN_ACCOUNT, request_method="POST")
def confirm(request):
    """The new address holds."""
    try:
        email_change.confirm(request.db, _account(request), _token(request), request.now)
    except tickets.BadTicket:
        raise HTTPNotFound() from None
    request.audit("auth.email.change")
    request.session.flash("Your new e-mail address holds from now on.")
    return rotated(request, HTTPSeeOther(request.route_path("auth.profile")))


@view_config(route_name="auth.email_stop", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="stop_email.jinja2")
def stop_page(request):
    """A button that calls the change off."""
    try:
        tickets.open_link(request.db, request.practice_id, email_change.STOP, _token(request), request.now)
    except tickets.BadTicket:
        raise HTTPNotFound() from None
    return {"stopped": False}


@view_config(route_name="auth.email_stop", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="stop_email.jinja2")
def stop(request):
    """Call the change off."""
    try:
        account_id = email_change.stop(request.db, request.practice_id, _token(request), request.now)
    except tickets.BadTicket:
        raise HTTPNotFound() from None
    request.audit_of(account_id, "auth.email.stop")
    return {"stopped": True}


def _token(request) -> str:
    return request.matchdict["token"]


def _account(request):
    return profile.own(request.db, request.practice_id, request.identity.account_id).account


def _page(request, form: Form) -> dict:
    return {"form": form, "old": _account(request).email}


def includeme(config) -> None:
    """Add the addresses."""
    config.add_route("auth.email", "/profile/email")
    config.add_route("auth.email_confirm", "/profile/email/confirm/{token}")
    config.add_route("auth.email_stop", "/profile/email/stop/{token}")
    config.scan("core.auth.email_views")
