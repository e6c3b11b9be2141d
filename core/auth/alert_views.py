"""The page on which somebody of the office chooses what to be alerted to."""

from datetime import time

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from core.auth import alerts, notice_links, notices, profile
from core.auth.realms import OWN
from core.auth.second_views import typed
from core.plugins import OfficeItem
from core.web.formats import name_of_time
from core.web.forms import Form
from core.web.office import items_for

STEP = 30
AT = "at"


@view_config(route_name="office.alerts", permission=OWN, request_method="GET", renderer="office/alerts.jinja2")
def alerts_page(request):
    """Everything that may wait for this person, and when they hear of it."""
    items, account_id = _items(request), request.identity.account_id
    chosen = alerts.choices(request.db, request.practice_id, [account_id]).get(account_id, {})
    reader = alerts.Reader(account_id, request.identity.role, request.identity.permissions, request.identity.clinic_ids, chosen)
    values = {item.name: reader.mode_of(item) for item in items}
    minute = alerts.daily_minute(request.db, request.practice_id, account_id)
    return _values(request, items, Form(values=values | {AT: str(minute)}))


@view_config(route_name="office.alerts", permission=OWN, request_method="POST", renderer="office/alerts.jinja2")
def choose(request):
    """Keep what was chosen, or let the mails come again."""
    if typed(request, "turn"):
        return _turned_on(request)
    items = _items(request)
    chosen, at = {item.name: typed(request, item.name) for item in items}, typed(request, AT)
    form: Form = Form(values=chosen | {AT: at})
    for item in items:
        if chosen[item.name] not in alerts.MODES:
            form.refuse(f"Choose when you want to hear of {item.title}.", item.name)
    if at not in dict(_times()):
        form.refuse("Choose the time from the list.", AT)
    if form.errors:
        request.response.status = "422 Unprocessable Content"
        return _values(request, items, form)
    local = request.now.astimezone(request.tenant.time_zone)
    alerts.choose(request.db, request.practice_id, request.identity.account_id, chosen, int(at), local)
    request.audit("office.alerts.change", target_id=request.identity.account_id)
    request.session.flash("Your alerts are saved.")
    return HTTPSeeOther(request.route_path("office.alerts"))


def _turned_on(request) -> HTTPSeeOther:
    choice_id = notices.turn(request.db, request.practice_id, _link(request), True, request.now)
    if choice_id:
        request.audit_of(request.identity.account_id, "auth.notice.on", choice_id)
    request.session.flash("Alerts come by e-mail again.")
    return HTTPSeeOther(request.route_path("office.alerts"))


def _link(request) -> notice_links.Link:
    return notice_links.Link(request.identity.account_id, notices.ALERT.name, notices.EMAIL)


def _items(request) -> list[OfficeItem]:
    return items_for(request.registry, request.practice_id, request.visitor.version, request.identity)


def _times() -> list[tuple[str, str]]:
    """The times of a day that can be chosen, as minutes and in words."""
    return [(str(minute), name_of_time(time(minute // 60, minute % 60))) for minute in range(0, 24 * 60, STEP)]


def _values(request, items: list[OfficeItem], form: Form) -> dict:
    account = profile.own(request.db, request.practice_id, request.identity.account_id).account
    is_on = notices.is_on(request.db, request.practice_id, _link(request))
    return {"items": items, "form": form, "email": account.email, "is_on": is_on, "modes": alerts.MODES, "times": _times()}


def includeme(config) -> None:
    """Add the address."""
    config.add_route("office.alerts", "/office/profile/alerts")
    config.scan("core.auth.alert_views")
