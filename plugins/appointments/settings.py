"""What an office sets for its Appointments tab."""

from pydantic import BaseModel, Field


class AppointmentsSettings(BaseModel):
    """Each field has a default, so an office need not set anything."""

    confirm_days: int = Field(
        30, ge=1, le=365, title="Ask for confirmation", description="How long before a visit the patient is asked to confirm it.",
        json_schema_extra={"unit": "days"},
    )  # fmt: skip
