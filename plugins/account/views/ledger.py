"""Visits and payments: the whole ledger by visit, with what is looked for."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.web.asked import read_asked, write_asked
from core.web.forms import Form, Line, empty_form, read_form
from plugins.account.pages import page_number, pages_of, parts, seen_people, today_of
from plugins.account.services import ledger, visits

ABOUT, PAGE = "account.ledger", "account/ledger.jinja2"
EVERYONE = "all"
FIRST_YEAR, LAST_YEAR = 1950, 2199
YEARS_AT_FIRST = 10
KINDS = {"charge": "Charges", "insurance_payment": "Insurance payments", "adjustment": "Adjustments", "payment": "Payments"}


class LedgerForm(BaseModel):
    """What is looked for; whatever is left empty is not asked."""

    who: UUID | Literal["", "all"] = Field("", title="Person")
    year: int | Literal[""] = Field("", title="Year", ge=FIRST_YEAR, le=LAST_YEAR)
    since: date | None = Field(None, title="First day", ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))
    until: date | None = Field(None, title="Last day", ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))
    kind: Literal["", "charge", "insurance_payment", "adjustment", "payment"] = Field("", title="Kind")
    find: Line = Field("", title="Words or amount", max_length=100)

    @model_validator(mode="after")
    def _runs_forward(self):
        if self.since and self.until and self.until < self.since:
            raise ValueError("The last day lies before the first one. Turn them around.")
        return self

    @property
    def wanted(self) -> visits.Wanted:
        """The same for the ledger; days that were typed count more than a year."""
        typed = self.since or self.until
        since = date(self.year, 1, 1) if self.year and not typed else self.since or date.min
        until = date(self.year, 12, 31) if self.year and not typed else self.until or date.max
        return visits.Wanted(since, until, self.kind, tuple(self.find.split())[: visits.MOST_WORDS])


NOTHING = LedgerForm.model_validate({})


@view_config(route_name="account.ledger", permission="account.see", request_method="GET", renderer=PAGE)
def ledger_page(request):
    """A page of visits, the latest first."""
    values = read_asked(request, ABOUT)
    return _page(request, empty_form(**values), LedgerForm.model_validate(values))


@view_config(route_name="account.ledger", permission="account.see", request_method="POST", renderer=PAGE)
def look_for(request):
    """Look for something; the answer is a page of its own, whose address tells nobody what was looked for."""
    form = read_form(request, LedgerForm)
    if form.data is None:
        request.response.status_int = 422
        return _page(request, form, NOTHING)
    values = {name: str(value) for name, value in form.data if value not in ("", None)}
    query = {"asked": write_asked(request, ABOUT, values)} if values else {}
    return HTTPSeeOther(request.route_path("account.ledger", _query=query))


def _page(request, form: Form, asked: LedgerForm) -> dict:
    people, page = {person.id: person for person in seen_people(request)}, page_number(request)
    shown = _chosen(request, people, asked)
    found = visits.visits(request.db, request.practice_id, shown, asked.wanted, page)
    if page > 1 and not found.visits:
        raise HTTPNotFound()
    for patient_id in shown:
        request.audit("account.ledger.view", patient_id)
    kept = {"asked": request.GET.get("asked", "")} if asked != NOTHING else {}
    today = today_of(request)
    first_year = found.first_on.year if found.first_on else today.year - YEARS_AT_FIRST
    return {
        "form": form,
        "found": found,
        "page": page,
        "people": people,
        "shown": shown,
        "everyone": EVERYONE,
        "is_asked": asked != NOTHING,
        "kinds": list(KINDS.items()),
        "years": [(str(year), str(year)) for year in range(today.year, first_year - 1, -1)],
        "pages": pages_of(request, page, len(found.visits), visits.PAGE, found.many, **kept),
        "balances": ledger.balances(request.db, request.practice_id, shown, request.tenant.time_zone),
        "parts": parts(request),
    }


def _chosen(request, people: dict[UUID, object], asked: LedgerForm) -> list[UUID]:
    """Whose visits are shown: nobody's whose account the viewer may not see (any more)."""
    if asked.who == EVERYONE:
        return list(people)
    return [asked.who if isinstance(asked.who, UUID) and asked.who in people else request.person.id]
