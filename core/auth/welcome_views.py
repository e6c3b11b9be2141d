"""The page of the first sign-in, and the notice of privacy practices, which anyone may read."""

from pydantic import BaseModel, Field, SecretStr
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import welcome
from core.auth.entering import WELCOME, came_over_at, enter, pending
from core.auth.models import Account
from core.auth.passkey_offer_views import lead_to_offer
from core.auth.rules import WeakPassword
from core.auth.user_names import WrongUserName, check_user_name, rename
from core.auth.views import own_path
from core.web.forms import Form, empty_form, read_form

PASSWORD_MISSING = "Choose a password of your own. It replaces the one that the office gave you."  # noqa: S105
NOT_ACCEPTED = "Read the notice, then tick the box below it."
NEWER_NOTICE = "The office has just put a newer notice here. Please read it, then tick the box below it."


class FirstSignIn(BaseModel):
    """What the page asks for; which of it is due depends on the account."""

    user_name: str = Field("", title="User name")
    new_password: SecretStr = Field(SecretStr(""), title="New password")
    accept: bool = False
    notice: str = ""


_NOTHING = FirstSignIn.model_validate({})


@view_config(route_name="portal.privacy", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="privacy.jinja2")
def privacy(request):
    """The office's notice of privacy practices that is in force."""
    notice = welcome.notice_in_force(request.db, request.practice_id)
    if notice is None:
        raise HTTPNotFound()
    return {"privacy": notice}


@view_config(route_name="auth.welcome", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="welcome.jinja2")
def page(request):
    """What is still to be done before the portal opens; whoever has nothing to do here goes on."""
    account = _account(request)
    if account is None:
        return _onward(request)
    return _page(request, account, empty_form(user_name=account.user_name))


@view_config(route_name="auth.welcome", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="welcome.jinja2")
def finish(request):
    """Take the steps together; what is wrong is told, and nothing typed is lost but the password."""
    account = _account(request)
    if account is None:
        return _onward(request)
    notice, form, was_first = _due(request, account), read_form(request, FirstSignIn), account.is_first
    typed = form.data or _NOTHING
    _check(request, account, notice, form, typed)
    if form.errors:
        request.response.status = "422 Unprocessable Content"
        return _page(request, account, form)
    password = typed.new_password.get_secret_value() if was_first else None
    welcome.complete(request.db, account, password, notice, request.now)
    request.audit_of(account.id, "auth.welcome.complete")
    since, onward = None if was_first else came_over_at(request), own_path(request.POST.get("next"))
    response = enter(request, account, lead_to_offer(request, onward) if was_first else onward, second_done=True, since=since)
    if was_first:
        request.session.flash("Your account is ready. From now on, sign in with your own password.")
    return response


def _check(request, account: Account, notice: welcome.Notice | None, form: Form, typed: FirstSignIn) -> None:
    if account.is_first:
        _check_password(request, account, form, typed)
    if notice and not typed.accept:
        form.refuse(NOT_ACCEPTED, "accept")
    elif notice and typed.notice != str(notice.version):
        form.values.pop("accept", None)
        form.refuse(NEWER_NOTICE, "accept")
    if account.is_first and typed.user_name:
        _choose_user_name(request, account, form, typed)


def _check_password(request, account: Account, form: Form, typed: FirstSignIn) -> None:
    password = typed.new_password.get_secret_value()
    if not password:
        return form.refuse(PASSWORD_MISSING, "new_password")
    try:
        welcome.check_first_password(request.db, account, password, typed.user_name)
    except WeakPassword as weak:
        form.refuse(str(weak), "new_password")


def _choose_user_name(request, account: Account, form: Form, typed: FirstSignIn) -> None:
    # Kept only together with everything else: as long as something is wrong it is no more than looked at.
    try:
        if form.errors:
            check_user_name(typed.user_name)
        elif check_user_name(typed.user_name) != account.user_name:
            rename(request.db, account, typed.user_name)
    except WrongUserName as wrong:
        form.refuse(str(wrong), "user_name")


def _account(request) -> Account | None:
    """The account whose session waits for this page."""
    visit = pending(request, WELCOME)
    return request.db.get(Account, (request.practice_id, visit.account_id)) if visit else None


def _due(request, account: Account) -> welcome.Notice | None:
    """The notice, if this account has not accepted the one in force."""
    notice = welcome.notice_in_force(request.db, request.practice_id)
    return notice if notice and account.notice_version < notice.version else None


def _page(request, account: Account, form: Form) -> dict:
    return {"form": form, "is_first": account.is_first, "privacy": _due(request, account), "next": request.params.get("next", "")}


def _onward(request) -> HTTPSeeOther:
    return HTTPSeeOther(own_path(request.params.get("next")) if request.identity else request.route_path("auth.sign_in"))


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("auth.welcome", "/welcome")
    config.add_route("portal.privacy", "/privacy")
    config.scan("core.auth.welcome_views")
