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
from plugins.account.services import bookkeeping, fees
from plugins.account.services.bookkeeping import NAMES, Day
from tenants.console.patients import clinic_names, own_clinics
from tenants.console.reports import PeriodForm, period_of

FILE, FEES = f"{BOOKS}.file", f"{BOOKS}.fees"
FEE_COLUMNS = ("Day", "Clinic", "What", "Receipt", "Gross", "Fee", "Net", "Payout", "Reaches the bank on", "Card service’s number")


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
    sums = fees.together(_fee_lines(request, form, period))
    whole = [sum(day.cents[number] for day in days) for number in range(len(NAMES))]
    return values | {"found": days[-200:], "cut": len(days) > 200, "whole": whole, "period": period, "at": clinic_names(request), "file": request.route_path(FILE, _query=request.GET), "fees": request.route_path(FEES, _query=request.GET), "sums": sums}


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


@view_config(route_name=FEES, permission=SEE, request_method="GET")
def fees_file(request):
    """What the card service took in, kept and paid out, line by line, with what it comes to."""
    form = read_query(request, PeriodForm)
    found = _found(request, form)
    if found is None:
        return HTTPSeeOther(request.route_path(BOOKS, _query=request.GET))
    period, names = found[0], clinic_names(request)
    lines = _fee_lines(request, form, period)
    request.audit("account.books.export")
    body = csv_line(FEE_COLUMNS)
    for one in lines:
        clinic = names.get(one.clinic_id, "") if one.clinic_id else ""
        body += csv_line((str(one.day), clinic, one.what, one.receipt_number, *_dollars(one.sums), one.payout_reference, str(one.paid_out_on or ""), one.reference))
    body += csv_line(("Together", "", "", "", *_dollars(fees.together(lines)), "", "", ""))
    response = Response(body, content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = content_disposition(f"card-service-{period.first}-{period.last}.csv", "text/csv", inline=False)
    return response


def _fee_lines(request, form: Form[PeriodForm], period: Period) -> list[fees.Line]:
    reach = [form.data.clinic] if form.data and form.data.clinic else list(request.identity.clinic_ids)
    return list(fees.lines(request.db, request.practice_id, period.first, period.last, request.whole_tenant.time_zone, reach))


def _dollars(sums: fees.Sums) -> tuple[float, float, float]:
    return sums.gross_cents / 100, sums.fee_cents / 100, sums.net_cents / 100


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
    config.add_route(FEES, "/bookkeeping/card-service")
