"""What is owed and for how long: by clinic with a chart, whoever owes longest, and the same as a file."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.response import Response
from pyramid.view import view_config
from sqlalchemy import select

from core.auth.entering import need_proof
from core.files.disposition import content_disposition
from core.people.models import Patient
from core.web.charts import row_chart
from core.web.exports import csv_line
from core.web.forms import Form, read_form, read_query
from plugins.account.office.place import AGING, SEE, parts, refused
from plugins.account.services import owing
from plugins.account.services.owing import AGE_WORDS, Owing
from tenants.console.patients import clinic_names, own_clinics

FILE = f"{AGING}.file"
SHOWN = 50
COLUMNS = (*AGE_WORDS.values(), "Owed", "Credit", "Expected from insurance")


class AgingForm(BaseModel):
    """Whose accounts."""

    clinic: UUID | None = Field(None, title="clinic")
    scope: Literal["patient", "family"] = Field("patient", title="whose accounts")


@view_config(route_name=AGING, permission=SEE, request_method="GET", renderer="account/office/aging.jinja2")
def aging_page(request):
    """What is owed now."""
    form = read_query(request, AgingForm)
    found = _found(request, form)
    values = {"form": form, "clinics": own_clinics(request), "parts": parts(request), "found": found}
    if found is None:
        return refused(request, values)
    request.audit("account.aging.view")
    whole, longest = _sums(found), sorted(found, key=lambda one: (one.ages[::-1], one.owed_cents), reverse=True)[:SHOWN]
    bars = [(words, cents // 100) for words, cents in zip(AGE_WORDS.values(), whole[:4], strict=True)]
    people = _people(request, [one.head_id for one in longest])
    return values | {
        "whole": whole, "columns": COLUMNS, "chart": row_chart(bars), "by_clinic": _by_clinic(request, found), "query": dict(request.GET),
        "longest": [(people[one.head_id], one) for one in longest if one.owed_cents > 0], "names": clinic_names(request),
    }  # fmt: skip


@view_config(route_name=FILE, permission=SEE, request_method="POST", renderer="account/office/aging.jinja2")
def file(request):
    """Every account as a line of CSV."""
    form = read_form(request, AgingForm)
    found = _found(request, form)
    if found is None:
        return refused(request, {"form": form, "clinics": own_clinics(request), "parts": parts(request), "found": None})
    need_proof(request, request.route_path(AGING))
    request.audit("account.aging.export")
    people, names = _people(request, [one.head_id for one in found]), clinic_names(request)
    body = csv_line(("Chart", "Last name", "First name", "Clinic", *COLUMNS))
    for one in found:
        who = people[one.head_id]
        body += csv_line((who.external_id or "", who.last_name, who.first_name, names.get(one.clinic_id, "") if one.clinic_id else "", *_dollars(_sums([one]))))
    response = Response(body, content_type="text/csv", charset="utf-8")
    day = request.now.astimezone(request.whole_tenant.time_zone).date()
    response.headers["Content-Disposition"] = content_disposition(f"aging-{day}.csv", "text/csv", inline=False)
    return response


def _found(request, form: Form[AgingForm]) -> list[Owing] | None:
    """Every account that owes something or has a credit; None, with what is wrong said in the form."""
    if form.data and form.data.clinic and form.data.clinic not in own_clinics(request):
        form.refuse("Choose the clinic from the list.", "clinic")
    if form.data is None:
        return None
    filters = owing.Filters(scope=form.data.scope, clinic=form.data.clinic, negative=True)
    today = request.now.astimezone(request.whole_tenant.time_zone).date()
    return owing.owing(request.db, request.practice_id, filters, today, request.identity.clinic_ids)


def _sums(found: Sequence[Owing]) -> tuple[int, ...]:
    """The columns added up: four ages, what is owed, credits, pending insurance."""
    ages = (sum(one.ages[number] for one in found) for number in range(4))
    owed, credit = (sum(max(0, sign * one.owed_cents) for one in found) for sign in (1, -1))
    return *ages, owed, credit, sum(one.pending_insurance_cents for one in found)


def _by_clinic(request, found: Sequence[Owing]) -> list[tuple[str, tuple[int, ...]]]:
    names, groups = clinic_names(request), defaultdict(list)
    for one in found:
        groups[names.get(one.clinic_id, "No clinic") if one.clinic_id else "No clinic"].append(one)
    return [(name, _sums(of)) for name, of in sorted(groups.items())]


def _people(request, ids: Collection[UUID]) -> dict[UUID, Patient]:
    mine = (Patient.practice_id == request.practice_id, Patient.id.in_(ids))
    return {one.id: one for one in request.db.scalars(select(Patient).where(*mine))}


def _dollars(amounts: Sequence[int]) -> list[float]:
    # Two digits after the point are exact to the cent as far as any ledger goes.
    return [cents / 100 for cents in amounts]


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(AGING, "/aging")
    config.add_route(FILE, "/aging/file")
