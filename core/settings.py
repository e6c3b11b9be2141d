"""What an office decides about the portal as a whole; each tab has a schema of its own."""

from typing import Literal

from pydantic import BaseModel, Field


class PortalSettings(BaseModel):
    """The settings `portal.*` of a practice."""

    idle_minutes: int = Field(15, ge=5, le=60, title="Sign out after so many minutes without a click")
    second_factor: Literal["optional", "required"] = Field("optional", title="A second step at sign-in")
    sign_in_links: bool = Field(True, title="Patients may ask for a sign-in link by e-mail")
    guarantor_access: bool = Field(True, title="The head of a family account sees the whole family")
    adult_age: int = Field(18, ge=12, le=21, title="A guardian’s access ends on this birthday")
    invitation_days: int = Field(14, ge=1, le=60, title="Days for which an invitation can be used")
