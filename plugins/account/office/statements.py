"""Statements that the office makes: for one patient or family, looked at before, published to the portal, told of."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config
from sqlalchemy import select

from core.files.disposition import content_disposition
from core.papers import make_pdf
from core.people.finding import seen_at
from core.people.models import Patient
from core.web.forms import Form, Line, empty_form, page_number, read_form
from plugins.account import statement_pdf
from plugins.account.models import Statement
from plugins.account.office.place import CHANGE, SEE, STATEMENTS, may_change, parts, refused, tenant_at
from plugins.account.pages import id_in_address
from plugins.account.services import batches, printing, statements
from tenants.console.patients import clinic_names, patient_of

MAKE, ONE, FILE = f"{STATEMENTS}.make", f"{STATEMENTS}.one", f"{STATEMENTS}.file"
SHOWN, LAST_PAGE = 50, 200


class MakeForm(BaseModel):
    """What the statement holds, and what happens with it."""

    scope: Literal["patient", "family"] = Field("patient", title="whom it is for")
    since: Literal["days", "zero"] = Field("days", title="how far it goes back")
    days: int = Field(90, title="days", ge=1, le=3650)
    due_days: int = Field(30, title="days to pay", ge=0, le=180)
    note: Line = Field("", title="note", max_length=500)
    publish: bool = Field(False, title="publish")
    notify: bool = Field(False, title="notify")
    act: Literal["preview", "make"] = "make"


class ActForm(BaseModel):
    """What is done with a statement that is there."""

    act: Literal["publish", "notify"] = Field(title="what to do")


@view_config(route_name=STATEMENTS, permission=SEE, request_method="GET", renderer="account/office/statements.jinja2")
def statements_page(request):
    """What was made here, the newest first."""
    page = page_number(request, LAST_PAGE)
    join = (Patient.practice_id == Statement.practice_id) & (Patient.id == Statement.patient_id)
    query = select(Statement, Patient).join(Patient, join).where(*seen_at(request.practice_id, request.identity.clinic_ids), Statement.source == "office")
    rows = request.db.execute(query.order_by(Statement.sent_on.desc(), Statement.id.desc()).limit(SHOWN + 1).offset((page - 1) * SHOWN)).all()
    request.audit("account.statement.list.view")
    begun = [one for one in batches.latest(request.db, request.practice_id) if not request.identity.clinic_ids or one.made_by == request.identity.account_id]
    return {"found": rows[:SHOWN], "more": len(rows) > SHOWN, "page": page, "begun": begun, "clinics": clinic_names(request), "may_change": may_change(request), "parts": parts(request)}


@view_config(route_name=MAKE, permission=CHANGE, request_method="GET", renderer="account/office/statement_make.jinja2")
def make_page(request):
    """What it is to hold; at first what the billing settings say."""
    patient = patient_of(request)
    settings = tenant_at(request, patient).settings
    values = {name: settings[f"account.statement_{name}"] for name in ("scope", "since", "days", "due_days")}
    return {"patient": patient, "form": empty_form(**values, publish="yes", notify="yes"), "is_guarantor": _heads_a_family(request, patient)}


@view_config(route_name=MAKE, permission=CHANGE, request_method="POST", renderer="account/office/statement_make.jinja2")
def make(request):
    """Make it, or only look at it."""
    patient, form = patient_of(request), read_form(request, MakeForm)
    heads = _heads_a_family(request, patient)
    if form.data and form.data.scope == "family" and not heads:
        form.refuse("Make the family’s statement at the account of its guarantor.", "scope")
    if form.data is None:
        return refused(request, {"patient": patient, "form": form, "is_guarantor": heads})
    made = _composed(request, patient, form)
    if form.data.act == "preview":
        request.audit("account.statement.preview.view", patient.id)
        return _pdf(request, made, patient, "Preview.pdf")
    made.made_by = request.identity.account_id
    request.db.add(made)
    request.db.flush()
    request.audit("account.statement.make", patient.id, made.id)
    words = "The statement is made."
    if form.data.publish:
        words = _let_out(request, made, form.data.notify)
    return _back(request, made, words)


@view_config(route_name=ONE, permission=SEE, request_method="GET", renderer="account/office/statement.jinja2")
def statement_page(request):
    """One statement, and what became of it."""
    made, patient = _one(request)
    request.audit("account.statement.view", patient.id, made.id)
    return {"statement": made, "patient": patient, "may_change": may_change(request), "form": empty_form()}


@view_config(route_name=ONE, permission=CHANGE, request_method="POST", renderer="account/office/statement.jinja2")
def act(request):
    """Publish it, or tell of it (again)."""
    made, patient = _one(request)
    form = read_form(request, ActForm)
    if form.data is None:
        return refused(request, {"statement": made, "patient": patient, "may_change": True, "form": form})
    return _back(request, made, _let_out(request, made, form.data.act == "notify"))


@view_config(route_name=FILE, permission=SEE, request_method="GET")
def file(request):
    """The statement as PDF."""
    made, patient = _one(request)
    request.audit("account.statement.download", patient.id, made.id)
    return _pdf(request, made, patient, f"Statement {made.number}.pdf")


def _composed(request, patient: Patient, form: Form[MakeForm]) -> Statement:
    data, tenant = form.data, tenant_at(request, patient)
    assert data is not None
    today: date = request.now.astimezone(tenant.time_zone).date()
    wish = statements.Wish(data.scope, data.days if data.since == "days" else 0, data.due_days, data.note)
    return statements.compose(request.db, request.practice_id, patient, wish, today, tenant.time_zone)


def _let_out(request, made: Statement, tells: bool) -> str:
    """Publish it where it is not yet, and tell of it if that is wanted; in words."""
    if statements.publish(made, request.now):
        request.audit("account.statement.publish", made.patient_id, made.id)
    if not tells:
        return "The statement is in the portal."
    number = statements.notify(request.db, made, request.now)
    request.audit("account.statement.notify", made.patient_id, made.id)
    if not number:
        return "The statement is in the portal. Nobody has access to this record there, so nobody is told."
    return "The statement is in the portal, and a mail says so."


def _pdf(request, made: Statement, patient: Patient, name: str) -> Response:
    tenant = tenant_at(request, patient)
    logo = request.registry.tenants.picture(request.practice_id, tenant.theme.logo)
    pdf = make_pdf(statement_pdf.content(printing.printed(made, patient), tenant, logo), statement_pdf.STATEMENT)
    return Response(pdf, content_type="application/pdf", content_disposition=content_disposition(name, "application/pdf", inline=True))


def _one(request) -> tuple[Statement, Patient]:
    """A statement that was made here. Raises HTTPNotFound for one of another clinic."""
    join = (Patient.practice_id == Statement.practice_id) & (Patient.id == Statement.patient_id)
    mine = (*seen_at(request.practice_id, request.identity.clinic_ids), Statement.id == id_in_address(request, "id"), Statement.source == "office")
    row = request.db.execute(select(Statement, Patient).join(Patient, join).where(*mine)).one_or_none()
    if row is None:
        raise HTTPNotFound()
    return row[0], row[1]


def _heads_a_family(request, patient: Patient) -> bool:
    return patient.guarantor_id in (None, patient.id) or patient.is_confidential


def _back(request, made: Statement, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(ONE, id=made.id))


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(STATEMENTS, "/statements")
    config.add_route(MAKE, "/accounts/{id}/statement")
    config.add_route(ONE, "/statements/{id}")
    config.add_route(FILE, "/statements/{id}/file")
