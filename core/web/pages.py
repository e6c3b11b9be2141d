"""The pages that belong to no tab: home and contact."""

from datetime import datetime, timedelta

from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth.policy import SIGNED_IN
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
    return {"action_items": items, "cards": sorted(cards, key=lambda card: card.order)}


@view_config(route_name="portal.contact", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="contact.jinja2")
def contact(request):
    """How to reach the practice and each of its clinics, when they are closed, and who works there."""
    clinics = request.tenant.clinics
    return {"clinics": clinics, "closings": {clinic.id: _coming(clinic, request.now) for clinic in clinics}}


def _coming(clinic: ClinicDetails, now: datetime) -> list[Closing]:
    """The closed days of the next quarter of a year."""
    today = now.astimezone(clinic.time_zone).date()
    return [days for days in clinic.closings if days.last_on >= today and days.first_on <= today + CLOSED_AHEAD]
