"""Visits in numbers, with charts, and the same as a file."""

from collections.abc import Iterator
from operator import itemgetter
from uuid import UUID

from pydantic import Field
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.files.disposition import content_disposition
from core.web.charts import column_chart, row_chart
from core.web.exports import csv_line
from core.web.forms import Form, read_query
from plugins.appointments.office.place import REPORTS, SEE, parts
from plugins.appointments.services.numbers import ASKED, BOOKED, CHANGED, HELD, HOW, NAMES, Numbers, Span, numbers
from tenants.console.reports import DESK, PHONE, PeriodForm, period_of

FILE = f"{REPORTS}.file"


class ReportForm(PeriodForm):
    """What the report is about."""

    provider: UUID | None = Field(None, title="provider")


@view_config(route_name=REPORTS, permission=SEE, request_method="GET", renderer="appointments/office/reports.jinja2")
def reports_page(request):
    """The numbers of a period."""
    form = read_query(request, ReportForm)
    found = _found(request, form)
    if found is None:
        request.response.status = "422 Unprocessable Content"
        return {**_choices(request, form), "report": None}
    request.audit("appointments.reports.view")
    span, made = found
    points = [(_title(at, span), sum(part[name] for name in BOOKED), part["new"]) for at, part in made.parts.items()]
    return {
        **_choices(request, form), "report": made, "span": span, "names": NAMES, "rows": list(_rows(request, span, made)),
        "columns": {"narrow": column_chart(points, *PHONE), "wide": column_chart(points, *DESK)},
        "charts": [(title, words, row_chart([(name, made.whole[key]) for key, name in of.items()]), [(name, f"{made.whole[key]:,}") for key, name in of.items()], sum(made.whole[key] for key in of))
                   for title, words, of in _GROUPS],
        "file": request.route_path(FILE, _query=request.GET),
    }  # fmt: skip


_GROUPS = (
    ("Booked online", "By the day on which patients booked.", BOOKED),
    ("Moved and cancelled", "By patients, or at their request.", CHANGED),
    ("Confirmations", "How many were asked by a message and answered it, and how visits came to be confirmed.", ASKED | HOW),
    ("Visits of the period", "Whose time has come. Somebody who did not come has a broken visit that was not cancelled before.", HELD),
)


@view_config(route_name=FILE, permission=SEE, request_method="GET")
def file(request):
    """The same numbers as CSV."""
    found = _found(request, read_query(request, ReportForm))
    if found is None:
        return HTTPSeeOther(request.route_path(REPORTS, _query=request.GET))
    span, made = found
    request.audit("appointments.reports.export")
    lines = [("What", "Name", *NAMES.values()), *_rows(request, span, made)]
    response = Response(b"".join(map(csv_line, lines)), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = content_disposition(f"visits-{span.first}-{span.last}.csv", "text/csv", inline=False)
    return response


def _found(request, form: Form[ReportForm]) -> tuple[Span, Numbers] | None:
    """The period and its numbers; None, with what is wrong said in the form."""
    choices = _choices(request, form)
    if form.data is None:
        return None
    for name, known in (("clinic", choices["clinics"]), ("provider", choices["providers"])):
        typed = getattr(form.data, name, None)
        if typed and typed not in known:
            form.refuse(f"Choose the {name} from the list.", name)
            return None
    zone = request.whole_tenant.time_zone
    period = period_of(form.data, request.now.astimezone(zone).date())
    clinics = (form.data.clinic,) if form.data.clinic else tuple(request.identity.clinic_ids)
    span = Span(period.first, period.last, period.unit, zone)
    return span, numbers(request.db, request.practice_id, span, request.now, clinics, form.data.provider)


def _choices(request, form: Form) -> dict:
    form.values.setdefault("period", "quarter")
    reach = request.identity.clinic_ids
    clinics = {one.id: one.name for one in request.whole_tenant.clinics if not reach or one.id in reach}
    return {"form": form, "clinics": clinics, "providers": {UUID(id_): name for id_, name in request.whole_tenant.providers.items()}, "parts": parts(request)}


def _title(at, span: Span) -> str:
    return f"{at:%b %Y}" if span.unit == "month" else f"{at:%b} {at.day}"


def _rows(request, span: Span, made: Numbers) -> Iterator[tuple[str, ...]]:
    """The whole, each week or month, each clinic and each provider, as texts."""
    choices = _choices(request, Form())
    yield "Period", f"{span.first} to {span.last}", *_texts(made.whole)
    for at, part in made.parts.items():
        yield "Month" if span.unit == "month" else "Week", str(at), *_texts(part)
    for what, names, counted in (("Clinic", choices["clinics"], made.clinics), ("Provider", choices["providers"], made.providers)):
        named = [(names.get(key, "Another one") if key else f"No {what.lower()}", part) for key, part in counted.items()]
        for name, part in sorted(named, key=itemgetter(0)):
            yield what, name, *_texts(part)


def _texts(counted) -> Iterator[str]:
    return (str(counted[name]) for name in NAMES)


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(REPORTS, "/reports")
    config.add_route(FILE, "/reports/file")
