"""Changing the tabs in three steps: change, look at what comes of it, save now or for later."""

from dataclasses import dataclass
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import looking
from core.auth.realms import PORTAL
from core.auth.roles import VIEW_AS
from core.plugins import Tab
from core.web import cookies
from core.web.forms import Form, empty_form
from tenants.console.patients import clinic_names
from tenants.console.saving import author, save_or_plan
from tenants.console.tabs import draft as drafts
from tenants.console.tabs import shown
from tenants.settings import Change
from tenants.settings.words import in_words

SEE, CHANGE = "office.tabs.see", "office.tabs.change"
EDIT, PREVIEW = "console/tabs.jinja2", "console/tabs_preview.jinja2"
NOTHING = "Nothing is changed yet."


@dataclass
class Step:
    """Where somebody stands: how things are, what the form says, and what that changes."""

    tabs: dict[str, Tab]
    kept: drafts.Kept
    draft: drafts.Draft
    changes: list[Change]
    errors: dict[str, str]


@view_config(route_name="office.tabs", permission=SEE, request_method="GET", renderer=EDIT)
def tabs_page(request):
    """All tabs, as they are now."""
    if "clinic" not in request.GET and request.identity.clinic_ids:
        own = next((clinic.id for clinic in request.tenant.clinics if clinic.id in request.identity.clinic_ids), None)
        if own:
            return HTTPSeeOther(request.route_path("office.tabs", _query={"clinic": str(own)}))
    return _edit(request, _step(request, _place(request, request.GET.get("clinic", "")), is_sent=False))


@view_config(route_name="office.tabs", permission=CHANGE, request_method="POST", renderer=EDIT)
def rework(request):
    """Another order, or back from the preview: the page again with what was chosen, and nothing saved."""
    step = sent(request)
    move = request.POST.get("move", "")
    step.draft.move(move if isinstance(move, str) else "")
    return _edit(request, step, moved=move.partition(" ")[0] if isinstance(move, str) else "")


@view_config(route_name="office.tabs.preview", permission=CHANGE, request_method="POST", renderer=PREVIEW)
def preview(request):
    """What comes of it, before it is saved."""
    step = sent(request)
    if step.errors or not step.changes:
        return refused(request, step)
    return _preview(request, step, empty_form(when="now"))


@view_config(route_name="office.tabs.save", permission=CHANGE, request_method="POST", renderer=PREVIEW)
def save(request):
    """Make the changes, or plan them."""
    step = sent(request)
    if step.errors or not step.changes:
        return refused(request, step)
    if request.POST.get("version") != str(request.visitor.version):
        form = empty_form(when="now")
        form.refuse("Somebody has changed something meanwhile. Look at what would change now, then save.")
        request.response.status = "422 Unprocessable Content"
        return _preview(request, step, form)
    form = save_or_plan(request, step.changes, _zone(request, step.draft.place), author(request))
    if form.errors:
        request.response.status = "422 Unprocessable Content"
        return _preview(request, step, form)
    looking.end_drafts(request.db, request.practice_id, request.identity.account_id, request.now)
    return HTTPSeeOther(request.route_path("office.tabs", _query={"clinic": str(step.draft.place)} if step.draft.place else {}))


def refused(request, step: Step):
    """The form again; the answer is the page to change things on, whichever step was asked for."""
    request.response.status = "422 Unprocessable Content"
    request.override_renderer = EDIT
    return _edit(request, step, error="" if step.errors else NOTHING)


def sent(request) -> Step:
    """What the form says. Raises HTTPNotFound for a place that one may not change."""
    typed = request.POST.get("place", "")
    return _step(request, _place(request, typed if isinstance(typed, str) else "-", to_change=True), is_sent=True)


def _step(request, place: UUID | None, is_sent: bool) -> Step:
    host, tabs = request.registry.plugins, shown.all_tabs(request)
    kept, order = request.registry.tenants.kept(request.practice_id, request.visitor.version), shown.ordered(request, tabs, place)
    before = drafts.current(host, kept, place, order)
    draft = drafts.read(request, drafts.current(host, kept, place, order)) if is_sent else before
    return Step(
        tabs, kept, draft, drafts.changes(host, kept, draft, before, shown.ordered(request, tabs, None)), drafts.wrong_titles(host, draft)
    )


def _place(request, typed: str, to_change: bool = False) -> UUID | None:
    """The clinic that is meant, None for the practice. Raises HTTPNotFound where there is none, or it is not theirs to change."""
    limits = request.identity.clinic_ids
    if not typed:
        if to_change and limits:
            raise HTTPNotFound()
        return None
    found = next((clinic.id for clinic in request.tenant.clinics if str(clinic.id) == typed), None)
    if found is None or (limits and found not in limits):
        raise HTTPNotFound()
    return found


def _zone(request, place: UUID | None):
    return next((clinic.time_zone for clinic in request.tenant.clinics if clinic.id == place), request.whole_tenant.time_zone)


def _edit(request, step: Step, error: str = "", moved: str = "") -> dict:
    form: Form = Form(values={}, errors=dict(step.errors))
    if error:
        form.refuse(error)
    # What is wrong cannot be worked out: the cards then show how things are.
    then = shown.tenants(request, () if step.errors else step.changes)[step.draft.place]
    return {
        "form": form,
        "draft": step.draft,
        "cards": shown.cards(request, step.tabs, step.kept, step.draft, then),
        "places": _places(request),
        "may_change": CHANGE in request.identity.permissions and not (step.draft.place is None and request.identity.clinic_ids),
        "is_changed": bool(step.changes),
        "moved": moved,
    }


def _places(request) -> list[tuple[UUID | None, str]]:
    limits = request.identity.clinic_ids
    found: list[tuple[UUID | None, str]] = [] if limits else [(None, "Whole practice")]
    if len(request.tenant.clinics) > 1 or limits:
        found += [(id_, name) for id_, name in clinic_names(request).items() if not limits or id_ in limits]
    return found


def _preview(request, step: Step, form: Form) -> dict:
    host, place = request.registry.plugins, step.draft.place
    now, then = shown.tenants(request), shown.tenants(request, step.changes)
    names = clinic_names(request)
    say = [
        line
        for one in step.changes
        for line in in_words(host, names, one.clinic_id, one.name, step.kept.get((one.clinic_id, one.name)), one.value)
    ]
    return draft_values(request, step) | {
        "form": form,
        "say": say,
        "also": shown.side_effects(request, now, then, step.changes),
        "seen": shown.seen(request, step.tabs, then, places_of(request, step)),
        "place_name": names[place] if place else "",
        "zone": _zone(request, place),
        "found": (),
    }


def places_of(request, step: Step) -> list[UUID | None]:
    """The clinics that a draft is about; none, as one of them, where the practice has no clinic."""
    return [step.draft.place] if step.draft.place else [*clinic_names(request)] or [None]


def draft_values(request, step: Step) -> dict:
    """What a page holds so that the draft goes along with its forms, and whose portal can be looked at with it."""
    identity = request.identity
    return {
        "draft": step.draft,
        "hidden": [("also", name) for name in drafts.not_tabs(request.registry.plugins)]
        + [(f"on.{name}", state) for name, state in step.draft.switches.items() if step.draft.place or state == drafts.ON],
        "version": request.visitor.version,
        "places": [(place, clinic_names(request)[place] if place else request.tenant.practice_name) for place in places_of(request, step)],
        "may_open": identity.support is None,
        "may_choose": VIEW_AS in identity.permissions,
        "is_open": bool(cookies.get(request, PORTAL.cookie)),
    }
