"""Making a practice, and what the operator decides about one: whether it is open, and which tabs it is offered. Nothing here tells of a patient."""

from collections.abc import Callable
from uuid import UUID

from pydantic import BaseModel, Field, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy.orm import Session

from core import audit
from core.allowance import plan_of
from core.auth import staff
from core.auth.email_change import check_email
from core.auth.entering import need_proof
from core.auth.staff import Wish
from core.auth.staff_rules import ADMIN, CannotChangeStaff
from core.db import session_at, uuid7
from core.plans import read_plans
from core.web.forms import Form, Line, begun_form, empty_form, read_form
from tenants import closing, practices
from tenants.clinics import zone_choices
from tenants.closing import CannotClose
from tenants.operator.domains import of_practice
from tenants.practices import CannotMakePractice

CHANGE = "operator.practices.change"


class PracticeForm(BaseModel):
    """A new practice, and who runs it."""

    name: Line = Field(title="Name", max_length=100)
    slug: Line = Field(title="Address", max_length=63)
    time_zone: Line = Field(title="Time zone", max_length=60)
    clinics: str = Field("", title="Clinics", max_length=5000)
    admin_name: Line = Field(title="Name of the office admin", max_length=staff.LONGEST_NAME)
    admin_email: Line = Field(title="E-mail address of the office admin", max_length=254)

    @field_validator("admin_email")
    @classmethod
    def _can_be_written_to(cls, email: str) -> str:
        return check_email(email)

    @field_validator("clinics")
    @classmethod
    def _are_names(cls, text: str) -> str:
        names = [" ".join(line.replace("\0", "").split()) for line in text.splitlines() if line.strip()]
        if len(names) > practices.MOST_CLINICS or any(len(name) > 100 for name in names):
            raise ValueError(f"Write at most {practices.MOST_CLINICS} clinics, one on each line, with at most 100 characters each.")
        return "\n".join(names)


class PlanForm(BaseModel):
    """The plan of a practice."""

    plan: Line = Field(title="Plan", max_length=100)


class TabsForm(BaseModel):
    """The tabs that a practice is offered."""

    offered: list[str] = Field([], title="Tabs", max_length=200)


class CloseForm(BaseModel):
    """The name of the practice that is to be closed."""

    name: Line = Field("", title="Name of the practice", max_length=200)


@view_config(route_name="operator.create", permission=CHANGE, request_method="GET", renderer="operator/create.jinja2")
def create_page(request):
    """Ask what the practice is called, and who runs it."""
    need_proof(request)
    return _create_values(request, begun_form(request, time_zone="America/New_York"))


@view_config(route_name="operator.create", permission=CHANGE, request_method="POST", renderer="operator/create.jinja2")
def create(request):
    """Make it, with its clinics, and invite who runs it."""
    need_proof(request, keep=PracticeForm)
    form = read_form(request, PracticeForm)
    if form.data:
        try:
            _make(request, form.data)
        except CannotMakePractice as refusal:
            form.refuse(str(refusal), "time_zone" if "time zone" in str(refusal) else "slug")
        except CannotChangeStaff as refusal:
            form.refuse(str(refusal), "admin_email")
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        request.tm.doom()
        return _create_values(request, form)
    request.session.flash(f"{form.data.name} is made. The invitation to its office admin is on its way.")
    return HTTPSeeOther(request.route_path("operator.practice", slug=form.data.slug))


def _make(request, typed: PracticeForm) -> None:
    id_ = uuid7()
    there = session_at(request, id_)
    practices.create(there, typed.slug, typed.name, typed.time_zone, request.now, id_)
    practices.add_clinics(there, typed.clinics.splitlines() or [typed.name], typed.time_zone)
    staff.invite(there, id_, Wish(typed.admin_name, typed.admin_email, ADMIN, ()), request.now)
    there.flush()
    request.audit("operator.practice.create", target_id=id_)


@view_config(route_name="operator.practice", permission=CHANGE, request_method="GET", renderer="operator/practice.jinja2")
def practice_page(request):
    """One practice, as far as it concerns the operator."""
    return _practice_values(request, _find(request))


@view_config(route_name="operator.practice.suspend", permission=CHANGE, request_method="POST")
def suspend(request):
    """Let nobody in."""
    return _switch(request, True)


@view_config(route_name="operator.practice.resume", permission=CHANGE, request_method="POST")
def resume(request):
    """Open it again."""
    return _switch(request, False)


def _switch(request, suspended: bool):
    need_proof(request, _path(request))
    id_ = _find(request)
    there = session_at(request, id_)
    if practices.suspend(there, id_, suspended):
        audit.record(there, id_, "office.practice.suspend" if suspended else "office.practice.resume", request.now)
        request.audit("operator.practice.change", target_id=id_)
    request.session.flash("Nobody gets in from now on. Its work waits." if suspended else "The practice is open again.")
    return HTTPSeeOther(_path(request))


@view_config(route_name="operator.practice.close", permission=CHANGE, request_method="POST", renderer="operator/practice.jinja2")
def close(request):
    """Begin to close it: its name is typed, because nobody gets in from then on."""
    need_proof(request, _path(request))
    id_, form = _find(request), read_form(request, CloseForm)
    tenant = request.registry.tenants.current(id_)
    if form.data and form.data.name != tenant.practice_name:
        form.refuse("Type the name just as it stands above.", "name")
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return {**_practice_values(request, id_), "form": form}
    return _decide(request, id_, lambda there: closing.close(there, id_, request.now), "The practice is being closed. Its office admins get a mail when the export is ready.")


@view_config(route_name="operator.practice.reopen", permission=CHANGE, request_method="POST")
def reopen(request):
    """Open it again, as long as it is not being erased."""
    need_proof(request, _path(request))
    id_ = _find(request)
    return _decide(request, id_, lambda there: closing.reopen(there, id_, request.now), "The practice is open again.")


def _decide(request, id_: UUID, act: Callable[[Session], object], words: str):
    try:
        act(session_at(request, id_))
        request.audit("operator.practice.change", target_id=id_)
    except CannotClose as refusal:
        words = str(refusal)
    request.session.flash(words)
    return HTTPSeeOther(_path(request))


def _path(request) -> str:
    return request.route_path("operator.practice", slug=request.matchdict["slug"])


@view_config(route_name="operator.practice.tabs", permission=CHANGE, request_method="POST")
def offer(request):
    """Withhold the tabs that are not chosen."""
    need_proof(request, _path(request))
    id_, host, form = _find(request), request.registry.plugins, read_form(request, TabsForm)
    offered = set(form.data.offered) if form.data else set(host.plugins)
    there = session_at(request, id_)
    if practices.withhold(there, host, id_, set(host.plugins) - offered):
        audit.record(there, id_, "office.practice.withhold", request.now)
        request.audit("operator.practice.change", target_id=id_)
    request.session.flash("The tabs are saved. They count from the next page on.")
    return HTTPSeeOther(_path(request))


@view_config(route_name="operator.practice.plan", permission=CHANGE, request_method="POST", renderer="operator/practice.jinja2")
def book(request):
    """Give it another plan. Whoever has access keeps it, also beyond the limit."""
    need_proof(request, _path(request))
    id_, form = _find(request), read_form(request, PlanForm)
    there = session_at(request, id_)
    try:
        new = form.data is not None and practices.book(there, id_, read_plans(request.registry.portal.plans), form.data.plan)
    except CannotMakePractice:
        form.refuse("Choose the plan from the list.", "plan")
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _practice_values(request, id_, form)
    if new:
        audit.record(there, id_, "office.practice.plan", request.now)
        request.audit("operator.practice.change", target_id=id_)
    request.session.flash("The plan is saved. It counts from now on.")
    return HTTPSeeOther(_path(request))


def _find(request) -> UUID:
    try:
        return practices.find(request.db, request.matchdict["slug"])
    except CannotMakePractice:
        raise HTTPNotFound() from None


def _practice_values(request, id_: UUID, plan_form: Form | None = None) -> dict:
    there = session_at(request, id_)
    plan = plan_of(there, id_)
    tenant, host = request.registry.tenants.current(id_), request.registry.plugins
    withheld, far = practices.withheld(request.db, id_), closing.how_far(there, id_)
    tabs = [(name, plugin, name in tenant.plugins) for name, plugin in host.plugins.items()]
    portal = request.registry.portal
    addresses = {"address": portal.address(tenant.host), "base_domain": portal.base_domain, **of_practice(request.db, id_, portal.secure, request.now)}
    return {
        "practice": tenant, "tabs": tabs, "withheld": withheld, "far": far, **addresses,
        "form": empty_form(), "plan_form": plan_form or empty_form(plan=plan.name), "plan": plan, "plans": list(read_plans(portal.plans)),
    }  # fmt: skip


def _create_values(request, form: Form) -> dict:
    return {"form": form, "zones": zone_choices("UTC"), "base_domain": request.registry.portal.base_domain}
