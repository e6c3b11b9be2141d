"""Inviting many patients at once: who is meant, the number before it begins, how far it is, and the report."""

from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.auth import inviting
from core.auth.entering import need_proof
from core.auth.inviting import WHY, CannotInvite, Choice
from core.auth.models import InvitationBatch
from core.files.disposition import content_disposition
from core.web.exports import csv_line
from core.web.forms import Form, begun_form, read_form
from tenants.console.patients import clinic_names, id_in_path, own_clinics
from tenants.looking_again import look_again

MANY = "office.access.invite_many"
SOON = 3
"""So many seconds after it was shown, the page of a few that are still to come looks again."""
FIRST_DAY, LAST_DAY = date(1850, 1, 1), date(2199, 12, 31)
OUTCOMES = {"sent": "Sent", "waiting": "Waits", "on_its_way": "On its way", "failed": "Could not be sent", "left_out": "Left out"}


class ChoiceForm(BaseModel):
    """Who is meant."""

    clinic: str = Field("", max_length=40)
    who: Literal["everybody", "adults", "minors"] = Field("everybody", title="age")
    born_from: date | None = Field(None, title="first birthdate", ge=FIRST_DAY, le=LAST_DAY)
    born_until: date | None = Field(None, title="last birthdate", ge=FIRST_DAY, le=LAST_DAY)
    again_days: int | None = Field(None, title="number of days", ge=1, le=365)


@view_config(route_name="office.invitations", permission=MANY, request_method="GET", renderer="console/invite_many.jinja2")
def choice_page(request):
    """Ask who is meant."""
    need_proof(request)
    return _values(request, begun_form(request, who="everybody"))


@view_config(route_name="office.invitations", permission=MANY, request_method="POST", renderer="console/invite_many.jinja2")
def choose(request):
    """Say how many that are and who is left out; begin when that was said and is meant."""
    need_proof(request, keep=ChoiceForm)
    form = read_form(request, ChoiceForm)
    choice = _choice(request, form, form.data) if form.data else None
    if choice and request.POST.get("begin") == "yes":
        try:
            batch_id = inviting.begin(request.db, request.practice_id, choice, request.identity.clinic_ids, request.now, request.identity.account_id)
            return HTTPSeeOther(request.route_path("office.invitations.one", id=batch_id))
        except CannotInvite as refusal:
            request.db.rollback()
            form.refuse(str(refusal))
    if form.errors:
        request.response.status = "422 Unprocessable Content"
        return _values(request, form)
    counts = inviting.preview(request.db, request.practice_id, choice, request.identity.clinic_ids, request.now) if choice else {}
    return {**_values(request, form), "counts": counts}


@view_config(route_name="office.invitations.one", permission=MANY, request_method="GET", renderer="console/invitations.jinja2")
def progress_page(request):
    """How far it is; at the end the report."""
    batch = _batch(request)
    report = inviting.report(request.db, batch)
    looking = look_again(request, batch.made_at if report.waiting else None, inviting.PAUSE.seconds if report.waiting > inviting.AT_ONCE else SOON)
    return {"batch": batch, "report": report, "why": WHY, "at_once": inviting.AT_ONCE, "seconds": inviting.PAUSE.seconds, "looking": looking}


@view_config(route_name="office.invitations.stop", permission=MANY, request_method="POST")
def stop(request):
    """Send no more."""
    batch = _batch(request)
    inviting.stop(request.db, request.practice_id, batch.id, request.now, request.identity.account_id)
    request.session.flash("No more invitations are sent. Those that were on their way still arrive.")
    return HTTPSeeOther(request.route_path("office.invitations.one", id=batch.id))


@view_config(route_name="office.invitations.file", permission=MANY, request_method="POST")
def report_file(request):
    """The report with each patient, as CSV."""
    batch = _batch(request)
    need_proof(request, request.route_path("office.invitations.one", id=batch.id))
    rows = inviting.lines(request.db, batch)
    body = csv_line(("Chart", "Last name", "First name", "Outcome", "Why"))
    body += b"".join(csv_line((number or "", last, first, OUTCOMES[outcome], WHY[reason] if reason else "")) for outcome, reason, number, last, first in rows)
    request.audit("access.many.export", target_id=batch.id)
    response = Response(body, content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = content_disposition(f"invitations-{batch.made_at:%Y-%m-%d}.csv", "text/csv", inline=False)
    return response


def _batch(request) -> InvitationBatch:
    """The batch of the address. Who is limited to clinics sees the own ones. Raises HTTPNotFound."""
    batch = request.db.get(InvitationBatch, (request.practice_id, id_in_path(request)))
    if batch is None or not _is_seen(request, batch):
        raise HTTPNotFound()
    return batch


def _is_seen(request, batch: InvitationBatch) -> bool:
    return not request.identity.clinic_ids or batch.made_by_id == request.identity.account_id


def _values(request, form: Form) -> dict:
    found = [one for one in inviting.batches(request.db, request.practice_id) if _is_seen(request, one)]
    return {"form": form, "clinics": own_clinics(request), "batches": found, "counts": None, "why": WHY, "adult_age": request.whole_tenant.settings["portal.adult_age"]}


def _choice(request, form: Form, typed: ChoiceForm) -> Choice | None:
    """What was chosen; None, with what is wrong said in the form."""
    clinic = next((id_ for id_ in clinic_names(request) if str(id_) == typed.clinic), None)
    if typed.clinic and clinic is None:
        form.refuse("Choose the clinic from the list.", "clinic")
    if typed.born_from and typed.born_until and typed.born_until < typed.born_from:
        form.refuse("The last birthdate lies before the first one. Turn them around.", "born_until")
    if form.errors:
        return None
    grown = _born_before(request)
    first, last = typed.born_from, typed.born_until
    if typed.who == "adults":
        last = min(last or grown, grown)
    elif typed.who == "minors":
        first = max(first or FIRST_DAY, grown + timedelta(days=1))
    before = request.now - timedelta(days=typed.again_days) if typed.again_days else None
    return Choice(clinic, first, last, before)


def _born_before(request) -> date:
    """The last birthdate of those who are of age today."""
    today = request.now.astimezone(request.whole_tenant.time_zone).date()
    year = today.year - request.whole_tenant.settings["portal.adult_age"]
    # Who was born on February 29 is of age on March 1.
    return today.replace(year=year) if (today.month, today.day) != (2, 29) else date(year, 2, 28)


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.invitations", "/office/invitations")
    config.add_route("office.invitations.one", "/office/invitations/{id}")
    config.add_route("office.invitations.stop", "/office/invitations/{id}/stop")
    config.add_route("office.invitations.file", "/office/invitations/{id}/file")
    config.scan("tenants.console.inviting")
