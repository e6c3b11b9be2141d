"""Each part's settings: the portal's own, and those of every tab; for the practice, and for a clinic that does not follow it."""

import json
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from webob.multidict import MultiDict

from core.auth.entering import is_proven, need_proof
from core.web.forms import Form, begun_form, keep_typed
from tenants.console import settings_fields as asked
from tenants.console.patients import clinic_names
from tenants.console.saving import WhenForm, author, save_or_plan

CHANGE = "office.settings.change"
PAGE = "console/settings_part.jinja2"
WHOLE = "portal"
WHOLE_FORM = "form"
"""Under this name everything of the form is kept while somebody shows who it is: what is not switched on is in no field of its own."""


@view_config(route_name="office.settings", permission=CHANGE, request_method="GET", renderer="console/settings.jinja2")
def settings_page(request):
    """The parts that can be set."""
    return {"parts": _parts(request)}


@view_config(route_name="office.settings.part", permission=CHANGE, request_method="GET", renderer=PAGE)
def part_page(request):
    """The settings of one part, as they are."""
    part, place = _part(request), _place(request, request.GET.get("clinic", ""))
    _prove(request, part, place)
    form, lists, own = asked.shown(request.registry.plugins, part, _kept(request), place)
    form.values |= {"when": "now"}
    if kept := begun_form(request).values.get(WHOLE_FORM):
        form, lists, own = asked.begun(request.registry.plugins, part, place, MultiDict(json.loads(kept)))
    return _page(request, part, place, form, lists, own)


@view_config(route_name="office.settings.part", permission=CHANGE, request_method="POST", renderer=PAGE)
def save(request):
    """Save them, now or for later."""
    typed = request.POST.get("place", "")
    part, place = _part(request), _place(request, typed if isinstance(typed, str) else "-")
    _prove(request, part, place)
    form, lists, own = asked.sent(request, part, place)
    if not form.errors:
        changes = asked.changes(request, part, _kept(request), place, own)
        if not changes:
            form.refuse("Nothing is changed yet.")
        else:
            _take(form, save_or_plan(request, changes, _zone(request, place), author(request)))
    else:
        form.values |= {name: value for name, value in request.POST.items() if name in WhenForm.model_fields and isinstance(value, str)}
    if form.errors:
        request.response.status = "422 Unprocessable Content"
        return _page(request, part, place, form, lists, own)
    return HTTPSeeOther(_path(request, part, place))


def _take(form: Form, when: Form) -> None:
    form.values |= when.values
    for name, words in when.errors.items():
        form.refuse(words, name)


def _part(request) -> str:
    """The part of the address. Raises HTTPNotFound for one without settings."""
    part = request.matchdict["part"]
    if part not in _parts(request):
        raise HTTPNotFound()
    return part


def _parts(request) -> dict[str, tuple[str, str]]:
    """Title and line of every part that has settings which can be asked here."""
    host = request.registry.plugins
    limited = bool(request.identity.clinic_ids)
    names = [name for name, schema in host.settings.items() if schema and asked.fields(schema, limited)]
    own = {WHOLE: ("The portal", "Sign-in, families, invitations, and what the operator may do")}
    return {name: own.get(name) or (host.plugins[name].title, host.plugins[name].summary) for name in names}


def _place(request, typed: str) -> UUID | None:
    limits = request.identity.clinic_ids
    if not typed:
        return next((clinic.id for clinic in request.tenant.clinics if clinic.id in limits), None) if limits else None
    found = next((clinic.id for clinic in request.tenant.clinics if str(clinic.id) == typed), None)
    if found is None or (limits and found not in limits):
        raise HTTPNotFound()
    return found


def _prove(request, part: str, place: UUID | None) -> None:
    """Ask for a proof where the part needs one; what was typed, switches and boxes as well, is there again then."""
    if not asked.needs_proof(request.registry.plugins.settings[part]) or is_proven(request):
        return
    if request.method == "POST":
        typed = [(name, value) for name, value in request.POST.items() if isinstance(value, str) and name not in ("csrf_token", "place")]
        keep_typed(request, request.path, {WHOLE_FORM: json.dumps(typed, separators=(",", ":"))})
    need_proof(request, _path(request, part, place))


def _kept(request) -> asked.Kept:
    return request.registry.tenants.kept(request.practice_id, request.visitor.version)


def _zone(request, place: UUID | None):
    return next((clinic.time_zone for clinic in request.tenant.clinics if clinic.id == place), request.whole_tenant.time_zone)


def _path(request, part: str, place: UUID | None) -> str:
    return request.route_path("office.settings.part", part=part, _query={"clinic": str(place)} if place else {})


def _page(request, part: str, place: UUID | None, form: Form, lists: dict[str, list[str]], own: set[str]) -> dict:
    host, limits = request.registry.plugins, request.identity.clinic_ids
    schema = host.settings[part]
    clinics = [(id_, name) for id_, name in clinic_names(request).items() if not limits or id_ in limits]
    offered = clinics if len(request.tenant.clinics) > 1 and asked.fields(schema, True) else []
    places = [(name, _path(request, part, id_), id_ == place, 0) for id_, name in ([] if limits else [(None, "Whole practice")]) + offered]
    heading, text = _parts(request)[part]
    about = {"heading": heading, "text": text, "places": places, "place": place, "zone": _zone(request, place)}
    return {**about, "form": form, "controls": asked.controls(host, part, _kept(request), place), "lists": lists, "own": own}


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.settings", "/office/settings")
    config.add_route("office.settings.part", "/office/settings/{part}")
    config.scan("tenants.console.settings_pages")
