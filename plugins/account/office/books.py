"""What happened on accounts by day and clinic, as a table and as a file for bookkeeping."""

from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.files.disposition import content_disposition
from core.usage.report import Period
from core.web.exports import csv_line
from core.web.forms import Form, read_query
from plugins.account.office.place import BOOKS, SEE, parts, refused
from plugins.account.services import bookkeeping
from plugins.account.services.bookkeeping import NAMES, Day
from tenants.console.patients import clinic_names, own_clinics
from tenants.console.reports import PeriodForm, period_of

FILE = f"{BOOKS}.file"


@view_config(route_name=BOOKS, permission=SEE, request_method="GET", renderer="account/office/books.jinja2")
def books_page(request):
    """The days of a period."""
    form = read_query(request, PeriodForm)
    form.values.setdefault("period", "month")
    found = _found(request, form)
    values = {"form": form, "clinics": own_clinics(request), "parts": parts(request), "names": NAMES, "found": None}
    if found is None:
        return refused(request, values)
    period, days = found
    request.audit("account.books.view")
    whole = [sum(day.cents[number] for day in days) for number in range(len(NAMES))]
    return values | {"found": days[-200:], "cut": len(days) > 200, "whole": whole, "period": period, "at": clinic_names(request), "file": request.route_path(FILE, _query=request.GET)}


@view_config(route_name=FILE, permission=SEE, request_method="GET")
def file(request):
    """The same as CSV, in dollars."""
    found = _found(request, read_query(request, PeriodForm))
    if found is None:
        return HTTPSeeOther(request.route_path(BOOKS, _query=request.GET))
    period, days = found
    request.audit("account.books.export")
    names = clinic_names(request)
    lines = [csv_line((str(day.day), _clinic(names, day), *(cents / 100 for cents in day.cents))) for day in days]
    response = Response(b"".join([csv_line(("Day", "Clinic", *NAMES)), *lines]), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = content_disposition(f"bookkeeping-{period.first}-{period.last}.csv", "text/csv", inline=False)
    return response


def _found(request, form: Form[PeriodForm]) -> tuple[Period, list[Day]] | None:
    """The period and its days; None, with what is wrong said in the form."""
    if form.data and form.data.clinic and form.data.clinic not in own_clinics(request):
        form.refuse("Choose the clinic from the list.", "clinic")
    if form.data is None:
        return None
    typed = form.data if "period" in request.GET else form.data.model_copy(update={"period": "month"})
    zone = request.whole_tenant.time_zone
    period = period_of(typed, request.now.astimezone(zone).date())
    reach = [form.data.clinic] if form.data.clinic else list(request.identity.clinic_ids)
    return period, bookkeeping.days(request.db, request.practice_id, period.first, period.last, zone, reach)


def _clinic(names: dict[UUID, str], day: Day) -> str:
    return names.get(day.clinic_id, "") if day.clinic_id else ""


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(BOOKS, "/bookkeeping")
    config.add_route(FILE, "/bookkeeping/file")
