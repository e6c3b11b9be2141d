"""What an office sets for the Recall Club."""

from pydantic import BaseModel, Field


class RecallClubSettings(BaseModel):
    """Each field has a default, so an office need not set anything."""

    months: int = Field(6, ge=1, le=24, title="Months between check-ups", description="After so many months a member is told.")
