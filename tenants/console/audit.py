"""The audit log: searching it, taking what was found along, and the state of its chain."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core import sealing
from core.audit_search import Asked, everything, search
from core.audit_words import KINDS
from core.auth.entering import need_proof
from core.db import SessionFactory, bind_tenant
from core.files.disposition import content_disposition
from core.people.finding import patient_at
from core.web.asked import read_asked
from core.web.forms import Form, Line, empty_form, read_form
from tenants.console.asked import AUDIT, audit_path
from tenants.console.audit_files import AS_CSV, AS_JSON, csv_file, json_file
from tenants.console.known import WrongName, account_called, patient_with
from tenants.console.paging import place_before, written_place
from tenants.console.patients import tab_titles

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
FIELDS = ("since", "until", "kind", "chart", "patient", "who", "address")


class AuditForm(BaseModel):
    """What is searched for; whatever is left empty is not asked."""

    since: date | None = Field(None, title="First day", ge=FIRST_DAY, le=LAST_DAY)
    until: date | None = Field(None, title="Last day", ge=FIRST_DAY, le=LAST_DAY)
    kind: Literal["", "sign_in", "failure", "view", "download", "change", "grant", "support", "staff"] = Field("", title="Kind")
    chart: Line = Field("", title="Chart number", max_length=200)
    patient: UUID | None = Field(None, title="Patient")
    who: Line = Field("", title="User name or e-mail address", max_length=254)
    address: Line = Field("", title="Network address", max_length=60)

    @model_validator(mode="after")
    def _runs_forward(self):
        if self.since and self.until and self.until < self.since:
            raise ValueError("The last day lies before the first one. Turn them around.")
        return self


@view_config(route_name="office.audit", permission="office.audit.see", request_method="GET", renderer="console/audit.jinja2")
def audit_page(request):
    """A page of what was found, the newest first."""
    values = read_asked(request, AUDIT)
    form = empty_form(**values)
    asked = _asked(request, form, AuditForm.model_validate(values))
    return _page(request, form, asked)


@view_config(route_name="office.audit", permission="office.audit.see", request_method="POST", renderer="console/audit.jinja2")
def ask(request):
    """Search; the answer is a page of its own, so that one can come back to it."""
    form = read_form(request, AuditForm)
    if form.data is None or _asked(request, form, form.data) is None:
        request.response.status = "422 Unprocessable Content"
        return _page(request, form, None)
    values = {name: str(getattr(form.data, name) or "") for name in FIELDS}
    return HTTPSeeOther(audit_path(request, **values))


@view_config(route_name="office.audit.export", permission="office.audit.export", request_method="POST")
def export(request):
    """What was found, as a file; asked for are the password, and the same search again."""
    here = _here(request)
    need_proof(request, here)
    values = read_asked(request, AUDIT)
    asked = _asked(request, empty_form(), AuditForm.model_validate(values))
    if asked is None:
        return HTTPSeeOther(here)
    request.audit("office.audit.export")
    # Entries that come in while it is made are not in it.
    asked = replace(asked, until=min(asked.until or request.now, request.now))
    as_json = request.POST.get("as") == "json"
    return _file(request, asked, as_json)


def _file(request, asked: Asked, as_json: bool) -> Response:
    name = f"audit-{request.now.astimezone(request.tenant.time_zone):%Y-%m-%d}"
    make, content_type, ending = (json_file, AS_JSON, "jsonl") if as_json else (csv_file, AS_CSV, "csv")

    engine, practice_id = request.registry.engine, request.practice_id

    def lines():
        # The request's transaction ends before its answer is sent.
        with SessionFactory(bind=engine) as session:
            bind_tenant(session, practice_id)
            yield from make(everything(session, practice_id, asked))

    response = Response(content_type=content_type, charset="utf-8", app_iter=lines())
    response.headers["Content-Disposition"] = content_disposition(f"{name}.{ending}", content_type, inline=False)
    return response


def _page(request, form: Form, asked: Asked | None) -> dict:
    found, more = search(request.db, request.practice_id, asked, place_before(request)) if asked else ([], False)
    last = sealing.last_seal(request.db, request.practice_id)
    if asked:
        request.audit("office.audit.view")
    token = request.GET.get("asked", "")
    kept = {"asked": token} if token and asked else {}
    return {
        "form": form, "found": found, "last_seal": last, "kinds": KINDS, "titles": tab_titles(request), "is_narrowed": bool(kept),
        "export": request.route_path("office.audit.export", _query=kept) if asked else None,
        "newest": request.route_path("office.audit", _query=kept) if "before" in request.GET else None,
        "older": request.route_path("office.audit", _query={**kept, "before": written_place(found[-1].place)}) if more else None,
    }  # fmt: skip


def _asked(request, form: Form, typed: AuditForm) -> Asked | None:
    """What was typed, looked up; None, with what is wrong said in the form, when somebody is named who is not here."""
    zone, clinics = request.tenant.time_zone, request.identity.clinic_ids

    def midnight(day: date | None, later: int = 0) -> datetime | None:
        return datetime.combine(day + timedelta(days=later), time(), zone) if day else None

    patient_id, account_id = None, None
    try:
        patient_id = patient_with(request.db, request.practice_id, typed.chart, clinics) if typed.chart else _seen(request, typed.patient)
    except WrongName as wrong:
        form.refuse(str(wrong), "chart")
    try:
        account_id = account_called(request.db, request.practice_id, typed.who) if typed.who else None
    except WrongName as wrong:
        form.refuse(str(wrong), "who")
    if form.errors:
        return None
    return Asked(midnight(typed.since), midnight(typed.until, 1), typed.kind, patient_id, account_id, typed.address, clinics)


def _seen(request, patient_id: UUID | None) -> UUID | None:
    """The patient whose page led here, who need not have a number. Raises WrongName for one of another clinic."""
    if patient_id and patient_at(request.db, request.practice_id, patient_id, request.identity.clinic_ids) is None:
        raise WrongName("This patient is not here any more.")
    return patient_id


def _here(request) -> str:
    kept = {"asked": request.GET["asked"]} if request.GET.get("asked") else {}
    return request.route_path("office.audit", _query=kept)


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.audit", "/office/audit")
    config.add_route("office.audit.export", "/office/audit/export")
    config.scan("tenants.console.audit")
