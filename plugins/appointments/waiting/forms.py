"""What is typed about what suits somebody on the wait list."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from core.tenant import Tenant
from core.web.forms import Form, empty_form
from plugins.appointments.models import WaitListEntry
from plugins.appointments.waiting.joining import Wish
from plugins.appointments.waiting.words import NOTICE, WHOLE_DAY, clock

Day = Annotated[int, Field(ge=0, le=6)]
FROM = [(0, "Any time"), *((hour * 60, clock(hour * 60)) for hour in range(7, 18))]
UNTIL = [(WHOLE_DAY, "Any time"), *((hour * 60, clock(hour * 60)) for hour in range(9, 20))]


class WishForm(BaseModel):
    """Days, hours, notice, whom and where."""

    days: list[Day] = Field(title="day", json_schema_extra={"missing": "Choose at least one day."})
    earliest: int = Field(0, ge=0, lt=WHOLE_DAY, title="beginning")
    latest: int = Field(WHOLE_DAY, gt=0, le=WHOLE_DAY, title="end")
    notice: int = Field(60, ge=0, le=20160, title="notice")
    provider: UUID | None = None
    clinics: list[UUID] = []

    @model_validator(mode="after")
    def _has_hours(self) -> Self:
        if self.earliest >= self.latest:
            raise ValueError("Choose an end that comes after the beginning: nothing lies between these hours.")
        return self

    def wish(self) -> Wish:
        """As it is kept."""
        return Wish(tuple(sorted(set(self.days))), self.earliest, self.latest, self.notice, self.provider, tuple(self.clinics))


def checked(form: Form, tenant: Tenant) -> Wish | None:
    """What suits, or None with what is wrong said in the form: a provider or clinic that is not of this practice."""
    typed = form.data
    if typed is None:
        return None
    known = {clinic.id for clinic in tenant.clinics}
    if typed.provider and str(typed.provider) not in tenant.providers:
        form.refuse("Choose the provider from the list.", "provider")
    if not set(typed.clinics) <= known:
        form.refuse("Choose the clinics from the list.", "clinics")
    return typed.wish() if form.data else None


def form_of(entry: WaitListEntry | None) -> Form:
    """The form as it stands at first."""
    if entry is None:
        return empty_form(notice=60, earliest=0, latest=WHOLE_DAY)
    return empty_form(notice=entry.notice, earliest=entry.earliest, latest=entry.latest, provider=entry.provider_id)


def choices(tenant: Tenant, form: Form, entry: WaitListEntry | None, typed: dict[str, list[str]] | None = None) -> dict:
    """What the form's template needs beside the form itself."""
    days = {str(day) for day in (entry.days if entry else range(7))}
    clinics = {str(clinic_id) for clinic_id in entry.clinic_ids} if entry else set()
    return {
        "form": form,
        "days_chosen": set(typed["days"]) if typed else days,
        "clinics_chosen": set(typed["clinics"]) if typed else clinics,
        "from_options": FROM,
        "until_options": UNTIL,
        "notice_options": list(NOTICE.items()),
        "provider_options": [("", "Any provider"), *sorted(tenant.providers.items(), key=lambda one: one[1])],
        "clinics": tenant.clinics if len(tenant.clinics) > 1 else (),
    }


def typed_lists(request) -> dict[str, list[str]]:
    """What was ticked, as it was typed: for `choices`, where it is refused."""
    return {name: request.POST.getall(name) for name in ("days", "clinics")}
