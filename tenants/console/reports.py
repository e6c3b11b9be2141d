"""How the portal is used: the period that is asked for, the numbers with their charts, and the same as a file."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.audit_words import sentence
from core.files.disposition import content_disposition
from core.usage.report import Numbers, Period, Report, Unit, report
from core.web.charts import column_chart, row_chart
from core.web.exports import csv_line
from core.web.forms import Form, read_query
from tenants.console.patients import clinic_names, own_clinics

SEE = "office.reports.see"
FIRST_DAY, MOST_DAYS, MOST_WEEKS = date(2000, 1, 1), 3660, 53
NAMES = ("Invited", "Signed in for the first time", "Signed in", "Opened a tab", "Did something")
PHONE, DESK = (340, 230), (760, 280)


class PeriodForm(BaseModel):
    """What the report is about."""

    period: Literal["month", "quarter", "year", "own"] = Field("quarter", title="period")
    since: date | None = Field(None, title="First day", ge=FIRST_DAY)
    until: date | None = Field(None, title="Last day", ge=FIRST_DAY)
    by: Literal["", "week", "month"] = Field("", title="steps")
    clinic: UUID | None = Field(None, title="clinic")

    @model_validator(mode="after")
    def _is_a_period(self):
        if self.period == "own" and not (self.since and self.until):
            raise ValueError("Fill in the first and the last day, or choose another period.")
        if self.period == "own" and self.since and self.until and self.until < self.since:
            raise ValueError("The last day lies before the first one. Turn them around.")
        if self.period == "own" and self.since and self.until and (self.until - self.since).days > MOST_DAYS:
            raise ValueError("Choose ten years at most.")
        return self


@view_config(route_name="office.reports", permission=SEE, request_method="GET", renderer="console/reports.jinja2")
def reports_page(request):
    """The numbers of a period."""
    form = read_query(request, PeriodForm)
    found = _found(request, form)
    if found is None:
        request.response.status = "422 Unprocessable Content"
        return {**_choices(request, form), "report": None}
    request.audit("office.reports.view")
    period, made = found
    points = [(_title(at, period.unit), part.signed_in, part.did) for at, part in made.parts.items()]
    return {
        **_choices(request, form), "report": made, "period": period, "names": NAMES, "rows": list(_rows(request, period, made)),
        "columns": {"narrow": column_chart(points, *PHONE), "wide": column_chart(points, *DESK)},
        "funnel": row_chart(_steps(made.of_invited)), "steps": [(words, f"{number:,}", _share(number, made.of_invited.invited)) for words, number in _steps(made.of_invited)],
        "tabs": row_chart(_views(request, made)) if made.views else None,
        "views": _views(request, made), "acts": _acts(request, made), "file": request.route_path("office.reports.file", _query=request.GET),
    }  # fmt: skip


@view_config(route_name="office.reports.file", permission=SEE, request_method="GET")
def file(request):
    """The same numbers as CSV."""
    found = _found(request, read_query(request, PeriodForm))
    if found is None:
        return HTTPSeeOther(request.route_path("office.reports", _query=request.GET))
    period, made = found
    request.audit("office.reports.export")
    lines = [("What", "From", "Name", *NAMES), *_rows(request, period, made)]
    lines += [("Tab", "", title, "", "", "", str(number), "") for title, number in _views(request, made)]
    lines += [("Act", "", words, "", "", "", "", str(number)) for words, _, number in _acts(request, made)]
    response = Response(b"".join(map(csv_line, lines)), content_type="text/csv", charset="utf-8")
    name = f"use-of-the-portal-{period.first}-{period.last}.csv"
    response.headers["Content-Disposition"] = content_disposition(name, "text/csv", inline=False)
    return response


def period_of(typed: PeriodForm, today: date) -> Period:
    """The days that are meant, of which none is still to come, and the steps in which they are shown."""
    last = min(typed.until or today, today) if typed.period == "own" else today
    first = min(typed.since or last, last) if typed.period == "own" else _first(typed.period, today)
    wanted: Unit = typed.by or ("month" if typed.period == "year" else "week")
    return Period(first, last, wanted if (last - first).days <= MOST_WEEKS * 7 else "month")


def _first(period: str, today: date) -> date:
    """Whole weeks and months, so that the first of them is no stump."""
    if period == "quarter":
        return today - timedelta(days=today.weekday(), weeks=12)
    if period == "year":
        return date(today.year - 1, today.month + 1, 1) if today.month < 12 else date(today.year, 1, 1)
    return today - timedelta(days=29)


def _found(request, form: Form) -> tuple[Period, Report] | None:
    """The period and its numbers; None, with what is wrong said in the form."""
    if form.data is None:
        return None
    reach = request.identity.clinic_ids
    if form.data.clinic and form.data.clinic not in own_clinics(request):
        form.refuse("Choose the clinic from the list.", "clinic")
        return None
    period = period_of(form.data, request.now.astimezone(request.whole_tenant.time_zone).date())
    clinics = (form.data.clinic,) if form.data.clinic else tuple(reach)
    return period, report(request.db, request.practice_id, period, request.now, clinics)


def _choices(request, form: Form) -> dict:
    form.values.setdefault("period", "quarter")
    return {"form": form, "clinics": own_clinics(request), "is_limited": bool(request.identity.clinic_ids)}


def _title(at: date, unit: Unit) -> str:
    return f"{at:%b %Y}" if unit == "month" else f"{at:%b} {at.day}"


def _rows(request, period: Period, made: Report) -> Iterator[tuple[str, ...]]:
    """The whole, each week or month, each clinic, and whom the invitations have brought, as texts."""
    names = clinic_names(request)
    yield "Period", str(period.first), f"until {period.last}", *map(str, made.whole)
    yield "Invited in the period", str(period.first), "how far they came", str(made.of_invited.invited), "", *map(str, made.of_invited[2:])
    for at, part in made.parts.items():
        yield "Month" if period.unit == "month" else "Week", str(at), _title(at, period.unit), *map(str, part)
    for clinic_id, of_clinic in sorted(made.clinics.items(), key=lambda pair: names.get(pair[0], "~") if pair[0] else "~"):
        yield "Clinic", "", names.get(clinic_id, "No clinic, or no chart here") if clinic_id else "No clinic, or no chart here", *map(str, of_clinic)


def _steps(invited: Numbers) -> list[tuple[str, int]]:
    return [("Invited", invited.invited), ("Signed in", invited.signed_in), ("Opened a tab", invited.viewed), ("Did something", invited.did)]


def _share(number: int, whole: int) -> str:
    return f"{number / whole:.0%}" if whole else ""


def _tab(request, name: str) -> str:
    return request.title_of(name) if name in request.registry.plugins.plugins else ""


def _views(request, made: Report) -> list[tuple[str, int]]:
    return [(_tab(request, name) or name.capitalize(), number) for name, number in made.views.items()]


def _acts(request, made: Report) -> list[tuple[str, str, int]]:
    """What was done, in words, in which tab, by how many."""
    return [(sentence(action), _tab(request, action.partition(".")[0]), number) for action, number in made.acts.items()]


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.reports", "/office/reports")
    config.add_route("office.reports.file", "/office/reports/file")
    config.scan("tenants.console.reports")
