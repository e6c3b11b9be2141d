"""The look of the office: name, logo, colors, welcome, photo and links, with a preview, for the practice and for each clinic."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.tenant import ClinicDetails, Tenant
from core.theme import Theme
from core.web.headers import let_office_frame
from tenants import looks
from tenants.branding import palette, scheme_css
from tenants.console.branding_form import WHAT, Asked, read_look, shown_form
from tenants.console.patients import clinic_names, id_in_path
from tenants.resolver import greeting_of, theme_of

CHANGE = "office.branding.change"
STYLE = ("brand", "brand_dark", "accent", "radius", "font", "bar")
SCHEMES = ("light", "dark")


@dataclass(frozen=True)
class Scope:
    """Whose look it is: the practice's, or that of one clinic with what it inherits."""

    clinic: ClinicDetails | None
    own: Mapping[str, Any]
    inherited: Mapping[str, Any]

    @property
    def clinic_id(self) -> UUID | None:
        """The clinic, if it is not the whole practice."""
        return self.clinic.id if self.clinic else None


@view_config(route_name="office.branding", permission=CHANGE, request_method="GET", renderer="console/branding.jinja2")
@view_config(route_name="office.branding.clinic", permission=CHANGE, request_method="GET", renderer="console/branding.jinja2")
def branding_page(request):
    """What is chosen, beside a preview of it."""
    limits = request.identity.clinic_ids
    if limits and request.matched_route.name == "office.branding":
        first = next((clinic.id for clinic in request.tenant.clinics if clinic.id in limits), None)
        if first is None:
            raise HTTPNotFound()
        return HTTPSeeOther(_page_of(request, first))
    scope = _scope(request, _clinic_in_path(request))
    form = shown_form(scope.own, scope.inherited, _defaults())
    return _page(request, scope, Asked(form, {}, {}, frozenset(set(WHAT) - set(scope.own) - {"short_name"}) if scope.clinic else frozenset()))


@view_config(route_name="office.branding", permission=CHANGE, request_method="POST", renderer="console/branding.jinja2")
@view_config(route_name="office.branding.clinic", permission=CHANGE, request_method="POST", renderer="console/branding.jinja2")
def save(request):
    """Put it in force."""
    scope = _scope(request, _clinic_in_path(request))
    asked = read_look(request, scope.clinic is not None, scope.own, scope.inherited)
    if asked.form.errors:
        request.response.status = "422 Unprocessable Content"
        return _page(request, scope, asked)
    is_new = looks.change(request.db, request.practice_id, scope.clinic_id, asked.look, _by(request), request.now)
    request.session.flash("The new look is in force. Patients see it on their next page." if is_new else "The look is as it was.")
    return HTTPSeeOther(_page_of(request, scope.clinic_id))


@view_config(route_name="office.branding.undo", permission=CHANGE, request_method="POST")
def undo(request):
    """Go back to before a change."""
    try:
        clinic_id = looks.undo(request.db, request.practice_id, id_in_path(request), tuple(request.identity.clinic_ids), _by(request), request.now)
    except looks.CannotChangeLook:
        raise HTTPNotFound() from None
    request.session.flash("The look of before is in force again.")
    return HTTPSeeOther(_page_of(request, clinic_id))


@view_config(route_name="office.branding.preview", permission=CHANGE, request_method="GET", renderer="console/branding_preview.jinja2")
def preview_page(request):
    """The pages as they are now."""
    scope = _scope(request, _clinic_asked(request, request.GET.get("clinic", "")))
    return _preview(request, scope, {**scope.inherited, **scope.own}, request.GET.get("scheme", ""), ())


@view_config(route_name="office.branding.preview", permission=CHANGE, request_method="POST", renderer="console/branding_preview.jinja2")
def preview(request):
    """The pages as they would be with what was typed; nothing is changed."""
    scope = _scope(request, _clinic_asked(request, request.POST.get("clinic", "")))
    asked = read_look(request, scope.clinic is not None, scope.own, scope.inherited)
    return _preview(request, scope, asked.whole, request.POST.get("scheme", ""), tuple(asked.form.errors.values()))


@view_config(route_name="office.branding.preview_style", permission=CHANGE, request_method="GET")
def preview_style(request):
    """The colors of a preview."""
    chosen = {name: request.GET[name] for name in STYLE if request.GET.get(name)}
    try:
        theme = theme_of(chosen)
    except ValueError:
        raise HTTPNotFound() from None
    return Response(scheme_css(theme, dark=request.GET.get("scheme") == "dark"), content_type="text/css", charset="utf-8")


def _page(request, scope: Scope, asked: Asked) -> dict:
    limits = request.identity.clinic_ids
    clinics = {id_: name for id_, name in clinic_names(request).items() if not limits or id_ in limits}
    changes = [(made, [WHAT[name] for name in looks.changed_fields(made) if name in WHAT]) for made in looks.history(request.db, request.practice_id, scope.clinic_id)]
    return {
        "scope": scope, "form": asked.form, "offers": asked.offers, "same": asked.same, "clinics": clinics, "is_limited": bool(limits),
        "changes": changes, "what": WHAT, "path": _page_of(request, scope.clinic_id), "lifted": _lifted(scope, asked),
        "size": request.POST.get("size"), "scheme": request.POST.get("scheme"),
    }  # fmt: skip


def _lifted(scope: Scope, asked: Asked) -> str:
    """The brand color on dark pages where none is chosen."""
    return palette(theme_of({**scope.inherited, **scope.own, **asked.look, "brand_dark": None}), dark=True)["brand"]


def _preview(request, scope: Scope, whole: Mapping[str, Any], scheme: str, problems: tuple[str, ...]) -> dict:
    let_office_frame(request)
    scheme = scheme if scheme in SCHEMES else "light"
    theme = theme_of(whole)
    style = {name: value for name, value in asdict(theme).items() if name in STYLE and value} | {"scheme": scheme}
    address = request.route_path("office.branding.preview_style", _query=style)
    shown = _dressed(request, scope, whole, theme)
    return {"shown": shown, "style": address, "scheme": scheme, "problems": problems, "marks": {name: whole.get(name) or "" for name in looks.MARKS}}


def _dressed(request, scope: Scope, whole: Mapping[str, Any], theme: Theme) -> Tenant:
    """The practice or clinic as it would be with this look."""
    here = _tenant(request, scope.clinic_id)
    if not scope.clinic and whole.get("name"):
        here = replace(here, name=whole["name"], practice_name=whole["name"])
    return replace(here, theme=theme, greeting=greeting_of(whole))


def _tenant(request, clinic_id: UUID | None) -> Tenant:
    return request.registry.tenants.tenant(request.practice_id, clinic_id, request.tenant.version)


def _defaults() -> dict[str, Any]:
    """What holds where nothing was chosen."""
    return {name: value or "" for name, value in asdict(Theme()).items() if name in STYLE}


def _scope(request, clinic: ClinicDetails | None) -> Scope:
    """Whose look is meant. Raises HTTPNotFound for a clinic, or a whole practice, that one does not look after."""
    limits = request.identity.clinic_ids
    if limits and (clinic is None or clinic.id not in limits):
        raise HTTPNotFound()
    own = looks.chosen(request.db, request.practice_id, clinic.id if clinic else None)
    inherited = looks.chosen(request.db, request.practice_id, None) if clinic else {}
    return Scope(clinic, own, {name: value for name, value in inherited.items() if name != "short_name"})


def _clinic_in_path(request) -> ClinicDetails | None:
    return _clinic_asked(request, str(id_in_path(request))) if "id" in request.matchdict else None


def _clinic_asked(request, text: str) -> ClinicDetails | None:
    """The clinic with this id, none for no id. Raises HTTPNotFound."""
    if not text:
        return None
    found = next((clinic for clinic in request.tenant.clinics if str(clinic.id) == text), None)
    if found is None:
        raise HTTPNotFound()
    return found


def _by(request) -> looks.By:
    return looks.By(request.identity.account_id, request.identity.name)


def _page_of(request, clinic_id: UUID | None) -> str:
    return request.route_path("office.branding.clinic", id=clinic_id) if clinic_id else request.route_path("office.branding")


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.branding", "/office/branding")
    config.add_route("office.branding.preview", "/office/branding/preview")
    config.add_route("office.branding.preview_style", "/office/branding/preview.css")
    config.add_route("office.branding.clinic", "/office/branding/clinics/{id}")
    config.add_route("office.branding.undo", "/office/branding/changes/{id}/undo")
    for route in ("office.branding", "office.branding.clinic", "office.branding.preview"):
        config.take_files(route, *looks.MARKS)
    config.scan("tenants.console.branding")
