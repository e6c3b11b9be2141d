"""For tax or insurance: what was paid in a year, on the screen, as a paper and as a list."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config
from sqlalchemy import select

from core.files.disposition import content_disposition
from core.people.models import Patient
from core.web.forms import Form, read_query
from plugins.account import yearly_files
from plugins.account.pages import parts, seen_people, today_of
from plugins.account.services import yearly
from plugins.account.services.printing import address_of

EVERYONE = "all"


class YearForm(BaseModel):
    """Which year, and whose: the person in view, another one, or everyone whose account may be seen."""

    year: int | None = Field(None, title="Year", ge=1950, le=2199)
    who: UUID | Literal["", "all"] = Field("", title="Person")


@view_config(route_name="account.yearly", permission="account.see", request_method="GET", renderer="account/yearly.jinja2")
def yearly_page(request):
    """The year's sums and payments, and where to get them as files."""
    form = read_query(request, YearForm)
    year, people = _asked(request, form.data or YearForm.model_validate({}))
    everyone = seen_people(request)
    form.values = {"year": str(year), "who": form.values.get("who", "") if form.data else ""}
    first = yearly.first_year(request.db, request.practice_id, [one.id for one in everyone], today_of(request))
    found = yearly.year_of(request.db, request.practice_id, list(people), year, request.tenant.time_zone)
    for patient_id in people:
        request.audit("account.year.view", patient_id)
    return {
        "form": form,
        "found": found,
        "names": people,
        "people": everyone,
        "everyone": EVERYONE,
        "years": [(str(one), str(one)) for one in range(today_of(request).year, first - 1, -1)],
        "query": {"year": year} | ({"who": form.values["who"]} if form.values["who"] else {}),
        "parts": parts(request),
    }


@view_config(route_name="account.yearly_pdf", permission="account.see", request_method="GET")
def yearly_pdf(request):
    """The paper, to keep."""
    year, people, found = _found(request)
    patient = request.db.scalars(select(Patient).where(Patient.practice_id == request.practice_id, Patient.id == request.person.id)).one()
    logo = request.registry.tenants.picture(request.practice_id, request.tenant.theme.logo)
    file = yearly_files.pdf(found, people, address_of(patient), request.tenant, today_of(request), logo)
    return _download(file, f"Payments {year}.pdf", "application/pdf")


@view_config(route_name="account.yearly_csv", permission="account.see", request_method="GET")
def yearly_csv(request):
    """The list, to keep."""
    year, people, found = _found(request)
    return _download(b"".join(yearly_files.csv(found, people)), f"Payments {year}.csv", "text/csv")


def _found(request) -> tuple[int, dict[UUID, str], yearly.Year]:
    form: Form[YearForm] = read_query(request, YearForm)
    if form.data is None:
        raise HTTPNotFound()
    year, people = _asked(request, form.data)
    for patient_id in people:
        request.audit("account.year.download", patient_id)
    return year, people, yearly.year_of(request.db, request.practice_id, list(people), year, request.tenant.time_zone)


def _asked(request, form: YearForm) -> tuple[int, dict[UUID, str]]:
    """The year, and the names of those whose it is; nobody's whose account the viewer may not see."""
    names = {person.id: f"{person.first_name} {person.last_name}" for person in seen_people(request)}
    if form.who not in (*names, "", EVERYONE):
        raise HTTPNotFound()
    chosen = names if form.who == EVERYONE else {id_: name for id_, name in names.items() if id_ == (form.who or request.person.id)}
    return form.year or today_of(request).year, chosen


def _download(file: bytes, name: str, content_type: str) -> Response:
    disposition = content_disposition(name, content_type, inline=False)
    return Response(file, content_type=content_type, charset="utf-8" if content_type == "text/csv" else None, content_disposition=disposition)
