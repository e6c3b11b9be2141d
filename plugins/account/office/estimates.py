"""Good-faith estimates at the office: who waits for one and until when, making one from what is planned, answering without one."""

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.db import uuid7
from core.people.finding import patient_at, seen_at
from core.people.models import Patient
from core.plugins import OfficeItem, Planned
from core.web.forms import Form, Line, empty_form, page_number, read_form, read_part
from plugins.account import estimate_pdf
from plugins.account.amounts import AmountRefused, parse_amount
from plugins.account.models import Estimate
from plugins.account.office.place import CHANGE, ESTIMATES, SEE, may_change, parts, refused, tenant_at
from plugins.account.pages import id_in_address
from plugins.account.services import estimates, planned_lines
from plugins.account.services.estimates import Wanted
from plugins.account.views.estimates import as_file
from tenants.console.patients import patient_of

MAKE, ONE, FILE = f"{ESTIMATES}.make", f"{ESTIMATES}.one", f"{ESTIMATES}.file"
SHOWN, LAST_PAGE = 50, 200
MOST_LINES, EMPTY_LINES = 40, 4
LARGEST_CENTS = 100_000_000
WAITING = OfficeItem(
    "account.estimates", "Good-faith estimates", "A patient waits to hear what treatment will cost; the law gives one to three business days.", "file-earmark-text", ESTIMATES, SEE,
    estimates.HOW_MANY, 25,
)  # fmt: skip
TOO_LATE = "Somebody has answered this meanwhile. What you see here is how it is now."
Words = Annotated[str, AfterValidator(lambda text: text.replace("\0", "")), Field(max_length=1000)]


class LineForm(BaseModel):
    """One line that is expected."""

    words: Line = Field("", title="line", max_length=200)
    code: Line = Field("", title="code", max_length=10)
    tooth: Line = Field("", title="tooth", max_length=20)
    diagnosis: Line = Field("", title="diagnosis", max_length=20)
    amount: Line = Field("", title="charge", max_length=40)


class MakeForm(BaseModel):
    """An estimate that is made. `id` is the page's own, or that of what was asked; `lines` is how many lines the page has."""

    id: UUID
    about: Line = Field("", title="treatment", max_length=200)
    planned_on: date | None = Field(None, title="day")
    provider: UUID | None = Field(None, title="provider")
    separately: Words = Field("", title="what is scheduled separately")
    note: Words = Field("", title="note")
    lines: int = Field(EMPTY_LINES, ge=1, le=MOST_LINES)
    act: Literal["more", "give"] = "give"


class AnswerForm(BaseModel):
    """Why there is no estimate."""

    words: Line = Field("", title="answer", max_length=300)


@view_config(route_name=ESTIMATES, permission=SEE, request_method="GET", renderer="account/office/estimates.jinja2")
def estimates_page(request):
    """Who waits, by the day on which it is due, and what was given."""
    page = page_number(request, LAST_PAGE)
    query = estimates.listed(request.practice_id, seen_at(request.practice_id, request.identity.clinic_ids))
    rows = request.db.execute(query.limit(SHOWN + 1).offset((page - 1) * SHOWN)).all()
    request.audit("account.estimate.list.view")
    today = request.now.astimezone(request.whole_tenant.time_zone).date()
    return {"found": rows[:SHOWN], "more": len(rows) > SHOWN, "page": page, "states": estimates.STATES, "today": today, "parts": parts(request)}


@view_config(route_name=MAKE, permission=CHANGE, request_method="GET", renderer="account/office/estimate_make.jinja2")
def make_page(request):
    """The estimate as it could be: with the lines of what is planned that was chosen, else of the first."""
    patient = patient_of(request)
    planned, asked = _planned(request, patient), estimates.asked_of(request.db, patient)
    key = request.GET.get("planned", "")
    chosen = next((one for one in planned if one.key == key), planned[0] if planned and not key else None)
    tenant = tenant_at(request, patient)
    values = planned_lines.begun(chosen, planned, tenant.time_zone, MOST_LINES)
    count = min(MOST_LINES, int(values.pop("lines")) + EMPTY_LINES)
    values.setdefault("provider", str(patient.provider_id or ""))
    return _make_values(request, patient, empty_form(id=asked.id if asked else uuid7(), lines=count, **values), planned, asked)


@view_config(route_name=MAKE, permission=CHANGE, request_method="POST", renderer="account/office/estimate_make.jinja2")
def make(request):
    """Give it, or have more lines to fill in; what is wrong is said above the form."""
    patient, form = patient_of(request), read_form(request, MakeForm)
    lines = _lines(request, form)
    if form.values.get("act") == "more":
        form.values["lines"] = str(min(MOST_LINES, _shown(form) + EMPTY_LINES))
        form.errors = {}
        return _again(request, patient, form)
    wanted = _wanted(request, patient, form, lines)
    if wanted is None or form.data is None:
        return refused(request, _again(request, patient, form))
    if estimates.give(request.db, patient, tenant_at(request, patient), wanted, request.identity.account_id, request.now, form.data.id):
        request.audit("account.estimate.give", patient.id, form.data.id)
    is_given = estimates.one(request.db, request.practice_id, form.data.id).given is not None
    request.session.flash("The patient has the estimate. Whoever sees the account is told that there is something." if is_given else TOO_LATE)
    return HTTPSeeOther(request.route_path(ONE, id=form.data.id))


@view_config(route_name=ONE, permission=SEE, request_method="GET", renderer="account/office/estimate.jinja2")
def estimate_page(request):
    """What was asked for, or what was given."""
    return _one_values(request, *_found(request), empty_form())


@view_config(route_name=ONE, permission=CHANGE, request_method="POST", renderer="account/office/estimate.jinja2")
def answer(request):
    """Answer without an estimate."""
    estimate, patient = _found(request)
    form = read_form(request, AnswerForm)
    if form.data and not form.data.words:
        form.refuse("Say in a few words why there is no estimate; the patient reads it.", "words")
    if form.data is None:
        return refused(request, _one_values(request, estimate, patient, form))
    try:
        estimates.close(request.db, estimate, form.data.words, request.identity.account_id, request.now)
    except estimates.NotOpen:
        request.session.flash(TOO_LATE)
    else:
        request.audit("account.estimate.close", patient.id, estimate.id)
        request.session.flash("The patient has the answer.")
    return HTTPSeeOther(request.route_path(ONE, id=estimate.id))


@view_config(route_name=FILE, permission=SEE, request_method="GET")
def file(request):
    """The paper, as the patient has it."""
    estimate, patient = _found(request)
    if estimate.given is None:
        raise HTTPNotFound()
    request.audit("account.estimate.download", patient.id, estimate.id)
    tenant = tenant_at(request, patient)
    return as_file(estimate_pdf.make(estimate.given, tenant, request.registry.tenants.picture(request.practice_id, tenant.theme.logo)), inline=True)


def _planned(request, patient: Patient) -> list[Planned]:
    """What is planned for the patient, by the tabs that are on at the clinic."""
    hooks = request.registry.plugins.enabled(tenant_at(request, patient).plugins)
    about = {"practice_id": request.practice_id, "patient_id": patient.id, "since": request.now - timedelta(days=365), "now": request.now}
    return [one for _, found in hooks.each("portal_planned", request.db, **about) for one in found]


def _lines(request, form: Form[MakeForm]) -> list[estimates.Line]:
    """The lines that were filled in; what is wrong with one is said in the form, and all that was typed is in it again."""
    count = form.data.lines if form.data else MOST_LINES
    found = []
    for number in range(count):
        prefix = f"line_{number}_"
        part: Form[LineForm] = read_part(request, LineForm, prefix)
        form.values |= part.values
        for name, message in part.errors.items():
            form.refuse(f"Line {number + 1}: {message}", name)
        line = _line(part.data, form, prefix, number + 1) if part.data and any(part.data.model_dump().values()) else None
        found += [line] if line else []
    if form.data is None:
        form.values["lines"] = str(_shown(form))
    return found


def _line(data: LineForm, form: Form, prefix: str, number: int) -> estimates.Line | None:
    if not data.words:
        form.refuse(f"Line {number}: say what it is.", f"{prefix}words")
    try:
        cents = parse_amount(data.amount)
        if cents > LARGEST_CENTS:
            raise AmountRefused("The charge must be at most $1,000,000.00.")
    except AmountRefused as refusal:
        form.refuse(f"Line {number}: {refusal}", f"{prefix}amount")
        return None
    return estimates.Line(data.words, data.code, data.tooth, data.diagnosis, cents)


def _shown(form: Form) -> int:
    """How many lines the page shows again: as many as it had, where it says so."""
    typed = form.values.get("lines", "")
    return min(MOST_LINES, max(1, int(typed))) if typed.isascii() and typed.isdigit() and len(typed) < 4 else EMPTY_LINES


def _wanted(request, patient: Patient, form: Form[MakeForm], lines: list[estimates.Line]) -> Wanted | None:
    """The estimate; None when something is wrong, which the form then says."""
    if form.errors.pop("id", ""):
        form.refuse("This page did not arrive as a whole. Please open it again; nothing was given.")
    if not lines and not form.errors:
        form.refuse("Fill in at least one line.", "line_0_words")
    data = form.data
    if data and data.provider and str(data.provider) not in tenant_at(request, patient).providers:
        form.refuse("Choose the provider from the list.", "provider")
    if data and not data.about:
        form.refuse("Say what the estimate is for, as the patient reads it.", "about")
    if form.data is None or data is None:
        return None
    return Wanted(data.about, data.planned_on, data.provider, tuple(lines), data.separately, data.note)


def _again(request, patient: Patient, form: Form) -> dict:
    return _make_values(request, patient, form, _planned(request, patient), estimates.asked_of(request.db, patient))


def _make_values(request, patient: Patient, form: Form, planned: list[Planned], asked: Estimate | None) -> dict:
    tenant = tenant_at(request, patient)
    today = request.now.astimezone(tenant.time_zone).date()
    dues = {one.key: due for one in planned if one.starts_at and (due := estimates.due_for_visit(tenant, one)) and due >= today}
    return {
        "patient": patient, "form": form, "planned": planned, "dues": dues, "asked": asked, "count": _shown(form), "most": MOST_LINES, "providers": tenant.providers,
        "numbers": [tenant.settings["account.estimate_npi"], tenant.settings["account.estimate_tin"]],
    }  # fmt: skip


def _one_values(request, estimate: Estimate, patient: Patient, form: Form) -> dict:
    request.audit("account.estimate.view", patient.id, estimate.id)
    facts = estimate_pdf.facts(estimate.given) if estimate.given else []
    return {
        "estimate": estimate, "given": estimate.given, "facts": facts, "patient": patient, "form": form, "states": estimates.STATES, "may_change": may_change(request),
    }  # fmt: skip


def _found(request) -> tuple[Estimate, Patient]:
    """The estimate of the address. Raises HTTPNotFound for one of another clinic."""
    try:
        estimate = estimates.one(request.db, request.practice_id, id_in_address(request, "id"))
    except estimates.NotOpen:
        raise HTTPNotFound() from None
    patient = patient_at(request.db, request.practice_id, estimate.patient_id, request.identity.clinic_ids)
    if patient is None:
        raise HTTPNotFound()
    return estimate, patient


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(ESTIMATES, "/estimates")
    config.add_route(MAKE, "/accounts/{id}/estimate")
    config.add_route(ONE, "/estimates/{id}")
    config.add_route(FILE, "/estimates/{id}/file")
