"""Insurances at the office: what new patients may choose from, and what the practice's own patients have, to be put on that list."""

from typing import NamedTuple
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from core.auth.policy import tenant_at
from plugins.appointments.office.place import ONLINE, Place, place_of
from plugins.appointments.views.public_forms import Carrier, carriers_of
from tenants import settings

ADD = f"{ONLINE}.insurances"
CHANGE = "office.settings.change"
TAKEN = "appointments.insurances"
_RULES = {"allow": ("They book", "good"), "told": ("They read a message", "info"), "refuse": ("They cannot book", "bad")}


class Suggested(NamedTuple):
    """An insurance of which the office has said nothing, though patients have it: its name, and by how many claims and coverages."""

    name: str
    number: int


def listed(request, place: Place) -> list[tuple[Carrier, tuple[str, str]]]:
    """What the clinic has said of insurances, with the rule in words and its color."""
    return [(one, _RULES[one.rule]) for one in carriers_of(tenant_at(request, place.clinic_id)).values()]


def suggested(request, place: Place) -> list[Suggested]:
    """The insurances that patients have, by what the tabs know that are on at the clinic, the most frequent first."""
    tenant = tenant_at(request, place.clinic_id)
    hooks = request.registry.plugins.enabled(tenant.plugins)
    answers = hooks.each("portal_insurance_carriers", request.db, practice_id=request.practice_id, now=request.now)
    said: dict[str, Carrier] = carriers_of(tenant)
    found: dict[str, Suggested] = {}
    for _, carriers in answers:
        for name, number in carriers:
            words = _on_one_line(name)
            if words and words.casefold() not in said:
                found.setdefault(words.casefold(), Suggested(words, number))
    return list(found.values())


@view_config(route_name=ADD, permission=CHANGE, request_method="POST")
def add(request):
    """Put those that are ticked on the list of insurances with which new patients book; only what was suggested can be."""
    place, ticked = place_of(request), set(request.POST.getall("carriers"))
    names = [one.name for one in suggested(request, place) if one.name in ticked]
    request.session.flash(_put(request, place, names) if names else "Nothing was changed: tick the insurances that you take.")
    return HTTPSeeOther(request.route_path(ONLINE, _query=place.asked))


def _put(request, place: Place, names: list[str]) -> str:
    lines = [line for line in place.settings[TAKEN].splitlines() if line.strip()]
    change = settings.Change(_where(request, place), TAKEN, "\n".join(lines + names))
    by = settings.Author(request.identity.name, request.identity.account_id)
    try:
        settings.apply(request.db, request.registry.plugins, request.practice_id, [change], by, request.now)
    except settings.WrongValue:
        return "Nothing was changed: the list would be too long. Take some lines out of it in the settings first."
    return f"On the list now: {', '.join(names)}."


def _where(request, place: Place) -> UUID | None:
    """The clinic, where it has a list of its own or the person works only there; else the whole practice."""
    own = place.settings[TAKEN] != request.whole_tenant.settings[TAKEN]
    return place.clinic_id if own or request.identity.clinic_ids else None


def _on_one_line(name: str) -> str:
    """As it can stand in the list, where a colon would begin a message."""
    return " ".join(name.replace(":", " ").split())


def add_routes(config) -> None:
    """Add the form's address."""
    config.add_route(ADD, "/online/insurances")
