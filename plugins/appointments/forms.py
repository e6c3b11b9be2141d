"""The forms about visits that exist."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

LONGEST = 500
REASONS = {"ill": "I am ill", "plans": "Something came up", "away": "I am away", "cost": "The cost", "other": "Another reason"}
Reason = Literal["ill", "plans", "away", "cost", "other"]
TIMES = {"morning": "Mornings", "midday": "Around noon", "afternoon": "Afternoons", "evening": "Evenings"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Words = Annotated[str, Field(max_length=LONGEST, title="message to the office"), AfterValidator(lambda text: text.replace("\0", ""))]


def in_fives(minutes: int) -> int:
    """The length of a visit as the book takes it. Raises ValueError."""
    if minutes % 5:
        raise ValueError("Type the length in steps of five minutes.")
    return minutes


Length = Annotated[int, Field(ge=5, le=720, title="Length", json_schema_extra={"missing": "Fill in how long it takes."}), AfterValidator(in_fives)]
"""How long a visit takes, in minutes."""


class CancelForm(BaseModel):
    """Why a visit is called off."""

    reason: Reason = Field(title="reason", json_schema_extra={"missing": "Choose a reason."})
    words: Words = ""


class AskForm(BaseModel):
    """What the office is asked for: days count from Monday, 0."""

    days: list[Literal["0", "1", "2", "3", "4", "5", "6"]] = Field([], max_length=7, title="days")
    times: list[Literal["morning", "midday", "afternoon", "evening"]] = Field([], max_length=4, title="times")
    words: Words = ""


def reason_in_words(form: CancelForm) -> str:
    """What the office reads."""
    return ": ".join(part for part in (REASONS[form.reason], form.words) if part)


def in_words(wanted: dict) -> str:
    """The days and times that suit, such as "Monday, Friday; mornings"; nothing where none were chosen."""
    days = ", ".join(DAYS[day] for day in wanted.get("days", []))
    times = ", ".join(TIMES[time].lower() for time in wanted.get("times", []))
    return "; ".join(part for part in (days, times) if part)
