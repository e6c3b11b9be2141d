"""A patient's account as the office sees it, and writing into the ledger where the portal keeps the books."""

import re
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.db import uuid7
from core.people.finding import find, patient_at
from core.people.models import Patient
from core.people.wanted import read_wanted
from core.web.forms import Form, Line, empty_form, page_number, read_form
from core.web.office import OfficePage
from plugins.account.amounts import AmountRefused, parse_amount
from plugins.account.models import Entry
from plugins.account.office.place import ACCOUNTS, CHANGE, SEE, may_change, parts, refused, tenant_at
from plugins.account.pages import id_in_address, note_refusal
from plugins.account.services import entering, ledger, owed
from tenants.console.patients import FindForm, clinic_names, patient_of

FIND, ONE, ENTER, ENTRY = f"{ACCOUNTS}.find", f"{ACCOUNTS}.one", f"{ACCOUNTS}.enter", f"{ACCOUNTS}.entry"
PAGE = OfficePage("Accounts", ACCOUNTS, "wallet2", SEE, 24, "What patients owe, statements, requests to pay and payment plans")
FIRST_DAY, LAST_PAGE = date(1990, 1, 1), 1000
CODE = re.compile("D[0-9]{4}")


def _code(text: str) -> str:
    if text and not CODE.fullmatch(text):
        raise ValueError("A procedure code is a D and four digits, such as D1110.")
    return text


class EntryForm(BaseModel):
    """A line for the ledger. `id` is the page's own: the same page sent twice enters one line."""

    id: UUID
    entry_type: Literal["charge", "insurance_payment", "adjustment", "payment"] = Field("charge", title="kind")
    entered_on: date = Field(title="date", ge=FIRST_DAY)
    amount: Annotated[str, Field(max_length=40)] = ""
    description: Line = Field("", title="description", max_length=200)
    code: Annotated[Line, AfterValidator(_code)] = Field("", title="procedure code", max_length=10)
    tooth: Line = Field("", title="tooth", max_length=20)
    visit: Line = Field("", title="visit", max_length=40)
    provider: UUID | None = Field(None, title="provider")
    way: Literal["cash", "check", "other"] = Field("check", title="way of paying")
    check_number: Line = Field("", title="check number", max_length=25)
    adds: Literal["", "yes"] = Field("", title="what an adjustment does")

    @model_validator(mode="after")
    def _is_described(self):
        if self.entry_type == "charge" and not self.description:
            raise ValueError("Say what the charge is for.")
        return self


class VoidForm(BaseModel):
    """Why a line is taken back."""

    why: Line = Field("", title="reason", max_length=100)


@view_config(route_name=ACCOUNTS, permission=SEE, request_method="GET", renderer="account/office/accounts.jinja2")
def accounts_page(request):
    """The search."""
    return {"form": empty_form(), "people": None, "clinics": clinic_names(request), "parts": parts(request)}


@view_config(route_name=FIND, permission=SEE, request_method="POST", renderer="account/office/accounts.jinja2")
def find_patient(request):
    """Whose account: those whom the search finds."""
    form = read_form(request, FindForm)
    values = {"form": form, "people": None, "clinics": clinic_names(request), "parts": parts(request)}
    if form.data is None:
        return refused(request, values)
    today = request.now.astimezone(request.whole_tenant.time_zone).date()
    request.audit("office.patients.find")
    return values | {"people": find(request.db, request.practice_id, read_wanted(form.data.find, today), request.identity.clinic_ids).patients}


@view_config(route_name=ONE, permission=SEE, request_method="GET", renderer="account/office/account.jinja2")
def account_page(request):
    """The account of one patient, as the patient sees it, and what the office can do with it."""
    patient, page = patient_of(request), page_number(request, LAST_PAGE)
    tenant = tenant_at(request, patient)
    overview = ledger.account_page(request.db, request.practice_id, patient.id, tenant.time_zone, page)
    today = request.now.astimezone(tenant.time_zone).date()
    mine = owed.account(request.db, request.practice_id, patient.id, (), tenant.time_zone, today).mine
    request.audit("account.ledger.view", patient.id)
    return {
        "patient": patient, "overview": overview, "owed": mine, "page": page, "parts": parts(request), "keeps": entering.keeps_books(tenant),
        "may_change": may_change(request), "kinds": entering.KINDS,
    }  # fmt: skip


@view_config(route_name=ENTER, permission=CHANGE, request_method="GET", renderer="account/office/enter.jinja2")
def enter_page(request):
    """The form for a line of the ledger."""
    patient = patient_of(request)
    today = request.now.astimezone(tenant_at(request, patient).time_zone).date()
    provider = patient.provider_id or ""
    return _enter_values(request, patient, empty_form(id=uuid7(), entered_on=today, entry_type="charge", way="check", provider=provider))


@view_config(route_name=ENTER, permission=CHANGE, request_method="POST", renderer="account/office/enter.jinja2")
def enter(request):
    """Write the line into the ledger."""
    patient, form = patient_of(request), read_form(request, EntryForm)
    line = _line(request, patient, form)
    try:
        if line and entering.enter(request.db, request.practice_id, patient.id, patient.clinic_id, line, request.identity.account_id, request.now):
            request.audit("account.entry.add", patient.id, line.id)
    except entering.NotEntered as refusal:
        form.refuse(str(refusal))
    if form.data is None:
        note_refusal(request, form, patient.id)
        return refused(request, _enter_values(request, patient, form))
    return _back(request, patient.id, "It is in the ledger.")


@view_config(route_name=ENTRY, permission=CHANGE, request_method="GET", renderer="account/office/entry.jinja2")
def entry_page(request):
    """A line that staff entered, before it is taken back."""
    entry, patient = _entry(request)
    request.audit("account.entry.view", patient.id, entry.id)
    return {"entry": entry, "patient": patient, "form": empty_form(), "kinds": entering.KINDS}


@view_config(route_name=ENTRY, permission=CHANGE, request_method="POST", renderer="account/office/entry.jinja2")
def void(request):
    """Take it back: its opposite is entered."""
    entry, patient = _entry(request)
    form = read_form(request, VoidForm)
    if form.data is None:
        return refused(request, {"entry": entry, "patient": patient, "form": form, "kinds": entering.KINDS})
    today = request.now.astimezone(tenant_at(request, patient).time_zone).date()
    if entering.void(request.db, entry, form.data.why, request.identity.account_id, today, request.now):
        request.audit("account.entry.void", patient.id, entry.id)
    return _back(request, patient.id, "It was taken back by an opposite entry.")


def _line(request, patient: Patient, form: Form[EntryForm]) -> entering.Line | None:
    """What is to be entered; None when something is wrong, which the form then says."""
    tenant, cents = tenant_at(request, patient), _cents(form)
    if not entering.keeps_books(tenant):
        form.refuse("Your practice system keeps the ledger: enter it there, and it comes here.")
    if form.errors.pop("id", ""):
        form.refuse("This page did not arrive as a whole. Please open it again; nothing was entered.")
    data = form.data
    if data and data.provider and str(data.provider) not in tenant.providers:
        form.refuse("Choose the provider from the list.", "provider")
    if data and data.entered_on > request.now.astimezone(tenant.time_zone).date():
        form.refuse("The date must not lie in the future.", "entered_on")
    if form.data is None or data is None or cents is None:
        return None
    amount = entering.signed(data.entry_type, cents, data.adds == "yes")
    visit = data.visit or str(data.entered_on) if data.entry_type == "charge" else data.visit or None
    return entering.Line(data.id, data.entry_type, data.entered_on, _words(data), amount, data.code, data.tooth, visit, data.provider)


def _cents(form: Form[EntryForm]) -> int | None:
    try:
        cents = parse_amount(form.values.get("amount", ""))
        if not 0 < cents <= entering.LARGEST_CENTS:
            raise AmountRefused("The amount must be more than zero, and at most $1,000,000.00.")
    except AmountRefused as refusal:
        form.refuse(str(refusal), "amount")
        return None
    return cents


def _words(data: EntryForm) -> str:
    """What the ledger says: a payment names its way, the rest what was typed."""
    if data.entry_type != "payment":
        return data.description or entering.KINDS[data.entry_type]
    way = {"cash": "Payment in cash", "check": f"Payment by check {data.check_number}".strip(), "other": "Payment"}[data.way]
    return f"{way}, {data.description}" if data.description else way


def _enter_values(request, patient: Patient, form: Form) -> dict:
    tenant = tenant_at(request, patient)
    return {"patient": patient, "form": form, "kinds": entering.KINDS, "providers": tenant.providers, "keeps": entering.keeps_books(tenant)}


def _entry(request) -> tuple[Entry, Patient]:
    try:
        entry = entering.one(request.db, request.practice_id, id_in_address(request, "id"))
    except entering.NoSuchEntry:
        raise HTTPNotFound() from None
    patient = patient_at(request.db, request.practice_id, entry.patient_id, request.identity.clinic_ids)
    if patient is None:
        raise HTTPNotFound()
    return entry, patient


def _back(request, patient_id: UUID, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(ONE, id=patient_id))


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(ACCOUNTS, "/accounts")
    config.add_route(FIND, "/accounts/find")
    config.add_route(ENTRY, "/accounts/entries/{id}")
    config.add_route(ONE, "/accounts/{id}")
    config.add_route(ENTER, "/accounts/{id}/enter")
