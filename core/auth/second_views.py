"""The page of the second step at sign-in. It opens for a session that waits for it, and for nothing else."""

from limits import RateLimitItem
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED

from core.auth import second
from core.auth.entering import SECOND, enter, pending
from core.auth.limits import Count
from core.auth.models import Account
from core.auth.realms import add_in_both, in_both
from core.auth.refusals import answered
from core.auth.views import own_path
from core.web.forms import Form, empty_form
from core.web.request import host_name

WRONG = "That code is not right, or it was used before. Please try again with a new one."
DRAFT, TICKET = "second_draft", "second_ticket"
"""What the form cookie holds meanwhile: the app's encrypted seed, and which mailed code belongs to this browser."""
FIELDS = {second.APP: "app_code", second.MAIL: "mail_code", second.RECOVERY: "recovery_code"}


@in_both("second", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="second.jinja2")
def second_page(request):
    """Ask for the second step, in one of the ways that the account has; or offer to set one up where the office wants it."""
    return _page(request, waiting_account(request), empty_form())


@in_both("second", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="second.jinja2")
@answered("auth.second")
def take_code(request):
    """Check a code; a wrong one has the same answer whatever is wrong with it."""
    account = waiting_account(request)
    count_second_try(request, account)
    way = typed(request, "way")
    take = _set_up if not second.has_factor(request.db, account) else _take
    try:
        codes = take(request, account, way)
    except second.WrongCode:
        return refuse_second(request, account, way, WRONG)
    return go_on(request, account, way, codes)


@in_both("second_send", permission=NO_PERMISSION_REQUIRED, request_method="POST")
@answered("auth.second.send")
def send_code(request):
    """Mail a code, if this account gets its codes by mail or is to choose now how it gets them."""
    account = waiting_account(request)
    if second.MAIL in _ways(request, account):
        request.registry.limiter.take(request.now, count_of(request, account, second.MAILS, "second.mail"))
        request.session[TICKET] = str(second.ask_for_mail_code(request.db, account, request.now))
    onward = typed(request, "next")
    return HTTPSeeOther(request.own_path(SECOND, {"way": second.MAIL} | ({"next": onward} if onward else {})))


def waiting_account(request) -> Account:
    """The account whose session waits for the second step. Raises HTTPSeeOther to where anyone else belongs."""
    row = pending(request, SECOND)
    if row is None:
        raise HTTPSeeOther(request.realm.home if request.identity else request.own_path("sign_in"))
    return request.db.get_one(Account, (request.practice_id, row.account_id))


def count_second_try(request, account: Account) -> None:
    """Count one try of this account's second step. Raises TooManyAttempts."""
    request.registry.limiter.take(request.now, count_of(request, account, second.TRIES, SECOND))


def count_of(request, account: Account, allowed: tuple[RateLimitItem, ...], name: str) -> Count:
    """The count of what this account does at its second step."""
    # By the device when the account knows it: somebody who has found out the password does not use up the owner's tries.
    return Count(allowed, request.practice_id, name, request.known_devices.of(account) or str(account.id))


def forgive_second_tries(request, account: Account) -> None:
    """After a right code the short count begins anew."""
    # The count by the hour stays: else who knows the password could go on guessing behind the owner's own sign-ins.
    request.registry.limiter.clear(count_of(request, account, second.TRIES[:1], SECOND))


def refuse_second(request, account: Account, way: str, sentence: str) -> dict:
    """The page once more, with what went wrong."""
    request.audit_of(account.id, "auth.second.failed")
    request.response.status = "422 Unprocessable Content"
    form: Form = empty_form()
    form.refuse(sentence, FIELDS.get(way, ""))
    return _page(request, account, form, way)


def go_on(request, account: Account, way: str, codes: list[str]) -> HTTPSeeOther | dict:
    """The second step is done: a whole session. New recovery codes are shown before anything else."""
    request.audit_of(account.id, f"auth.second.{way}")
    left = second.recovery_codes_left(request.db, account)
    forgive_second_tries(request, account)
    response = enter(request, account, own_path(typed(request, "next"), request.realm.home), second_done=True)
    if way == second.RECOVERY:
        request.session.flash(f"You signed in with a recovery code. {left} of them {'is' if left == 1 else 'are'} left.")
    if not codes:
        return response
    request.override_renderer = "recovery_codes.jinja2"
    request.response.headerlist.extend(header for header in response.headerlist if header[0] == "Set-Cookie")
    return {"codes": codes, "onward": response.location}


def typed(request, name: str) -> str:
    """What stands in a field of the form; a file is no text."""
    value = request.POST.get(name, "")
    return value if isinstance(value, str) else ""


def app_draft(request, account: Account) -> str:
    """The seed of the app that this browser is setting up: the same on every look, until it is confirmed."""
    secret_key, draft = request.registry.portal.secret_key, request.session.get(DRAFT, "")
    if not second.seed_of_draft(secret_key, account, draft):
        draft = request.session[DRAFT] = second.new_draft(secret_key, account)
    return draft


def app_to_scan(request, account: Account) -> dict[str, str]:
    """The picture and the key of that app, for the page."""
    seed = second.seed_of_draft(request.registry.portal.secret_key, account, app_draft(request, account)) or ""
    spaced = " ".join(seed[at : at + 4] for at in range(0, len(seed), 4))
    return {"picture": second.app_picture(seed, account.user_name, request.tenant.practice_name), "key": spaced}


def shown_address(email: str) -> str:
    """An address as somebody knows it again who has it, and nobody else reads it."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}…@{domain}" if domain else ""


def _take(request, account: Account, way: str) -> list[str]:
    """Take the code of a way that the account has. Raises WrongCode."""
    if way not in _ways(request, account):
        raise second.WrongCode
    code, secret_key = typed(request, FIELDS.get(way, "")), request.registry.portal.secret_key
    if way == second.APP:
        second.use_app_code(request.db, secret_key, account, code, request.now)
    elif way == second.MAIL:
        second.use_mail_code(request.db, account, request.session.get(TICKET, ""), code, request.now)
    elif way == second.RECOVERY:
        second.use_recovery_code(request.db, secret_key, account, code, request.now)
    else:
        raise second.WrongCode
    return []


def _set_up(request, account: Account, way: str) -> list[str]:
    """Set up the account's first second step by a right code; returns its recovery codes. Raises WrongCode."""
    code, secret_key = typed(request, FIELDS.get(way, "")), request.registry.portal.secret_key
    if way == second.APP:
        second.turn_on_app(request.db, secret_key, account, request.session.get(DRAFT, ""), code, request.now)
    elif way == second.MAIL and way in _ways(request, account):
        second.use_mail_code(request.db, account, request.session.get(TICKET, ""), code, request.now)
        second.turn_on_mail(request.db, account)
    else:
        raise second.WrongCode
    request.audit_of(account.id, "auth.second_factor.on")
    return second.new_recovery_codes(request.db, secret_key, account)


def _ways(request, account: Account) -> list[str]:
    if second.has_factor(request.db, account):
        return second.ways_of(request.db, account, host_name(request))
    # A mailbox is no second factor for those who see every patient's record.
    return [second.APP] + ([second.MAIL] if account.email and not request.realm.is_office else [])


def _page(request, account: Account, form: Form, way: str = "") -> dict:
    ways, setting_up = _ways(request, account), not second.has_factor(request.db, account)
    wanted = way or request.GET.get("way", "")
    chosen = wanted if wanted in ways else (ways[0] if ways else "")
    return {
        "form": form,
        "ways": ways,
        "way": chosen,
        "setting_up": setting_up,
        "next": typed(request, "next") or request.GET.get("next", ""),
        "was_sent": TICKET in request.session,
        "email": shown_address(account.email),
        "app": app_to_scan(request, account) if setting_up and chosen == second.APP else None,
    }


def includeme(config) -> None:
    """Add the page of the second step."""
    from core.auth import second_tasks  # noqa: F401  (declares it)

    add_in_both(config, "second", "/sign-in/second")
    add_in_both(config, "second_send", "/sign-in/second/send")
    config.scan("core.auth.second_views")
