"""What an office can set for its Account tab."""

from typing import Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from core.web.forms import Line
from plugins.account.services import pay_words


class AccountSettings(BaseModel):
    """The Account tab."""

    minimum_payment_cents: int = Field(
        100, ge=50, le=5_000_000, title="Smallest payment", description="The smallest payment by card.", json_schema_extra={"unit": "cents"}
    )
    books: Literal["system", "portal"] = Field(
        "system",
        title="Who keeps the books",
        description="With a practice system that sends the ledger, a payment is pending until that system has entered it. Without one the portal "
        "posts payments itself.",
        json_schema_extra={"words": {"system": "The practice’s system", "portal": "The portal"}},
    )
    process_at_once: bool = Field(
        False,
        title="Process payments at once",
        description="Payments count as processed as soon as they are made. Otherwise somebody at the office looks at each of them first.",
    )
    guest_payments: bool = Field(
        True,
        title="Paying without signing in",
        description="Anyone may pay a bill by card at /pay. Turn it off if stolen cards are tried out there.",
    )
    statement_scope: Literal["patient", "family"] = Field(
        "patient",
        title="Statements are for",
        description="The patient alone, or the family under its guarantor. A confidential record is on no statement of the family.",
        json_schema_extra={"words": {"patient": "The patient", "family": "The family"}},
    )
    statement_since: Literal["days", "zero"] = Field(
        "days",
        title="Statements go back",
        description="So many days, as set below, or to the last time that nothing was owed.",
        json_schema_extra={"words": {"days": "A number of days", "zero": "To the last zero balance"}},
    )
    statement_days: int = Field(
        90, ge=1, le=3650, title="Days on statements", description="What is older is summed up as the previous balance.", json_schema_extra={"unit": "days"}
    )
    statement_due_days: int = Field(
        30, ge=0, le=180, title="Days to pay", description="By when a statement asks to be paid.", json_schema_extra={"unit": "days"}
    )
    plan_notice_days: int = Field(
        3, ge=0, le=30, title="Notice before a payment of a plan", description="So many days before a payment is due a mail says that there is something about the plan; 0 for none.",
        json_schema_extra={"unit": "days"},
    )  # fmt: skip
    bank_payments: bool = Field(
        True,
        title="Paying from a bank account",
        description="Patients may also pay from a bank account in the United States. It takes days until the bank has paid.",
    )
    statement_message: str = Field(
        "", max_length=500, title="Line on statements", description="A line for every statement, such as thanks or how to pay by check."
    )
    ask_subject: Line = Field("", max_length=200, title="Subject that asks to pay", description="Empty for ours.")
    ask_body: str = Field("", max_length=4000, title="Mail that asks to pay", description="Empty for ours. [MsgToPayURL] is where the link stands.")
    ask_text: str = Field("", max_length=600, title="Text message that asks to pay", description="Empty for ours. [MsgToPayURL] is where the link stands.")
    ask_subject_es: Line = Field("", max_length=200, title="Subject that asks to pay in Spanish", description="Empty for ours.")
    ask_body_es: str = Field("", max_length=4000, title="Mail that asks to pay in Spanish", description="Empty for ours. [MsgToPayURL] is where the link stands.")
    ask_text_es: str = Field("", max_length=600, title="Text message that asks to pay in Spanish", description="Empty for ours. [MsgToPayURL] is where the link stands.")
    estimates_for_visits: bool = Field(
        False,
        title="Estimates for scheduled visits",
        description="When a visit is scheduled at least three business days ahead for a patient without insurance on file, it stands under Estimates with the day by which the law wants one.",
    )
    estimate_npi: Line = Field(
        "", title="NPI of the office", pattern=r"^([0-9]{10})?$", description="The office’s National Provider Identifier, ten digits; it stands on good-faith estimates."
    )
    estimate_tin: Line = Field(
        "",
        title="Tax number of the office",
        pattern=r"^([0-9]{2}-?[0-9]{7}|[0-9]{3}-[0-9]{2}-[0-9]{4})?$",
        description="The office’s taxpayer number (EIN), such as 12-3456789; it stands on good-faith estimates.",
    )
    stripe_account: Line = Field(
        "",
        title="Account at Stripe",
        pattern=r"^(acct_[A-Za-z0-9]+)?$",
        description="The office's own account at Stripe, such as acct_1Ab2Cd; needed where Stripe takes the payments.",
        json_schema_extra={"on_page": "account.office.card_service"},
    )

    @field_validator(*(f"ask_{part}{tongue}" for part in (pay_words.SUBJECT, pay_words.BODY, pay_words.TEXT) for tongue in ("", "_es")))
    @classmethod
    def _has_known_tags(cls, text: str, info: ValidationInfo) -> str:
        return pay_words.checked(str(info.field_name).split("_")[1], text)
