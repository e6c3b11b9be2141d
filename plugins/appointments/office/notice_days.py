"""When notices of visits may go out: the hours, and days without any, for the practice or a clinic that has its own."""

import re
from datetime import date, time
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.web.forms import Form, empty_form, read_form
from plugins.appointments.office.kinds import Lines
from plugins.appointments.office.notices import DAYS, NOTICES, SET
from plugins.appointments.office.place import refused
from tenants import settings
from tenants.settings import Author, Change

PAGE = "appointments/office/notices_days.jinja2"
NAMES = ("notices_from", "notices_until", "no_notices_on", "no_notices_days")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_DAYS = 200


class DaysForm(BaseModel):
    """When messages go out."""

    clinic: UUID | None = Field(None, title="Clinic")
    opens: time = Field(title="From", json_schema_extra={"missing": "Fill in from when on messages go out."})
    closes: time = Field(title="Until", json_schema_extra={"missing": "Fill in until when messages go out."})
    weekday: list[int] = Field([], title="Weekdays")
    days: Lines = Field("", title="Single days", max_length=4000)


@view_config(route_name=DAYS, permission=SET, request_method="GET", renderer=PAGE)
def days_page(request):
    """The hours and days as they are."""
    place = _place(request, request.GET.get("clinic", ""))
    about = _settings(request, place)
    form = empty_form(opens=about["notices_from"], closes=about["notices_until"], days="\n".join(about["no_notices_days"]))
    return _values(request, place, form, {str(day) for day in about["no_notices_on"]})


@view_config(route_name=DAYS, permission=SET, request_method="POST", renderer=PAGE)
def save(request):
    """Keep them; a clinic may go back to what the practice has."""
    place = _place(request, request.POST.get("clinic", ""))
    if request.POST.get("act") == "follow" and place:
        return _apply(request, place, dict.fromkeys(NAMES), "This clinic does as the practice again.")
    form = read_form(request, DaysForm)
    days = _days(form)
    if form.data and len(set(form.data.weekday)) == 7:
        form.refuse("Leave at least one weekday on which messages go out.", "weekday")
    if form.data and (set(form.data.weekday) - set(range(7))):
        form.refuse("Choose the weekdays from the list.", "weekday")
    if form.data and form.data.opens > form.data.closes:
        form.refuse("The end must come after the beginning. The same time twice means all day.", "closes")
    if form.data is None:
        return refused(request, _values(request, place, form, set(map(str, request.POST.getall("weekday")))))
    opens, closes = (moment.strftime("%H:%M") for moment in (form.data.opens, form.data.closes))
    values = (opens, closes, sorted(set(form.data.weekday)), days)
    return _apply(request, place, dict(zip(NAMES, values, strict=True)), "Saved. It counts for what is due from now on.")


def _apply(request, place: UUID | None, values: dict[str, Any], words: str):
    changes = [Change(place, f"appointments.{name}", value) for name, value in values.items()]
    by = Author(request.identity.name, request.identity.account_id)
    if settings.apply(request.db, request.registry.plugins, request.practice_id, changes, by, request.now):
        request.audit("appointments.notice_days.change")
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(NOTICES))


def _days(form: Form) -> list[str]:
    """The days that were typed, each on a line of its own or with commas between."""
    found = []
    for typed in re.split(r"[\s,;]+", form.data.days if form.data else ""):
        try:
            found += [date.fromisoformat(typed).isoformat()] if typed else []
        except ValueError:
            form.refuse(f"“{typed[:20]}” is no day. Type each day as 2026-12-25.", "days")
            return []
    if len(found) > MOST_DAYS:
        form.refuse(f"Type at most {MOST_DAYS} days; those that have passed can go.", "days")
    if any(not day.startswith("20") for day in found):
        form.refuse("Type days of this century, such as 2026-12-25.", "days")
    return sorted(set(found))


def _place(request, typed: Any) -> UUID | None:
    """For which clinic; None for the practice. Raises HTTPNotFound for one that is out of reach."""
    reach = request.identity.clinic_ids
    place = next((one.id for one in request.whole_tenant.clinics if str(one.id) == typed and (not reach or one.id in reach)), None)
    if place is None and (typed or reach):
        raise HTTPNotFound()
    return place


def _settings(request, place: UUID | None) -> dict[str, Any]:
    tenant = request.registry.tenants.tenant(request.practice_id, place, request.visitor.version)
    return {name: tenant.settings[f"appointments.{name}"] for name in NAMES}


def _values(request, place: UUID | None, form: Form, chosen: set[str]) -> dict:
    kept = request.registry.tenants.kept(request.practice_id, request.visitor.version)
    return {
        "form": form, "clinic_id": place, "clinics": {one.id: one.name for one in request.whole_tenant.clinics}, "chosen": chosen,
        "weekdays": list(enumerate(WEEKDAYS)), "has_own": bool(place) and any((place, f"appointments.{name}") in kept for name in NAMES),
    }  # fmt: skip
