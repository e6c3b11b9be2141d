"""The pages for who cannot, or would rather not, type a password: a new one by a code, or a link by mail."""

from uuid import UUID

from pydantic import BaseModel, Field, SecretStr, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import resetting, tickets
from core.auth.entering import enter
from core.auth.refusals import answered
from core.auth.rules import WeakPassword
from core.auth.tickets import BadTicket
from core.web.forms import Form, empty_form, read_form

LONGEST_NAME = 254
TICKET = "reset"
"""Where the form cookie keeps the ticket of this browser."""
NO_TICKET = UUID(int=0)
WRONG_CODE = "This code is not right, or cannot be used any more. Please check it, or ask for a new one."
ON_ITS_WAY = "If we know you, a mail is on its way. The link in it works for 15 minutes."


class Who(BaseModel):
    """Who somebody says to be."""

    user_name: str = Field(title="user name or e-mail address", max_length=LONGEST_NAME)

    @field_validator("user_name")
    @classmethod
    def _can_be_seen(cls, name: str) -> str:
        if "\0" in name:
            raise ValueError("Check the user name or e-mail address: it can’t be used as it is.")
        return name


class CodeAndPassword(BaseModel):
    """The code from the mail, and the password to set."""

    code: str = Field(title="code", max_length=100)
    new_password: SecretStr = Field(title="new password")


@view_config(route_name="auth.forgot", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="forgot.jinja2")
def forgot_page(request):
    """Ask for the user name or the e-mail address."""
    return {"form": empty_form()}


@view_config(route_name="auth.forgot", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="forgot.jinja2")
@answered("auth.forgot")
def forgot(request):
    """Have a code mailed, if there is such an account, and go on to the page that takes it, in any case."""
    form = _who(request)
    if form.data is None:
        return _refuse(request, form)
    ticket_id = resetting.ask_code(request.db, request.practice_id, request.registry.limiter, _asked(request, form.data.user_name))
    request.audit("auth.forgot.asked", target_id=ticket_id)
    request.session[TICKET] = str(ticket_id)
    return HTTPSeeOther(request.route_path("auth.reset"))


@view_config(route_name="auth.reset", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="reset.jinja2")
def reset_page(request):
    """Ask for the code and the new password; without a ticket first for the name."""
    if TICKET not in request.session:
        return HTTPSeeOther(request.route_path("auth.forgot"))
    return {"form": empty_form()}


@view_config(route_name="auth.reset", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="reset.jinja2")
@answered("auth.password.reset")
def reset(request):
    """Set the new password, if the code is right, and go in; whatever is wrong with the code has one answer."""
    form = read_form(request, CodeAndPassword)
    if form.data is None:
        return _refuse(request, form)
    new = _new_password(request, form.data)
    try:
        account = resetting.reset_password(request.db, request.practice_id, request.registry.limiter, new)
    except WeakPassword as weak:
        form.refuse(str(weak), "new_password")
        return _refuse(request, form)
    except BadTicket:
        request.audit("auth.password.reset_failed", target_id=new.ticket_id)
        form.refuse(WRONG_CODE, "code")
        return _refuse(request, form)
    request.audit_of(account.id, "auth.password.reset", target_id=new.ticket_id)
    response = enter(request, account)
    request.session.flash("Your new password is set. Everywhere else you are signed out.")
    return response


@view_config(route_name="auth.link", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="sign_in_link.jinja2")
def link_page(request):
    """Ask for the user name or the e-mail address."""
    _need_links(request)
    return {"form": empty_form(), "token": None}


@view_config(route_name="auth.link", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="sign_in_link.jinja2")
@answered("auth.link")
def link(request):
    """Have a sign-in link mailed, if there is such an account; say the same in any case."""
    _need_links(request)
    form = _who(request)
    if form.data is None:
        return _refuse(request, form) | {"token": None}
    ticket_id = resetting.ask_link(request.db, request.practice_id, request.registry.limiter, _asked(request, form.data.user_name))
    request.audit("auth.link.asked", target_id=ticket_id)
    request.session.flash(ON_ITS_WAY)
    return HTTPSeeOther(request.route_path("auth.sign_in"))


@view_config(route_name="auth.link_open", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="sign_in_link.jinja2")
def link_opened(request):
    """A button: programs that look into mails open links, so that opening one must not use it up."""
    _need_links(request)
    _hide_address(request)
    try:
        tickets.open_link(request.db, request.practice_id, resetting.LINK, request.matchdict["token"], request.now)
    except BadTicket:
        return _gone(request)
    return {"form": empty_form(), "token": request.matchdict["token"]}


@view_config(route_name="auth.link_open", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="sign_in_link.jinja2")
def link_used(request):
    """Use the link up and go in."""
    _need_links(request)
    _hide_address(request)
    try:
        account = resetting.use_link(request.db, request.practice_id, request.matchdict["token"], request.now)
    except BadTicket:
        return _gone(request)
    request.audit_of(account.id, "auth.link.used")
    return enter(request, account)


def _who(request) -> Form[Who]:
    form = read_form(request, Who)
    form.values = {name: value[: LONGEST_NAME + 1] for name, value in form.values.items()}
    return form


def _asked(request, name: str) -> resetting.Asked:
    return resetting.Asked(name, request.remote_addr or "", request.now, request.known_devices)


def _new_password(request, data: CodeAndPassword) -> resetting.NewPassword:
    ticket_id = UUID(request.session.get(TICKET, str(NO_TICKET)))
    # As people copy it out of a mail: in two halves, with a space after it.
    code = "".join(data.code.split())
    password, address = data.new_password.get_secret_value(), request.remote_addr or ""
    return resetting.NewPassword(ticket_id, code, password, address, request.now, request.known_devices)


def _refuse(request, form: Form) -> dict:
    request.response.status = "422 Unprocessable Content"
    return {"form": form}


def _need_links(request) -> None:
    if not request.tenant.settings["portal.sign_in_links"]:
        raise HTTPNotFound()


def _gone(request) -> dict:
    request.response.status = "404 Not Found"
    return {"form": empty_form(), "token": None, "gone": True}


def _hide_address(request) -> None:
    # Never the path, not even to ourselves. Not `no-referrer`: with it a browser sends the form with `Origin: null`, which we refuse.
    request.response.headers["Referrer-Policy"] = "strict-origin"


def includeme(config) -> None:
    """Add the pages, and the tasks behind them."""
    from core.auth import reset_tasks  # noqa: F401  (declares them)

    config.add_route("auth.forgot", "/forgot")
    config.add_route("auth.reset", "/forgot/code")
    config.add_route("auth.link", "/sign-in/link")
    config.add_route("auth.link_open", "/sign-in/link/{token}")
    config.scan("core.auth.reset_views")
