"""The pages that belong to no tab: home and contact."""

from datetime import datetime, timedelta

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth.policy import SIGNED_IN
from core.people.records_request_views import may_ask
from core.plugins.doing import action_items
from core.tenant import ClinicDetails, Closing

CLOSED_AHEAD = timedelta(days=92)
"""How far ahead patients see on which days a clinic is closed."""


@view_config(route_name="portal.home", permission=SIGNED_IN, request_method="GET", renderer="home.jinja2")
def home(request):
    """What needs doing, and one card from each tab."""
    items = action_items(request, (request.person,))
    answers = request.hooks.each("portal_home_card", request.db, request=request, person=request.person)
    cards = [card for name, card in answers if request.may_see(name)]
    request.audit("portal.home.view", request.person.id)
    return {"action_items": items, "cards": sorted(cards, key=lambda card: card.order), "may_ask": may_ask(request.person), "not_shown": _not_shown(request)}


def _not_shown(request) -> list[str]:
    """The parts of the record that patients see on tabs which are off here."""
    plugins = request.registry.plugins.plugins
    return [plugin.record for name, plugin in plugins.items() if plugin.record and not request.has_plugin(name)]


@view_config(route_name="portal.pay", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def pay(request):
    """The short address at which one pays without signing in: it stands on paper, so it leads to whichever tab takes payments here."""
    return _lead_on(request, "pay")


@view_config(route_name="portal.book", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def book(request):
    """The short address at which one books without signing in."""
    return _lead_on(request, "book")


@view_config(route_name="portal.book_at", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def book_at(request):
    """The same for one clinic, whose page says whether there is such a one."""
    return _lead_on(request, "book", request.matchdict["place"])


def _lead_on(request, at: str, *further: str) -> HTTPSeeOther:
    link = next((link for link in request.entry_links() if link.at == at), None)
    if link is None:
        raise HTTPNotFound()
    return HTTPSeeOther(request.route_path(link.route, *further, _query=request.GET))


@view_config(route_name="portal.contact", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="contact.jinja2")
def contact(request):
    """How to reach the practice and each of its clinics, when they are closed, and who works there."""
    clinics = request.tenant.clinics
    may_ask_here = request.identity is None or may_ask(request.person)
    return {"may_ask": may_ask_here, "clinics": clinics, "closings": {clinic.id: _coming(clinic, request.now) for clinic in clinics}}


def _coming(clinic: ClinicDetails, now: datetime) -> list[Closing]:
    """The closed days of the next quarter of a year."""
    today = now.astimezone(clinic.time_zone).date()
    return [days for days in clinic.closings if days.last_on >= today and days.first_on <= today + CLOSED_AHEAD]
