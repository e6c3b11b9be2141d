"""What an office decides about the portal as a whole; each tab has a schema of its own."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import text
from sqlalchemy.orm import Session

TabName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*$", max_length=60)]


TabTitle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=24, pattern=r"^[^\x00-\x1f\x7f]*$")]


class PortalSettings(BaseModel):
    """The settings `portal.*` of a practice."""

    idle_minutes: int = Field(15, ge=5, le=60, title="Sign out after so many minutes without a click")
    second_factor: Literal["optional", "required"] = Field("optional", title="A second step at sign-in")
    sign_in_links: bool = Field(True, title="Patients may ask for a sign-in link by e-mail")
    self_registration: bool = Field(False, title="Patients may open an account by themselves")
    guarantor_access: bool = Field(True, title="The head of a family account sees the whole family")
    adult_age: int = Field(18, ge=12, le=21, title="A guardian’s access ends on this birthday")
    narrow_age: int = Field(0, ge=0, le=21, title="A guardian’s access narrows on this birthday; 0 when it does not")
    narrowed_tabs: list[TabName] = Field(["appointments", "account"], max_length=50, title="The tabs that guardians keep from then on")
    one_time_password_days: int = Field(90, ge=0, le=365, title="Days for which a one-time password can be used; 0 when it has no end")
    invitation_days: int = Field(14, ge=1, le=60, title="Days for which an invitation can be used")
    tab_order: list[TabName] = Field([], max_length=50, title="The tabs in order")
    tab_titles: dict[TabName, TabTitle] = Field({}, max_length=50, title="What tabs are called here")
    operator_access: Literal["none", "see", "act"] = Field("see", title="What the operator of the portal may do who enters with a reason")


_CHOSEN = text("select name, value from office_setting where practice_id = :practice and clinic_id is null and name like 'portal.%'")


def chosen(session: Session, practice_id: UUID) -> PortalSettings:
    """What a practice has decided as of now, in this transaction; a request has it in `request.tenant.settings` already."""
    rows = session.execute(_CHOSEN, {"practice": practice_id})
    kept: dict[str, Any] = {name.partition(".")[2]: value["value"] for name, value in rows}
    return PortalSettings(**kept)
