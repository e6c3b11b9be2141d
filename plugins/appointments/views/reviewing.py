"""The last look before a visit is booked, what is shown where the time is gone, and the words after it; in the tab and in public."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound

from core.tenant import Tenant
from core.web.formats import moment_of
from core.web.forms import Form
from plugins.appointments import month as months
from plugins.appointments import slots
from plugins.appointments.models import Appointment, worker_of
from plugins.appointments.views.choosing import Aim, Asked, Booker, provider_of, search, zone_words

AROUND = timedelta(days=14)
"""How far from a time that is gone the nearest are looked for."""
LONGEST_NOTE = 500


class Wish(BaseModel):
    """What may be said with a visit that is booked."""

    note: Annotated[str, AfterValidator(lambda text: text.replace("\0", ""))] = Field("", title="note to the office", max_length=LONGEST_NOTE)
    wants_earlier: bool = Field(False, title="earlier time")


@dataclass(frozen=True, slots=True)
class Look:
    """The open time that was chosen; where it is not open, the nearest."""

    slot: slots.Slot | None
    nearest: Sequence[datetime] = ()


def wanted_time(request) -> datetime:
    """The time that was chosen: in the form where one of the nearest was, else in the address."""
    moment = months.read_stamp(str(request.POST.get("time", "") or request.GET.get("time", "")))
    if moment is None:
        raise HTTPNotFound()
    return moment


def look_at(request, booker: Booker, aim: Aim, moment: datetime) -> Look:
    """Whether a time is open."""
    day = moment.astimezone(aim.place.time_zone).date()
    first = max(aim.today, min(day, aim.last) - AROUND)
    found = search(request, booker, aim, (first, min(first + 2 * AROUND, aim.last)), provider_of(aim.place, Asked.of(request)))
    slot = next((slot for slot in found.slots if slot.starts_at == moment), None)
    return Look(slot) if slot else Look(None, [near.starts_at for near in slots.nearest(list(found.slots), moment)])


def review_of(request, aim: Aim, form: Form, look: Look | None) -> dict[str, Any]:
    """The visit in words, and what has to be said when the time cannot be had; without a look the form is shown again."""
    moment, place = wanted_time(request), aim.place
    provider_id = look.slot.provider_id if look and look.slot else provider_of(place, Asked.of(request))
    near = None if look is None or look.slot else [months.Time(months.stamp(one), moment_of(one, request.now, place.time_zone)) for one in look.nearest]
    return {
        "form": form,
        "aim": aim,
        "clinic": place.clinic,
        "time": months.stamp(moment),
        "when": moment_of(moment, request.now, place.time_zone),
        "zone_words": zone_words(request, place),
        "provider": place.faces.get(str(provider_id)) if provider_id else None,
        "has_passed": moment <= request.now,
        "nearest": near,
        "policy": place.settings.get("appointments.cancel_policy", ""),
        "longest_note": LONGEST_NOTE,
    }


def done_of(request, place: Tenant, visit: Appointment) -> dict[str, Any]:
    """A visit that was booked, in words."""
    return {
        "visit": visit,
        "when": moment_of(visit.starts_at, request.now, place.time_zone),
        "zone_words": zone_words(request, place),
        "clinic": place.clinic,
        "provider": place.faces.get(str(worker_of(visit))),
        "message": place.settings["appointments.booked_message"],
    }
