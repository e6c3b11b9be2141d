"""The sorts of row that an office sets up: what its form asks, and how a row becomes the form's values and the other way round."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from core.web.forms import Line
from plugins.appointments.models import AppointmentRule, AppointmentType, BlockoutType, ConfirmationStatus, Operatory, RecallType

MARKDOWN, LINES = 4000, 40
CODE = re.compile(r"D\d{4}")
ADDRESS = re.compile(r"(https?://|/)[^\s\"<>]{1,500}")
MEANINGS = {
    "": "Nothing", "sent": "A request to confirm was sent", "accepted": "The patient confirmed", "not_accepted": "The patient asks for a call",
    "failed": "The request did not get through", "booked": "The patient booked online",
    "arrived": "The patient says to be here", "seated": "The office says: in the chair", "dismissed": "The office says: the visit is over",
}  # fmt: skip
SPECIALS = {"": "None", "prophy": "Cleaning (prophy)", "child_prophy": "Cleaning for children", "perio": "Gum care (perio)"}


def _code(typed: str) -> str:
    code = typed.upper()
    if not re.fullmatch(r"[A-Z0-9]{1,15}", code):
        raise ValueError("Write the number of a procedure, such as D2740.")
    return code


ProcedureCode = Annotated[Line, AfterValidator(_code)]
Lines = Annotated[str, AfterValidator(lambda text: text.replace("\0", ""))]
"""Text of several lines, without what cannot be kept."""


class OperatoryForm(BaseModel):
    """A chair."""

    name: Line = Field(title="Name", max_length=60)
    abbreviation: Line = Field("", title="Abbreviation", max_length=5)
    clinic_id: UUID | None = Field(None, title="Clinic")
    provider_id: UUID | None = Field(None, title="Provider")
    hygienist_id: UUID | None = Field(None, title="Hygienist")
    is_hygiene: bool = Field(False, title="Hygiene")
    is_hidden: bool = Field(False, title="Hidden")
    takes_recalls: bool = Field(False, title="Recall visits")
    appointment_type_ids: list[UUID] = Field([], title="Types", max_length=200)


class BlockoutTypeForm(BaseModel):
    """A sort of blockout."""

    name: Line = Field(title="Name", max_length=60)
    is_open_to_web: bool = Field(False, title="Open to patients")
    is_hidden: bool = Field(False, title="Hidden")


class _TypeForm(BaseModel):
    """What types of appointment and of recall have in common."""

    name: Line = Field(title="Name", max_length=60)
    words: Line = Field("", title="Words for patients", max_length=100)
    procedures: Lines = Field("", title="Procedures", max_length=MARKDOWN)
    max_age: int | None = Field(None, title="Oldest age", ge=0, le=150)
    blockout_type_ids: list[UUID] = Field([], title="Blockouts", max_length=200)
    only_in_blockouts: bool = Field(False, title="Only in these blockouts")
    instructions_before: Lines = Field("", title="Before the visit", max_length=MARKDOWN)
    instructions_after: Lines = Field("", title="After the visit", max_length=MARKDOWN)
    bring: Lines = Field("", title="What to bring", max_length=MARKDOWN)
    is_hidden: bool = Field(False, title="Hidden")


class AppointmentTypeForm(_TypeForm):
    """A reason for a visit."""

    for_existing: bool = Field(False, title="For patients of the office")
    for_new: bool = Field(False, title="For new patients")
    min_age: int | None = Field(None, title="Youngest age", ge=0, le=150)
    forms: Lines = Field("", title="Forms to fill in", max_length=MARKDOWN)


class RecallTypeForm(_TypeForm):
    """A sort of recall."""

    special: Literal["", "prophy", "child_prophy", "perio"] = Field("", title="Special type")
    joins_special: bool = Field(False, title="Joins a cleaning")
    interval_months: int = Field(6, title="Months", ge=0, le=120)
    interval_days: int = Field(0, title="Days", ge=0, le=3650)


class RuleForm(BaseModel):
    """Procedures during which their provider sees nobody else."""

    name: Line = Field(title="Name", max_length=60)
    first_code: ProcedureCode = Field(title="First procedure")
    last_code: ProcedureCode = Field(title="Last procedure")
    is_enabled: bool = Field(False, title="On")


class StatusForm(BaseModel):
    """A confirmation status."""

    name: Line = Field(title="Name", max_length=60)
    meaning: Literal["", "sent", "accepted", "not_accepted", "failed", "booked", "arrived", "seated", "dismissed"] = Field("", title="Set when")
    sends_confirmation: bool = Field(False, title="Asked to confirm")
    may_change: bool = Field(False, title="Changed by answers")
    sends_reminder: bool = Field(False, title="Reminded")
    sends_thanks: bool = Field(False, title="Thanked")
    sends_new_thanks: bool = Field(False, title="Welcomed")
    sends_arrival: bool = Field(False, title="Asked on arrival")
    is_hidden: bool = Field(False, title="Hidden")


@dataclass(frozen=True)
class Kind:
    """A sort of row: its name in addresses, its words, its table, its form, and the columns that an office may set where a system sends the row."""

    name: str
    one: str
    many: str
    model: type
    form: type[BaseModel]
    open_columns: frozenset[str]
    has_pattern: bool = False
    is_clinics: bool = False
    """Whether each row belongs to a clinic."""


_ABOUT_BOOKING = {"words", "blockout_type_ids", "only_in_blockouts", "instructions_before", "instructions_after", "bring"}
KINDS = {
    kind.name: kind
    for kind in (
        Kind("operatory", "operatory", "Operatories", Operatory, OperatoryForm, frozenset({"takes_recalls", "appointment_type_ids"}), is_clinics=True),
        Kind("type", "appointment type", "Appointment types", AppointmentType, AppointmentTypeForm,
             frozenset(_ABOUT_BOOKING | {"for_existing", "for_new", "min_age", "max_age", "forms"}), has_pattern=True),
        Kind("recall_type", "recall type", "Recall types", RecallType, RecallTypeForm, frozenset(_ABOUT_BOOKING), has_pattern=True),
        Kind("blockout_type", "blockout type", "Blockout types", BlockoutType, BlockoutTypeForm, frozenset({"is_open_to_web"})),
        Kind("rule", "appointment rule", "Appointment rules", AppointmentRule, RuleForm, frozenset({"is_enabled"})),
        Kind("status", "confirmation status", "Confirmation statuses", ConfirmationStatus, StatusForm,
             frozenset({"meaning", "sends_confirmation", "may_change", "sends_reminder", "sends_thanks", "sends_new_thanks", "sends_arrival"})),
    )
}  # fmt: skip
"""Everything that can be set up, by name."""


class WrongLine(Exception):
    """A line that cannot be read; the text says which one and why."""


def procedures_of(text: str) -> list[dict[str, str]]:
    """Procedures from lines such as "D1110 Cleaning". Raises WrongLine."""
    found = []
    for line in _lines(text):
        code, _, words = line.partition(" ")
        if not CODE.fullmatch(code):
            code, words = "", line
        if not words.strip():
            raise WrongLine(f"Write after {code} what it is in plain words, such as “{code} Cleaning”.")
        found.append({"code": code, "words": words.strip()})
    return found


def forms_of(text: str) -> list[dict[str, str]]:
    """Forms from lines such as "Health history https://…". Raises WrongLine."""
    found = []
    for line in _lines(text):
        title, _, address = line.rpartition(" ")
        if not title or not ADDRESS.fullmatch(address):
            raise WrongLine(f"End the line “{line[:40]}” with the address of the form, such as “Health history https://example.com/form”.")
        found.append({"title": title, "address": address})
    return found


def _lines(text: str) -> list[str]:
    lines = [" ".join(line.split()) for line in text.replace("\0", "").splitlines() if line.strip()]
    if len(lines) > LINES:
        raise WrongLine(f"Write {LINES} lines at most.")
    return lines


READERS: Mapping[str, Callable[[str], list[dict[str, str]]]] = {"procedures": procedures_of, "forms": forms_of}
"""How a column that is written as lines is read."""


def shown(name: str, value: Any) -> str:
    """A column's value as its field holds it."""
    if name == "procedures":
        return "\n".join(f"{one.get('code', '')} {one['words']}".strip() for one in value)
    if name == "forms":
        return "\n".join(f"{one['title']} {one['address']}" for one in value)
    return ("yes" if value else "") if isinstance(value, bool) else "" if value is None else str(value)


def values_of(kind: Kind, row: Any) -> tuple[dict[str, str], dict[str, set[str]]]:
    """A row as its form holds it: plain values, and what is ticked in groups of boxes."""
    columns = {name: getattr(row, name) for name in kind.form.model_fields}
    lists = {name: {str(one) for one in value} for name, value in columns.items() if name.endswith("_ids")}
    return {name: shown(name, value) for name, value in columns.items() if name not in lists}, lists
