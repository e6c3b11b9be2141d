"""Saving changes of settings: now, or at a time on the office's clock."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from core.web import formats
from core.web.forms import Form, read_form
from tenants.settings import Author, Change, WrongValue, apply
from tenants.settings.plans import WrongTime, make_plan, moment_of

FURTHEST = timedelta(days=730)


class WhenForm(BaseModel):
    """When it is to be."""

    when: Literal["now", "later"] = Field("now", title="When")
    day: date | None = Field(None, title="Day")
    hour: time | None = Field(None, title="Time")


def author(request) -> Author:
    """Who is signed in, for the history."""
    return Author(request.identity.name, request.identity.account_id)


def save_or_plan(request, changes: Sequence[Change], zone: ZoneInfo, by: Author) -> Form[WhenForm]:
    """Make the changes now, or plan them, as the form says; the form holds what is wrong, and the next page says what was done."""
    form = read_form(request, WhenForm)
    if form.data and form.data.when == "later":
        _check_time(form, form.data, request.now.astimezone(zone).date())
    if form.data is None:
        return form
    try:
        words = _plan(request, changes, zone, by, form.data) if form.data.when == "later" else _make(request, changes, by)
    except WrongTime as refusal:
        form.refuse(str(refusal), "hour")
    except WrongValue as refusal:
        form.refuse(str(refusal))
    else:
        request.session.flash(words)
    return form


def _check_time(form: Form[WhenForm], typed: WhenForm, today: date) -> None:
    if typed.day is None:
        form.refuse("Fill in the day.", "day")
    elif not today <= typed.day <= today + FURTHEST:
        form.refuse("Choose a day from today on, within two years.", "day")
    if typed.hour is None:
        form.refuse("Fill in the time.", "hour")


def _make(request, changes: Sequence[Change], by: Author) -> str:
    apply(request.db, request.registry.plugins, request.practice_id, changes, by, request.now)
    return "Saved. Patients see it from their next page on."


def _plan(request, changes: Sequence[Change], zone: ZoneInfo, by: Author, typed: WhenForm) -> str:
    assert typed.day
    assert typed.hour
    due = moment_of(datetime.combine(typed.day, typed.hour.replace(tzinfo=None)), zone)
    make_plan(request.db, request.registry.plugins, request.practice_id, changes, by, due, request.now)
    return f"Planned. It happens by itself: {formats.moment_of(due, request.now, zone)}."
