"""The form of the Pay page."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, PastDate, SecretStr

from core.auth.email_change import check_email
from core.web.forms import Form, Line
from plugins.account.amounts import LARGEST_PAYMENT_CENTS, AmountRefused, parse_amount

LONGEST_NOTE, LONGEST_NAME = 500, 100
_NONCE = r"^[A-Za-z0-9_-]{16,64}$"


class PayForm(BaseModel):
    """What a payer fills in. The card's number and code are secrets: they are read once, and never kept, shown or logged.

    `more_than_owed` is the amount in cents of which the payer has said that it is meant, though it is more than what is owed.
    `patient`, `balance_seen` and `statement_seen` are what the page showed; they are compared with what is true now, never trusted.
    """

    choice: Literal["balance", "statement", "other"] = "balance"
    amount: Annotated[str, Field(max_length=40)] = ""
    note: Annotated[str, Field(max_length=LONGEST_NOTE, title="Note to the office")] = ""
    card_number: SecretStr = SecretStr("")
    card_expiry: Annotated[str, Field(max_length=20)] = ""
    card_code: SecretStr = SecretStr("")
    more_than_owed: Annotated[int, Field(ge=0, le=LARGEST_PAYMENT_CENTS)] = 0
    patient: UUID
    balance_seen: int
    statement_seen: int = 0
    form_nonce: Annotated[str, Field(pattern=_NONCE)]


def _name(text: str) -> str:
    if not text:
        raise ValueError("Type the name as the office has it.")
    return text


def _without_nulls(text: str) -> str:
    return text.replace("\0", "")


class GuestForm(BaseModel):
    """What somebody fills in who pays without signing in. The card's number and code are secrets, see PayForm."""

    first_name: Annotated[Line, AfterValidator(_name), Field(max_length=LONGEST_NAME, title="first name")]
    last_name: Annotated[Line, AfterValidator(_name), Field(max_length=LONGEST_NAME, title="last name")]
    birthdate: Annotated[PastDate, Field(title="birthdate")]
    account_number: Annotated[Line, Field(max_length=40, title="account number")] = ""
    amount: Annotated[str, Field(max_length=40)]
    email: Annotated[str, AfterValidator(lambda text: check_email(text) if text else ""), Field(max_length=254, title="e-mail address")] = (
        ""
    )
    note: Annotated[str, AfterValidator(_without_nulls), Field(max_length=LONGEST_NOTE, title="Note to the office")] = ""
    card_number: SecretStr = SecretStr("")
    card_expiry: Annotated[str, Field(max_length=20)] = ""
    card_code: SecretStr = SecretStr("")
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
        return data.balance_seen if data.choice == "balance" else data.statement_seen
    try:
        return parse_amount(data.amount)
    except AmountRefused as refusal:
        form.refuse(str(refusal), "amount")
        return None
