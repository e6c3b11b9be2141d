"""Records from the practice's own system, at the office: when which kind last came in, the last runs, and what was refused and why."""

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.second_views import typed
from core.plugins import OfficeItem
from core.records import OUTCOMES, freshness, origins, runs, title_of
from core.records.freshness import HOURS, Arrival
from core.records.models import RecordsRun
from core.web.forms import Form, Line, empty_form, page_number, read_form

SEE, SETTLE = "office.sync.see", "office.sync.settle"
LAST_PAGE, PAGE, MOST_RUNS = 200, 50, 20
STALE = OfficeItem(
    "office.sync.stale", "Records are out of date", "Your practice system has sent nothing for longer than you allow.", "hourglass-split", "office.sync", SEE, freshness.STALE, 5
)
REFUSED = OfficeItem(
    "office.sync.refused", "Refused records", "Your practice system sent them, and the portal could not take them in.", "arrow-repeat", "office.sync", SEE, freshness.REFUSED, 65
)


class OriginForm(BaseModel):
    """Which record is meant."""

    kind: Line = Field(title="Kind of record", max_length=80, json_schema_extra={"missing": "Choose a kind of record."})
    number: Line = Field(title="Number", max_length=200, json_schema_extra={"missing": "Enter the number that it has in your practice system."})


class ShownRun(NamedTuple):
    """A run as it is shown: `state` is how it ended, `words` how many records became what."""

    row: RecordsRun
    state: str
    words: str


@view_config(route_name="office.sync", permission=SEE, request_method="GET", renderer="console/sync.jinja2")
def sync_page(request):
    """How fresh the records are, the newest runs, and what was refused."""
    return _values(request, empty_form())


@view_config(route_name="office.sync.origin", permission=SEE, request_method="POST", renderer="console/sync.jinja2")
def see_origin(request):
    """Where one record has come from. What is asked for stands in no address: a number may be a name."""
    form = read_form(request, OriginForm)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _values(request, form)
    origin = origins.origin_of(request.db, request.practice_id, form.data.kind, form.data.number)
    return {**_values(request, form), "looked": True, "origin": origin}


def _values(request, form: Form) -> dict[str, Any]:
    page = page_number(request, LAST_PAGE)
    refused, more = runs.refused(request.db, request.practice_id, page, PAGE)
    found = freshness.arrivals(request.db, request.practice_id)
    hours = request.whole_tenant.settings[HOURS]
    shown = [_show(run, request.now) for run in runs.newest(request.db, request.practice_id, MOST_RUNS)]
    request.audit("office.sync.view")
    return {
        "kinds": [(one, one.ages and freshness.is_stale(one.came_at, hours, request.now)) for one in by_kind(found)], "hours": hours, "runs": shown,
        "stale_at": freshness.stale_at(found, hours), "refused": refused, "page": page, "more": more, "title_of": title_of, "kept_days": runs.KEPT.days,
        "outcomes": OUTCOMES, "one_minute": timedelta(minutes=1), "form": form, "looked": False,
        "choices": [("", "Choose one"), *((one.kind, title_of(one.kind)) for one in by_kind(found))],
    }  # fmt: skip


@view_config(route_name="office.sync.dealt", permission=SETTLE, request_method="POST")
def mark_dealt(request):
    """Take refused records off the list: one, or all of them."""
    gone = runs.forget(request.db, request.practice_id, [_id(request)] if typed(request, "refusal") else None, request.now)
    if typed(request, "refusal") and not gone:
        raise HTTPNotFound()
    request.audit("office.sync.dealt", target_id=gone[0] if len(gone) == 1 else None)
    request.session.flash("It is off the list." if len(gone) == 1 else "They are off the list.")
    return HTTPSeeOther(request.route_path("office.sync"))


def by_kind(found: list[Arrival]) -> list[Arrival]:
    """Of each kind the source that brought it last, by name; `found` has the newest first."""
    return sorted({one.kind: one for one in reversed(found)}.values(), key=lambda one: one.kind)


def _show(run: RecordsRun, now) -> ShownRun:
    numbers = {outcome: sum(of_kind.get(outcome, 0) for of_kind in run.counts.values()) for outcome in OUTCOMES}
    words = ", ".join(f"{number:,} {OUTCOMES[outcome]}" for outcome, number in numbers.items() if number)
    return ShownRun(run, runs.state_of(run, now), words or "Nothing")


def _id(request) -> UUID:
    try:
        return UUID(typed(request, "refusal"))
    except ValueError:
        raise HTTPNotFound() from None


def includeme(config) -> None:
    """Add the page, and what waits on it to the first page."""
    config.add_office_item(STALE)
    config.add_office_item(REFUSED)
    config.add_route("office.sync", "/office/sync")
    config.add_route("office.sync.dealt", "/office/sync/dealt")
    config.add_route("office.sync.origin", "/office/sync/origin")
    config.scan("tenants.console.sync")
