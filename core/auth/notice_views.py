"""The page on which one chooses what to be told of, and the page behind the link at the foot of a notice."""

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import notice_links, notices, profile
from core.auth.realms import OWN
from core.auth.second_views import typed
from core.people.models import Patient
from core.plugins import NoticeKind, NoticeSwitch


@view_config(route_name="auth.notices", permission=OWN, request_method="GET", renderer="notices.jinja2")
def notices_page(request):
    """Every kind of notice that may come to this account, with a switch where it can be turned off."""
    account, patient = profile.own(request.db, request.practice_id, request.identity.account_id)
    off = notices.turned_off(request.db, request.practice_id, account.id)
    rows = [(kind, (kind.name, notices.EMAIL) not in off) for kind in _kinds_here(request) if notices.EMAIL in kind.channels]
    return {"rows": rows, "email": account.email or (patient.email if patient else ""), "from_chart": _switches(request, patient)}


@view_config(route_name="auth.notices", permission=OWN, request_method="POST")
def switch(request):
    """Turn one kind on or off; what is not on the page is as unknown as what was made up."""
    wanted, on = (typed(request, "kind"), typed(request, "channel")), typed(request, "on") == "yes"
    _, patient = profile.own(request.db, request.practice_id, request.identity.account_id)
    of_patient = {(one.name, channel): one for one in _switches(request, patient) for channel, _ in one.ways}
    if patient and wanted in of_patient:
        return _switch_of_patient(request, patient, of_patient[wanted], wanted[1], on)
    kinds = {(kind.name, channel): kind for kind in _kinds_here(request) if kind.can_be_off for channel in kind.channels}
    if wanted not in kinds:
        raise HTTPNotFound()
    _turn(request, notice_links.Link(request.identity.account_id, *wanted), on)
    request.session.flash(f"{kinds[wanted].title}: turned {'on' if on else 'off'}.")
    return HTTPSeeOther(request.route_path("auth.notices"))


@view_config(route_name="auth.unsubscribe", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="unsubscribe.jinja2")
def unsubscribe_page(request):
    """Say what would be turned off, and ask: mail programs and their scanners look at links by themselves."""
    _, kind, on = _linked(request)
    return {"kind": kind, "is_on": on}


# No form token is asked for: a mail program posts here by itself, without having seen the page and without cookies (RFC 8058). Nothing
# is lost by it, as nobody's cookies give any right here: who has the link may do what it says, from wherever.
@view_config(
    route_name="auth.unsubscribe",
    permission=NO_PERMISSION_REQUIRED,
    request_method="POST",
    require_csrf=False,
    renderer="unsubscribe.jinja2",
)
def unsubscribe(request):
    """Turn the kind off, or on again by the button of the page that says so. Never a redirect: mail programs would not follow it."""
    link, kind, _ = _linked(request)
    on = typed(request, "turn") == "on"
    _turn(request, link, on)
    return {"kind": kind, "is_on": on}


def _switch_of_patient(request, patient: Patient, chosen: NoticeSwitch, channel: str, on: bool) -> HTTPSeeOther:
    about = {"practice_id": request.practice_id, "patient_id": patient.id, "kind": chosen.name, "channel": channel, "on": on, "now": request.now}
    owner = request.registry.plugins.only(chosen.name.partition(".")[0])
    if any(changed for _, changed in owner.demand("portal_notice_switched", request.db, **about)):
        request.audit("auth.notice.on" if on else "auth.notice.off", patient.id)
    request.session.flash(f"{chosen.title}: turned {'on' if on else 'off'}.")
    return HTTPSeeOther(request.route_path("auth.notices"))


def _switches(request, patient: Patient | None) -> list[NoticeSwitch]:
    """What comes to the account's own patient by the tabs that are on for them, whoever has access."""
    if patient is None:
        return []
    plugins = request.registry.tenants.tenant(request.practice_id, patient.clinic_id, request.visitor.version).plugins
    hooks = request.registry.plugins.enabled(plugins)
    answers = hooks.each("portal_notice_switches", request.db, practice_id=request.practice_id, patient_id=patient.id)
    return [one for name, switches in answers for one in switches if one.name.partition(".")[0] == name]


def _linked(request) -> tuple[notice_links.Link, NoticeKind, bool]:
    """What the link in the address is about, and how it stands. Raises HTTPNotFound, whatever is wrong with it."""
    # Of every installed tab: whoever wants no such mails has said so also for the day on which the office switches the tab on again.
    kinds = {kind.name: kind for kind in notices.every_kind(request.registry.plugins)}
    link = notice_links.read(request.registry.portal.secret_key, request.practice_id, kinds.values(), request.matchdict["token"])
    on = notices.is_on(request.db, request.practice_id, link) if link else None
    if link is None or on is None:
        raise HTTPNotFound()
    return link, kinds[link.kind], on


def _turn(request, link: notice_links.Link, on: bool) -> None:
    choice_id = notices.turn(request.db, request.practice_id, link, on, request.now)
    if choice_id:
        request.audit_of(link.account_id, "auth.notice.on" if on else "auth.notice.off", choice_id)


def _kinds_here(request) -> list[NoticeKind]:
    """The kinds of the tabs that are on at the clinic of anybody whose record this account may see."""
    tenants, version = request.registry.tenants, request.visitor.version
    seen = (tenants.tenant(request.practice_id, person.clinic_id, version).plugins for person in request.identity.people)
    return notices.kinds_of(request.registry.plugins, frozenset().union(*seen))


def includeme(config) -> None:
    """Add the addresses."""
    config.add_route("auth.notices", "/profile/notices")
    config.add_route("auth.unsubscribe", "/unsubscribe/{token}")
    config.scan("core.auth.notice_views")
