"""What an office can set for its Plan tab."""

from typing import Literal

from pydantic import BaseModel, Field

ESTIMATE_NOTE = (
    "What insurance pays is an estimate. The final amount depends on your coverage at the time of treatment "
    "and on what your dentist finds. Please ask us before you decide; we are glad to go through it with you."
)
SIGN_STATEMENT = (
    "I have read this treatment plan and could ask questions about it. I know what is planned and what it is expected to cost, that what insurance pays is an "
    "estimate, and that I pay what it does not. I agree to this treatment. I can change my mind about anything that is not done yet."
)


class PlanSettings(BaseModel):
    """The Plan tab."""

    estimate_note: str = Field(
        ESTIMATE_NOTE, max_length=1000, title="Note on estimates", description="The note under every treatment plan: that its figures are estimates."
    )
    ask_for_signatures: Literal["wanted", "all"] = Field(
        "wanted",
        title="Plans to be signed in the portal",
        description="Those for which the practice’s system asks for a signature, or every plan that was saved within the last 180 days. Whether plans can be signed "
        "at all is switched under Tabs.",
        json_schema_extra={"words": {"wanted": "Those that ask for it", "all": "Every saved plan"}},
    )
    sign_statement: str = Field(
        SIGN_STATEMENT, min_length=1, max_length=2000, title="What is agreed to", description="What somebody agrees to who signs a treatment plan. Have it read by whoever advises the practice in law."
    )
    sign_age: int = Field(
        18, ge=14, le=21, title="Age from which patients sign", description="Who is younger does not sign their own plans; whoever may act for them does.", json_schema_extra={"unit": "years"}
    )
