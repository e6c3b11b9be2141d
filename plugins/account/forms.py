"""The forms of the Pay pages."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, PastDate

from core.auth.email_change import check_email
from core.web.forms import Form, Line
from plugins.account.amounts import LARGEST_PAYMENT_CENTS, AmountRefused, parse_amount

LONGEST_NOTE, LONGEST_NAME = 500, 100
_NONCE = r"^[A-Za-z0-9_-]{16,64}$"


def _without_nulls(text: str) -> str:
    return text.replace("\0", "")


class PayForm(BaseModel):
    """What a payer fills in. `pay_with` is the id of what is kept, or `card` or `bank` for the card service's page, where everything secret is typed.

    `more_than_owed` is the amount in cents of which the payer has said that it is meant, though it is more than what is owed.
    `patient` and what was seen of each offer is what the page showed; it is compared with what is true now, never trusted.
    """

    choice: Literal["plan", "balance", "family", "statement", "visit", "other"] = "balance"
    amount: Annotated[str, Field(max_length=40)] = ""
    note: Annotated[str, AfterValidator(_without_nulls), Field(max_length=LONGEST_NOTE, title="Note to the office")] = ""
    pay_with: Literal["card", "bank"] | UUID = "card"
    keep: Literal["", "yes"] = ""
    more_than_owed: Annotated[int, Field(ge=0, le=LARGEST_PAYMENT_CENTS)] = 0
    patient: UUID
    balance_seen: int = 0
    family_seen: int = 0
    statement_seen: int = 0
    visit_seen: int = 0
    plan_seen: int = 0
    plan: UUID | None = None
    statement: UUID | None = None
    visit: Annotated[str, AfterValidator(_without_nulls), Field(max_length=200)] = ""
    form_nonce: Annotated[str, Field(pattern=_NONCE)]

    @property
    def seen_cents(self) -> int:
        """What the page showed for what was chosen."""
        seen = {"balance": self.balance_seen, "family": self.family_seen, "statement": self.statement_seen, "visit": self.visit_seen, "plan": self.plan_seen}
        return seen.get(self.choice, 0)


def _name(text: str) -> str:
    if not text:
        raise ValueError("Type the name as the office has it.")
    return text


class Who(BaseModel):
    """For whom somebody pays who has not signed in."""

    first_name: Annotated[Line, AfterValidator(_name), Field(max_length=LONGEST_NAME, title="first name")]
    last_name: Annotated[Line, AfterValidator(_name), Field(max_length=LONGEST_NAME, title="last name")]
    birthdate: Annotated[PastDate, Field(title="birthdate")]
    account_number: Annotated[Line, Field(max_length=40, title="account number")] = ""


class GuestForm(Who):
    """What somebody fills in who pays without signing in; the card is typed at the card service."""

    amount: Annotated[str, Field(max_length=40)]
    email: Annotated[str, AfterValidator(lambda text: check_email(text) if text else ""), Field(max_length=254, title="e-mail address")] = (
        ""
    )
    note: Annotated[str, AfterValidator(_without_nulls), Field(max_length=LONGEST_NOTE, title="Note to the office")] = ""
    kind: Literal["card", "bank"] = "card"
    form_nonce: Annotated[str, Field(pattern=_NONCE)]


def typed_amount(form: Form[GuestForm]) -> int | None:
    """The amount in cents that was typed; None when it is wrong, which the form then says."""
    try:
        return parse_amount(form.values.get("amount", ""))
    except AmountRefused as refusal:
        form.refuse(str(refusal), "amount")
        return None


def chosen_amount(form: Form[PayForm]) -> int | None:
    """The amount in cents that was typed, or that the page showed for what was chosen; None when the form is wrong, which it then says."""
    data = form.data
    if data is None:
        return None
    if data.choice != "other":
        return data.seen_cents
    try:
        return parse_amount(data.amount)
    except AmountRefused as refusal:
        form.refuse(str(refusal), "amount")
        return None
