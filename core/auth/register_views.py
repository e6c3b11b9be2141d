"""The pages for who has no access yet and would like it without calling the office, where the office allows that."""

from uuid import UUID

from pydantic import BaseModel, Field, PastDate, SecretStr, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import registering
from core.auth.access import NoRoom
from core.auth.entering import enter
from core.auth.matching import Typed, is_email
from core.auth.passkey_offer_views import lead_to_offer
from core.auth.reset_views import NO_TICKET, WRONG_CODE
from core.auth.rules import WeakPassword
from core.auth.tickets import BadTicket
from core.auth.user_names import WrongUserName
from core.texting import whole_number
from core.web.forms import Form, empty_form, read_form

LONGEST_NAME, LONGEST_CONTACT = 100, 254
TICKET = "register"
"""Where the form cookie keeps the ticket of this browser."""
CONTACT = "e-mail address or phone number"
BY_TEXT = "register_by_text"
"""Where the form cookie keeps whether a phone number was typed: the next page then speaks of a text message."""


class Person(BaseModel):
    """Who somebody says to be."""

    first_name: str = Field(title="first name", max_length=LONGEST_NAME)
    last_name: str = Field(title="last name", max_length=LONGEST_NAME)
    birthdate: PastDate = Field(title="birthdate")
    contact: str = Field(title=CONTACT, max_length=LONGEST_CONTACT)

    @field_validator("first_name", "last_name", "contact")
    @classmethod
    def _can_be_seen(cls, text: str) -> str:
        if "\0" in text:
            raise ValueError("This can’t be used as it is. Please type it anew.")
        return text

    @field_validator("contact")
    @classmethod
    def _can_be_reached(cls, contact: str) -> str:
        if not is_email(contact) and not whole_number(contact):
            raise ValueError(f"Type an {CONTACT}, the number with its area code, such as 303-555-0142.")
        return contact


class PersonByMail(Person):
    """The same where no text messages are sent."""

    contact: str = Field(title="e-mail address", max_length=LONGEST_CONTACT)

    @field_validator("contact")
    @classmethod
    def _can_be_reached(cls, contact: str) -> str:
        if not is_email(contact):
            raise ValueError("Type the e-mail address that our office has for you.")
        return contact


class CodeAndAccount(BaseModel):
    """The code that was sent, and what to sign in with from now on."""

    code: str = Field(title="code", max_length=100)
    user_name: str = Field("", title="user name")
    new_password: SecretStr = Field(title="password", json_schema_extra={"missing": "Choose a password."})


@view_config(route_name="auth.register", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="register.jinja2")
def register_page(request):
    """Ask who it is."""
    _need_registration(request)
    return {"form": empty_form()}


@view_config(route_name="auth.register", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="register.jinja2")
def ask(request):
    """Have it looked up, and go on to the page that takes a code, in any case."""
    _need_registration(request)
    form = _read(request, Person if request.registry.texts else PersonByMail)
    if form.data is None:
        return _refuse(request, form)
    asked = registering.Asked(Typed(**form.data.model_dump()), request.remote_addr or "", request.now)
    registry = request.registry
    ticket_id = registering.ask(request.db, request.practice_id, registry.limiter, registry.portal.secret_key, asked)
    request.audit("auth.register.asked", target_id=ticket_id)
    request.session[TICKET], request.session[BY_TEXT] = str(ticket_id), not is_email(form.data.contact)
    return HTTPSeeOther(request.route_path("auth.register_code"))


@view_config(route_name="auth.register_code", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="register_code.jinja2")
def code_page(request):
    """Ask for the code, a user name and a password; without a ticket first for the person."""
    _need_registration(request)
    if TICKET not in request.session:
        return HTTPSeeOther(request.route_path("auth.register"))
    return {"form": empty_form()}


@view_config(route_name="auth.register_code", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="register_code.jinja2")
def register(request):
    """Make the account, if the code is right, and go in; whatever is wrong with the code has one answer."""
    _need_registration(request)
    form = _read(request, CodeAndAccount)
    account = _account(request, form, form.data) if form.data else None
    if account is None:
        return _refuse(request, form)
    request.audit_of(account.id, "auth.register.complete")
    response = enter(request, account, lead_to_offer(request))
    if not request.POST.get("user_name", "").strip():
        request.session.flash(f"Your user name is {account.user_name}. Please write it down: you sign in with it.")
    return response


def _account(request, form: Form, typed: CodeAndAccount):
    """The new account, or None with what is wrong said in the form."""
    ticket_id = UUID(request.session.get(TICKET, str(NO_TICKET)))
    secrets = ("".join(typed.code.split()), typed.user_name, typed.new_password.get_secret_value())
    new = registering.NewAccount(ticket_id, *secrets, request.remote_addr or "", request.now)
    try:
        return registering.register(request.db, request.practice_id, request.registry.limiter, new)
    except WeakPassword as weak:
        form.refuse(str(weak), "new_password")
    except WrongUserName as wrong:
        form.refuse(str(wrong), "user_name")
    except NoRoom as full:
        form.refuse(str(full))
    except BadTicket:
        request.audit("auth.register.failed", target_id=ticket_id)
        form.refuse(WRONG_CODE, "code")
    return None


def _read(request, schema: type[BaseModel]) -> Form:
    form = read_form(request, schema)
    form.values = {name: value[: LONGEST_CONTACT + 1] for name, value in form.values.items()}
    return form


def _refuse(request, form: Form) -> dict:
    request.response.status = "422 Unprocessable Content"
    return {"form": form}


def _need_registration(request) -> None:
    if not request.tenant.settings["portal.self_registration"]:
        raise HTTPNotFound()


def includeme(config) -> None:
    """Add the pages, and the tasks behind them."""
    from core.auth import register_tasks  # noqa: F401  (declares them)

    config.add_route("auth.register", "/register")
    config.add_route("auth.register_code", "/register/code")
    config.scan("core.auth.register_views")
