"""What an office can set for its Plan tab."""

from pydantic import BaseModel, Field

ESTIMATE_NOTE = (
    "What insurance pays is an estimate. The final amount depends on your coverage at the time of treatment "
    "and on what your dentist finds. Please ask us before you decide; we are glad to go through it with you."
)


class PlanSettings(BaseModel):
    """The Plan tab."""

    estimate_note: str = Field(
        ESTIMATE_NOTE, max_length=1000, title="Note on estimates", description="The note under every treatment plan: that its figures are estimates."
    )
