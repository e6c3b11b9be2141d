"""What was changed in tabs and settings, by whom and when, with undo; and what is planned."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import and_, select, tuple_

from core.audit_search import Place
from core.auth.entering import need_proof
from core.web.forms import empty_form
from tenants.console.paging import place_before, written_place
from tenants.console.patients import clinic_names, id_in_path
from tenants.console.saving import author
from tenants.models import SettingChange, SettingPlan
from tenants.settings import ChangedSince, WrongValue, undo_set
from tenants.settings.plans import WAITING, cancel, changes_of, plan_at, plans
from tenants.settings.undoing import set_of
from tenants.settings.words import in_words

SEE, CHANGE = "office.tabs.see", "office.tabs.change"
MOST = 50
"""So many sets of changes stand on a page."""


@dataclass(frozen=True)
class ChangeSet:
    """What was changed in one go, in words."""

    id: UUID
    by: str
    at: datetime
    say: list[str]
    is_undo: bool
    may_undo: bool


@dataclass(frozen=True)
class Planned:
    """A plan in words."""

    plan: SettingPlan
    say: list[str]
    may_cancel: bool


@view_config(route_name="office.changes", permission=SEE, request_method="GET", renderer="console/changes.jinja2")
def changes_page(request):
    """Plans, and the history, the newest first."""
    return _page(request)


@view_config(route_name="office.changes.undo", permission=CHANGE, request_method="POST", renderer="console/changes_since.jinja2")
def undo(request):
    """Put back what was there before; where something was changed since, ask first."""
    change_set = id_in_path(request)
    rows = set_of(request.db, request.practice_id, change_set)
    if not rows or not _within(request, (row.clinic_id for row in rows)):
        raise HTTPNotFound()
    _prove(request, (row.name for row in rows))
    try:
        made = undo_set(
            request.db,
            request.registry.plugins,
            request.practice_id,
            change_set,
            author(request),
            request.now,
            request.POST.get("anyhow") == "yes",
        )
    except ChangedSince as since:
        request.response.status = "409 Conflict"
        back = [line for row in rows for line in _say(request, row.clinic_id, row.name, row.after, row.before)]
        return {
            "id": change_set,
            "since": [line for row in since.rows for line in _say(request, row.clinic_id, row.name, row.before, row.after)],
            "back": back,
        }
    except WrongValue as refusal:
        request.response.status = "422 Unprocessable Content"
        request.override_renderer = "console/changes.jinja2"
        return _page(request, f"This cannot be undone. {refusal}")
    request.session.flash("Undone. Patients see it from their next page on." if made else "Everything stands already as it was before.")
    return HTTPSeeOther(request.route_path("office.changes"))


@view_config(route_name="office.changes.cancel", permission=CHANGE, request_method="POST")
def cancel_plan(request):
    """Take a plan back before its time."""
    plan = plan_at(request.db, request.practice_id, id_in_path(request))
    if plan is None or not _within(request, (one.clinic_id for one in changes_of(plan))):
        raise HTTPNotFound()
    done = cancel(request.db, plan, author(request), request.now)
    request.session.flash("The plan is cancelled." if done else "Too late: this plan does not wait any more.")
    return HTTPSeeOther(request.route_path("office.changes"))


def _page(request, error: str = "") -> dict:
    form = empty_form()
    if error:
        form.refuse(error)
    before = place_before(request)
    sets, more = _sets(request, before)
    path = request.route_path("office.changes")
    older = request.route_path("office.changes", _query={"before": written_place(Place(sets[-1].at, sets[-1].id))}) if more else None
    planned = [] if before else [_planned(request, plan) for plan in plans(request.db, request.practice_id)]
    return {"form": form, "sets": sets, "plans": planned, "newest": path if before else None, "older": older}


def _sets(request, before: Place | None) -> tuple[list[ChangeSet], bool]:
    """A page of the history, from where the page before ended, and whether there is more; what was changed in one go stands together."""
    change = SettingChange
    where = [change.practice_id == request.practice_id]
    where += [tuple_(change.changed_at, change.change_set) < tuple_(before.at, before.id)] if before else []
    places = select(change.changed_at, change.change_set).distinct().where(*where)
    asked = places.order_by(change.changed_at.desc(), change.change_set.desc()).limit(MOST + 1).subquery()
    here = (change.practice_id == request.practice_id, change.change_set == asked.c.change_set, change.changed_at == asked.c.changed_at)
    order = (change.changed_at.desc(), change.change_set.desc(), change.id)
    rows = request.db.scalars(select(change).join(asked, and_(*here)).order_by(*order))
    found = [_set(request, list(some)) for _, some in groupby(rows, key=lambda row: row.change_set)]
    return found[:MOST], len(found) > MOST


def _set(request, rows: list[SettingChange]) -> ChangeSet:
    first = rows[0]
    say = [line for row in rows for line in _say(request, row.clinic_id, row.name, row.before, row.after)]
    may_undo = CHANGE in request.identity.permissions and _within(request, (row.clinic_id for row in rows))
    return ChangeSet(first.change_set, first.changed_by, first.changed_at, say, first.undoes is not None, may_undo)


def _planned(request, plan: SettingPlan) -> Planned:
    wishes, names = changes_of(plan), clinic_names(request)
    say = [line for one in wishes for line in in_words(request.registry.plugins, names, one.clinic_id, one.name, None, one.value)]
    may = plan.state == WAITING and CHANGE in request.identity.permissions and _within(request, (one.clinic_id for one in wishes))
    return Planned(plan, say, may)


def _say(request, clinic_id: UUID | None, name: str, before: dict | None, after: dict | None) -> list[str]:
    values = [value["value"] if value else None for value in (before, after)]
    return in_words(request.registry.plugins, clinic_names(request), clinic_id, name, *values)


def _within(request, clinic_ids: Iterable[UUID | None]) -> bool:
    """Whether all of these are theirs to change: somebody with clinics of their own changes nothing of the practice."""
    limits = request.identity.clinic_ids
    return not limits or all(clinic_id in limits for clinic_id in clinic_ids)


def _prove(request, names: Iterable[str]) -> None:
    schemas = request.registry.plugins.settings
    for plugin, _, field in (name.partition(".") for name in names):
        schema = schemas.get(plugin)
        info = schema.model_fields.get(field) if schema else None
        if info and isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("needs_proof"):
            need_proof(request, request.route_path("office.changes"))


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.changes", "/office/changes")
    config.add_route("office.changes.undo", "/office/changes/{id}/undo")
    config.add_route("office.changes.cancel", "/office/changes/plans/{id}/cancel")
    config.scan("tenants.console.changes")
