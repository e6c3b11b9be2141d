"""What an office sets for its Appointments tab."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from pydantic.config import JsonDict

from core.web.forms import Line

ProviderRule = Literal["any", "primary", "secondary", "hygienist"]
INCREMENTS = ("5", "10", "15")
CLOCK, DAY = "^([01][0-9]|2[0-3]):[0-5][0-9]$", "^20[0-9]{2}-[01][0-9]-[0-3][0-9]$"
DAYS: JsonDict = {"unit": "days"}
NOTICES: JsonDict = {"on_page": "appointments.office.book.notices.days"}
"""Settings that have a page of their own."""


class AppointmentsSettings(BaseModel):
    """Each field has a default, so an office need not set anything; a clinic may have its own."""

    confirm_days: int = Field(
        30, ge=1, le=365, title="Ask for confirmation", description="How long before a visit the patient is asked to confirm it.",
        json_schema_extra={"unit": "days"},
    )  # fmt: skip
    confirm_clicks: Literal["2", "1"] = Field(
        "2", title="Confirm by link",
        description="“With one click” the page behind the link confirms by itself, with a script: programs that check mails and only open links do not "
        "confirm, but a few of them run scripts as well. Where there are no scripts the button is there all the same.",
        json_schema_extra={"words": {"2": "With two clicks: the link, then Confirm or Ask for a call", "1": "With one click: the link alone"}},
    )  # fmt: skip
    notice_hours: int = Field(
        24, ge=0, le=336, title="Notice period", description="Patients cancel or move a visit by themselves up to so long before it; later they are given the phone number and may send a request.",
        json_schema_extra={"unit": "hours"},
    )  # fmt: skip
    cancel_policy: str = Field(
        "", max_length=1000, title="Cancellation policy", description="Patients read it before they cancel a visit, such as a fee for visits that are missed."
    )
    show_broken: bool = Field(False, title="Show broken visits", description="Patients see visits that they missed or that were called off.")
    show_planned: bool = Field(False, title="Show planned visits", description="Patients see visits that are planned and have no time yet.")
    calendar_title: Line = Field(
        "Dental visit", min_length=1, max_length=60, title="Title in calendars",
        description="What a visit is called in calendar programs, before the name of the practice. Many people read it there, so say nothing about health.",
    )  # fmt: skip
    book_recall: bool = Field(True, title="Book recall visits", description="Patients who are due may book their recall visit, such as a cleaning.")
    book_existing: bool = Field(True, title="Book other visits", description="Patients of the office may book a visit by its reason.")
    book_new: bool = Field(False, title="Book as a new patient", description="People who were never here may book their first visit on the clinic’s public page.")
    increment: Literal["5", "10", "15"] = Field(
        "10", title="Time steps", description="In which steps visits begin, also in the office’s own book.",
        json_schema_extra={"words": {"5": "Every 5 minutes", "10": "Every 10 minutes", "15": "Every 15 minutes"}},
    )  # fmt: skip
    lead_days: int = Field(
        0, ge=0, le=365, title="Earliest day", description="How many days ahead the first open time is; 0 for today. The hours below count, too.",
        json_schema_extra={"unit": "days"},
    )  # fmt: skip
    lead_hours: int = Field(
        2, ge=0, le=72, title="Earliest hour", description="How many hours ahead the first open time is.", json_schema_extra={"unit": "hours"}
    )
    horizon_months: int = Field(
        12, ge=1, le=24, title="How far ahead", description="Up to when patients may book, as far as hours are entered.", json_schema_extra={"unit": "months"}
    )
    provider_rule: ProviderRule = Field(
        "any", title="Whose times are offered for recall visits", description="Where the patient has none such, times of every provider are offered.",
        json_schema_extra={
            "words": {
                "any": "The first that is open, whoever it is",
                "primary": "The patient’s own provider",
                "secondary": "The patient’s second provider, such as the own hygienist",
                "hygienist": "The hygienist of the last visit",
            }
        },
    )  # fmt: skip
    picks_provider: bool = Field(True, title="Patients choose the provider", description="They may say whom they want to see; “Any” comes first.")
    prevent_double_booking: bool = Field(
        True, title="Never book over a visit",
        description="Off: a visit may be booked into the other time of another visit’s time pattern, when its provider is not needed there.",
    )  # fmt: skip
    recall_from_due: bool = Field(True, title="Recall visits only from the due date on", description="Off: patients may book them before they are due.")
    allow_children: bool = Field(True, title="New patients under 18", description="A parent or guardian may book for a child who was never here.")
    booked_message: str = Field(
        "", max_length=500, title="Message after booking", description="What patients read once they have booked, such as when to arrive."
    )
    wait_automatic: bool = Field(
        True, title="Offer open times by itself",
        description="When a visit is called off or moved, the wait list is asked. Off: the office says for each open time whether it is.",
    )  # fmt: skip
    wait_notice: int = Field(
        60, ge=20, le=2880, title="Shortest notice for the wait list", description="Nobody is asked about a time that is nearer, however short the notice that suits them.",
        json_schema_extra={"unit": "minutes"},
    )  # fmt: skip
    wait_at_once: int = Field(
        1, ge=1, le=20, title="How many are asked at once", description="Of the wait list, in each turn. The next turn comes after one to eight minutes.",
        json_schema_extra={"unit": "patients"},
    )  # fmt: skip
    wait_messages: int = Field(
        2, ge=0, le=10, title="Text messages a day", description="So many offers a patient gets by text message on one day.", json_schema_extra={"unit": "texts"}
    )
    notices_from: str = Field("08:00", pattern=CLOCK, title="Messages go out from", description="By the clinic’s clock.", json_schema_extra=NOTICES)
    notices_until: str = Field(
        "20:00", pattern=CLOCK, title="Messages go out until",
        description="What is due later goes out at this time. The same time twice: all day.", json_schema_extra=NOTICES,
    )  # fmt: skip
    no_notices_on: list[Annotated[int, Field(ge=0, le=6)]] = Field(
        [], max_length=6, title="Weekdays without messages", description="0 is Monday. What falls on one goes out the day before.", json_schema_extra=NOTICES
    )
    no_notices_days: list[Annotated[str, Field(pattern=DAY)]] = Field(
        [], max_length=200, title="Days without messages", description="Single days, such as holidays.", json_schema_extra=NOTICES
    )
    notices_to_guarantor: bool = Field(
        True, title="Messages about children go to the guarantor", description="Under 18. Off: only where the child has no address or number."
    )
    texts_unasked: bool = Field(
        True, title="Text patients who were never asked", description="Off: only those get text messages who have said yes, as your practice system has it.",
        json_schema_extra={"whole_practice": True},
    )  # fmt: skip
    recall_past: int = Field(
        365, ge=0, le=3650, title="Recall notices: days after the due date", description="Who has been due for longer gets none.", json_schema_extra=DAYS
    )
    recall_future: int = Field(
        30, ge=0, le=365, title="Recall notices: days before the due date", description="So long ahead the first one may go out.", json_schema_extra=DAYS
    )
    recall_first: int = Field(90, ge=1, le=3650, title="Second recall notice", description="So long after the first.", json_schema_extra=DAYS)
    recall_later: int = Field(182, ge=0, le=3650, title="Further recall notices", description="So long after the one before; 0: never.", json_schema_extra=DAYS)
    recall_most: int = Field(3, ge=0, le=20, title="How many more recall notices", description="After the first one.", json_schema_extra={"unit": "notices"})
    recall_families: bool = Field(True, title="One recall notice for a family", description="It goes to the guarantor, also when the guarantor is not due.")
    recall_any_visit: bool = Field(True, title="None while any visit is to come", description="Off: only a visit for the same recall counts.")
    recall_texts: int = Field(
        2, ge=0, le=100, title="Recall texts in ten minutes", description="At most so many go out at a clinic.", json_schema_extra={"unit": "texts"}
    )
    insurances: str = Field(
        "", max_length=4000, title="Insurances that you take", description="One a line. New patients choose theirs from the list when they book; you read it with the visit."
    )
    insurances_told: str = Field(
        "", max_length=4000, title="Insurances with a message",
        description="One a line, then a colon and what patients with it read, such as “Prairie Mutual: Please call us about your plan.” They book all the same.",
    )  # fmt: skip
    insurances_refused: str = Field(
        "", max_length=4000, title="Insurances that you do not take",
        description="One a line. Whoever has one cannot book here, and reads what stands after a colon in its line, else the message below.",
    )  # fmt: skip
    insurance_other: Literal["ask", "refuse", "hide"] = Field(
        "ask", title="Another insurance than those",
        description="What a new patient can do whose insurance is not in the list above.",
        json_schema_extra={
            "words": {
                "ask": "Patients type its name and book",
                "refuse": "They read the message below and cannot book here",
                "hide": "It is not in the list",
            }
        },
    )  # fmt: skip
    insurance_message: str = Field(
        "", max_length=500, title="Message about insurance", description="Above the list when they choose, and where an insurance that is refused has no message of its own."
    )
    frames: str = Field(
        "", max_length=2000, title="Websites that show the booking page",
        description="One a line, such as https://www.example.com: these may show the clinic’s public page within their own. Nobody else can.",
    )  # fmt: skip
