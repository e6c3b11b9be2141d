"""The form of the Pay page."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from core.web.forms import Form
from plugins.account.amounts import LARGEST_PAYMENT_CENTS, AmountRefused, parse_amount

LONGEST_NOTE = 500
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
