"""Records from the practice's own system, at the office: when which kind last came in, the last runs, and what was refused and why, to be tried again."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.second_views import typed
from core.plugins import OfficeItem
from core.records import OUTCOMES, Answer, freshness, origins, refusals, retrying, runs, title_of
from core.records.freshness import HOURS, Arrival
from core.records.kinds import kinds_at
from core.records.models import RecordsRefusal, RecordsRun
from core.records.refusals import Listed
from core.web.forms import Form, Line, empty_form, page_number, read_form
from tenants.console.patients import id_in, id_in_path

SEE, SETTLE = "office.sync.see", "office.sync.settle"
LAST_PAGE, PAGE, MOST_RUNS, MOST_REASONS = 200, 50, 20, 5
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
    refused, more = refusals.listed(request.db, request.practice_id, page, PAGE)
    found = freshness.arrivals(request.db, request.practice_id)
    hours = request.whole_tenant.settings[HOURS]
    shown = [_show(run, request.now) for run in runs.newest(request.db, request.practice_id, MOST_RUNS)]
    request.audit("office.sync.view")
    return {
        "kinds": [(one, one.ages and freshness.is_stale(one.came_at, hours, request.now)) for one in by_kind(found)], "hours": hours, "runs": shown,
        "stale_at": freshness.stale_at(found, hours), "refused": refused, "alike": _alike(refused), "page": page, "more": more, "title_of": title_of, "kept_days": refusals.KEPT.days,
        "outcomes": OUTCOMES, "one_minute": timedelta(minutes=1), "form": form, "looked": False,
        "choices": [("", "Choose one"), *((one.kind, title_of(one.kind)) for one in by_kind(found))],
    }  # fmt: skip


@view_config(route_name="office.sync.dealt", permission=SETTLE, request_method="POST")
def mark_dealt(request):
    """Take refused records off the list: one, those that were chosen or are alike, or all of them."""
    ids = _meant(request)
    if ids == []:
        return _nothing_chosen(request)
    gone = refusals.forget(request.db, request.practice_id, ids, request.now)
    request.audit("office.sync.dealt", target_id=gone[0] if len(gone) == 1 else None)
    request.session.flash("It is off the list." if len(gone) == 1 else "They are off the list.")
    return HTTPSeeOther(request.route_path("office.sync"))


@view_config(route_name="office.sync.again", permission=SETTLE, request_method="POST")
def try_again(request):
    """Try refused records once more: one, those that were chosen or are alike, or all of them."""
    ids = _meant(request)
    if ids == []:
        return _nothing_chosen(request)
    answers = retrying.try_again(request.db, kinds_at(request.registry, request.practice_id), ids, request.now)
    request.audit("office.sync.again", target_id=ids[0] if ids and len(ids) == 1 else None)
    request.session.flash(_told(answers))
    return HTTPSeeOther(request.route_path("office.sync"))


@view_config(route_name="office.sync.refused", permission=SETTLE, request_method="GET", renderer="console/sync_refused.jinja2")
def refused_page(request):
    """What a refused record said. It may be of a patient of any clinic, so that who works for some of them does not see it."""
    if request.identity.clinic_ids:
        raise HTTPNotFound()
    row = _refused(request, id_in_path(request))
    request.audit("office.sync.look", target_id=row.id)
    return {"one": row, "which": f"{title_of(row.kind)} {row.external_id}", "fields": [] if row.content is None else list(_fields(row.content))}


def by_kind(found: list[Arrival]) -> list[Arrival]:
    """Of each kind the source that brought it last, by name; `found` has the newest first."""
    return sorted({one.kind: one for one in reversed(found)}.values(), key=lambda one: one.kind)


def _show(run: RecordsRun, now) -> ShownRun:
    numbers = {outcome: sum(of_kind.get(outcome, 0) for of_kind in run.counts.values()) for outcome in OUTCOMES}
    words = ", ".join(f"{number:,} {OUTCOMES[outcome]}" for outcome, number in numbers.items() if number)
    return ShownRun(run, runs.state_of(run, now), words or "Nothing")


def _meant(request) -> list[UUID] | None:
    """Which are meant; None for all, none where nothing was chosen. Raises HTTPNotFound where none of them is on the list (any more)."""
    if typed(request, "which") == "all":
        return None
    chosen = [id_in(word if isinstance(word, str) else "") for word in request.POST.getall("refusal")[: refusals.MOST_REFUSED]]
    if not chosen and typed(request, "which") == "chosen":
        return []
    found = refusals.ids_of(request.db, request.practice_id, chosen, with_alike=typed(request, "which") == "alike")
    if not found:
        raise HTTPNotFound()
    return found


def _nothing_chosen(request) -> HTTPSeeOther:
    request.session.flash("Choose some of them first.")
    return HTTPSeeOther(request.route_path("office.sync") + "#refused")


def _alike(listed: list[Listed]) -> list[Listed]:
    """The first of each that were refused for one reason, the most frequent before the others, where that is not all of them."""
    groups = {(one.row.kind, one.row.reason): one for one in reversed(listed) if one.alike > 1}
    return sorted(groups.values(), key=lambda one: -one.alike)[:MOST_REASONS] if len({(one.row.kind, one.row.reason) for one in listed}) > 1 else []


def _refused(request, id_: UUID) -> RecordsRefusal:
    row = request.db.get(RecordsRefusal, (request.practice_id, id_))
    if row is None:
        raise HTTPNotFound()
    return row


def _told(answers: list[Answer]) -> str:
    """What became of records that were tried once more."""
    still = sum(answer.outcome == refusals.REFUSED for answer in answers)
    taken = len(answers) - still
    if not answers:
        return "There was nothing to try: a newer state of it has come meanwhile."
    words = [f"{taken:,} {'is' if taken == 1 else 'are'} in the portal now."] if taken else []
    return " ".join([*words, *([f"{still:,} {'is' if still == 1 else 'are'} still refused; each says why."] if still else [])])


def _fields(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a record said, field for field, without which one it is."""
    for name, value in content.items():
        if name not in ("kind", "external_id"):
            yield title_of(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def includeme(config) -> None:
    """Add the page, and what waits on it to the first page."""
    config.add_office_item(STALE)
    config.add_office_item(REFUSED)
    config.add_route("office.sync", "/office/sync")
    config.add_route("office.sync.dealt", "/office/sync/dealt")
    config.add_route("office.sync.again", "/office/sync/again")
    config.add_route("office.sync.refused", "/office/sync/refused/{id}")
    config.add_route("office.sync.origin", "/office/sync/origin")
    config.scan("tenants.console.sync")
