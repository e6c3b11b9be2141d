"""What an office can set for its WebMail tab."""

from pydantic import BaseModel, Field

COMPOSE_NOTE = (
    "We usually answer within one business day. Please do not use messages for anything urgent: call the office, or 911 in an emergency."
)


class WebMailSettings(BaseModel):
    """The WebMail tab."""

    compose_note: str = Field(
        COMPOSE_NOTE,
        max_length=500,
        title="Note above a new message",
        description="What patients read above a new message: when to expect an answer, what to do when it is urgent.",
    )
