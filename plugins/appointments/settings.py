"""What an office sets for its Appointments tab."""

from pydantic import BaseModel, Field


class AppointmentsSettings(BaseModel):
    """Each field has a default, so an office need not set anything."""

    confirm_days: int = Field(
        30, ge=1, le=365, title="Ask for confirmation", description="Days before a visit from which on the patient is asked to confirm it."
    )
