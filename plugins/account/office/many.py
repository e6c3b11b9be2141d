"""Statements for many accounts at once: who fits, how far it is, and the report."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.people.finding import patient_at
from core.web.forms import Form, Line, page_number, read_form, read_query
from plugins.account.amounts import AmountRefused, parse_amount
from plugins.account.models import StatementBatch
from plugins.account.office.place import CHANGE, STATEMENTS, parts, refused
from plugins.account.pages import id_in_address
from plugins.account.services import batches, owing
from plugins.account.services.payments import new_nonce
from tenants.console.patients import own_clinics
from tenants.looking_again import look_again

MANY = f"{STATEMENTS}.many"
ONE, STOP = f"{MANY}.one", f"{MANY}.stop"
SOON, LAST_PAGE = 3, 200
Amount = Annotated[str, Field(max_length=40)]


class ManyForm(BaseModel):
    """Who gets a statement."""

    scope: Literal["patient", "family"] = Field("patient", title="whom each is for")
    clinic: UUID | None = Field(None, title="clinic")
    not_billed_days: int = Field(0, title="days without a statement", ge=0, le=3650)
    activity: bool = Field(False, title="activity")
    age: Literal["0", "30", "60", "90"] = Field("0", title="age of what is owed")
    least: Amount = ""
    most: Amount = ""
    without_pending: bool = Field(False, title="insurance pending")
    negative: bool = Field(False, title="credits")
    plans: Literal["all", "without", "only"] = Field("all", title="payment plans")


class BeginForm(ManyForm):
    """What happens with them."""

    publish: bool = Field(False, title="publish")
    notify: bool = Field(False, title="notify")
    unseen: bool = Field(False, title="without access")
    ask: Literal["", "mail", "text"] = Field("", title="request to pay")
    note: Line = Field("", title="note", max_length=500)
    form_nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


@view_config(route_name=MANY, permission=CHANGE, request_method="GET", renderer="account/office/statements_many.jinja2")
def many_page(request):
    """The filters, and how many accounts fit."""
    form = read_query(request, ManyForm)
    if not request.GET:
        form.values |= {"scope": request.whole_tenant.settings["account.statement_scope"], "not_billed_days": "30", "least": "5"}
        return _values(request, form, None)
    return _counted(request, form)


@view_config(route_name=MANY, permission=CHANGE, request_method="POST", renderer="account/office/statements_many.jinja2")
def begin(request):
    """Begin to make them; sent twice it is begun once."""
    form = read_form(request, BeginForm)
    filters, data = _filters(request, form), form.data
    if data and data.ask == "text" and request.registry.texts is None:
        form.refuse("Nobody sends text messages here. Send mails.", "ask")
    if filters is None or form.data is None or data is None:
        return refused(request, _values(request, form, None))
    number, _ = owing.how_many(request.db, request.practice_id, filters, _today(request), request.identity.clinic_ids)
    delivery = batches.Delivery(data.publish, data.publish and data.notify, data.unseen, data.note, data.ask)
    by, reach = request.identity.account_id, tuple(request.identity.clinic_ids)
    batch_id = batches.begin(request.db, request.practice_id, filters, delivery, number, data.form_nonce, by, reach, request.now)
    request.audit("account.statement.batch.make", target_id=batch_id)
    return HTTPSeeOther(request.route_path(ONE, id=batch_id))


@view_config(route_name=ONE, permission=CHANGE, request_method="GET", renderer="account/office/statements_batch.jinja2")
def batch_page(request):
    """How far it is; at the end the report."""
    batch, page = _batch(request), page_number(request, LAST_PAGE)
    found = batches.made_by(request.db, batch, page)
    failed = [patient_at(request.db, request.practice_id, UUID(one)) for one in batch.report.get("failed", ())[:20]]
    looking = look_again(request, batch.made_at if batch.state in batches.OPEN else None, SOON)
    request.audit("account.statement.batch.view", target_id=batch.id)
    return {
        "batch": batch, "found": found[:50], "more": len(found) > 50, "page": page, "failed": [one for one in failed if one], "why": batches.SKIPPED,
        "skipped": batch.report.get("skipped", {}), "running": batch.state in batches.OPEN, "looking": looking, "who": batches.name_of(request.db, batch),
        "done": batch.made + batch.skipped + batch.failed, "parts": parts(request),
    }  # fmt: skip


@view_config(route_name=STOP, permission=CHANGE, request_method="POST")
def stop(request):
    """Make no more."""
    batch = _batch(request)
    if batches.stop(request.db, request.practice_id, batch.id, request.now):
        request.audit("account.statement.batch.stop", target_id=batch.id)
    request.session.flash("No more statements are made. Those that were made stay.")
    return HTTPSeeOther(request.route_path(ONE, id=batch.id))


def _counted(request, form: Form[ManyForm]) -> dict:
    filters = _filters(request, form)
    if filters is None:
        return refused(request, _values(request, form, None))
    request.audit("account.statement.batch.find")
    form.values |= {"publish": "yes", "notify": "yes"}
    return _values(request, form, owing.how_many(request.db, request.practice_id, filters, _today(request), request.identity.clinic_ids))


def _filters(request, form: Form) -> owing.Filters | None:
    """What was chosen; None, with what is wrong said in the form."""
    if form.errors.pop("form_nonce", ""):
        form.refuse("This page did not arrive as a whole. Please open it again; nothing was made.")
    least, most = _amount(form, "least", 1), _amount(form, "most", None)
    if form.data and form.data.clinic and form.data.clinic not in own_clinics(request):
        form.refuse("Choose the clinic from the list.", "clinic")
    if least is not None and most is not None and most < least:
        form.refuse("The largest balance is smaller than the smallest one. Turn them around.", "most")
    if form.data is None:
        return None
    chosen = form.data.model_dump(include=set(owing.Filters.model_fields))
    return owing.Filters(**chosen, least_cents=least or 1, most_cents=most)


def _amount(form: Form, name: str, missing: int | None) -> int | None:
    if not form.values.get(name, "").strip():
        return missing
    try:
        return parse_amount(form.values[name])
    except AmountRefused as refusal:
        form.refuse(str(refusal), name)
        return missing


def _values(request, form: Form, counted: tuple[int, int] | None) -> dict:
    form.values["form_nonce"] = new_nonce()
    return {"form": form, "counted": counted, "clinics": own_clinics(request), "ages": owing.AGE_WORDS, "parts": parts(request), "asked": list(ManyForm.model_fields)}


def _today(request):
    return request.now.astimezone(request.whole_tenant.time_zone).date()


def _batch(request) -> StatementBatch:
    """The batch of the address. Who is limited to clinics sees the own ones. Raises HTTPNotFound."""
    batch = request.db.get(StatementBatch, (request.practice_id, id_in_address(request, "id")))
    if batch is None or (request.identity.clinic_ids and batch.made_by != request.identity.account_id):
        raise HTTPNotFound()
    return batch


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(MANY, "/statements/many")
    config.add_route(ONE, "/statements/many/{id}")
    config.add_route(STOP, "/statements/many/{id}/stop")
