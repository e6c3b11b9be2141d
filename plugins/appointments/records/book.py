"""What the practice's book consists of: chairs, hours, blockouts, types of visits and recalls, rules."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.records import Record
from core.records.fields import Code, ExternalId, ExternalIds, Name, Note, Position, Words, example

Pattern = Annotated[str, Field(pattern="^[X/]*$", max_length=144)]
"""A time pattern of five-minute signs: `X` of the provider's own time, `/` of other time."""
Age = Annotated[int, Field(ge=0, le=150)]
Months = Annotated[int, Field(ge=0, le=120)]
Days = Annotated[int, Field(ge=0, le=3650)]


class Procedure(BaseModel):
    """A procedure of a visit."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)

    code: Code = ""
    """The CDT number."""
    words: Words
    """What is done, in plain words."""


Procedures = Annotated[list[Procedure], Field(max_length=100)]


class ConfirmationStatusRecord(Record):
    """A confirmation status as the practice calls it."""

    model_config = example({"external_id": "CS1", "name": "Left message", "position": 3})

    name: Name
    """What the office calls it."""
    position: Position = 0
    """The place in lists, the lowest first."""
    is_hidden: bool = False
    """Whether the office uses it no more."""


class OperatoryRecord(Record):
    """A chair. Which visits patients may book there is set here by the office, or sent along."""

    model_config = example(
        {
            "external_id": "OP1", "name": "Chair 1", "abbreviation": "CH1", "clinic": "C1", "provider": "D1", "hygienist": "H1", "position": 1, "takes_recalls": True,
            "appointment_types": ["AT1"],
        }
    )  # fmt: skip

    name: Name
    """What the chair is called."""
    abbreviation: str = Field("", max_length=5)
    """The same in short, for the head of a column."""
    clinic: ExternalId | None = None
    """Where it stands."""
    provider: ExternalId | None = None
    """The dentist who works there when a schedule names no chair."""
    hygienist: ExternalId | None = None
    """The hygienist who does."""
    is_hygiene: bool = False
    """Whether it is the hygienist's."""
    position: Position = 0
    """The place from the left."""
    is_hidden: bool = False
    """Whether it is used no more."""
    takes_recalls: bool = False
    """Whether patients may book recalls there."""
    appointment_types: ExternalIds = []
    """The types of visit that patients may book there."""


class BlockoutTypeRecord(Record):
    """A sort of blockout."""

    model_config = example({"external_id": "BT1", "name": "Kept for new patients", "is_open_to_web": True})

    name: Name
    """What the office calls it."""
    is_open_to_web: bool = False
    """Whether patients may book into it."""
    is_hidden: bool = False
    """Whether the office uses it no more."""


class VisitRecord(Record):
    """What types of appointment and of recall have in common."""

    name: Name
    """What the office calls it."""
    words: Words = ""
    """What patients read; empty when it is not offered to them."""
    pattern: Pattern = ""
    """How long it takes, in signs of five minutes: X of the provider's own time, / of other time."""
    procedures: Procedures = []
    """What is done in it."""
    max_age: Age | None = None
    """The highest age of patients for whom it is, in years."""
    blockout_types: ExternalIds = []
    """The sorts of blockout that are kept for it."""
    only_in_blockouts: bool = False
    """Whether it is booked nowhere else."""
    instructions_before: Note = ""
    """What patients read before the visit."""
    instructions_after: Note = ""
    """What they read after it."""
    bring: Note = ""
    """What they bring."""
    position: Position = 0
    """The place in lists, the lowest first."""
    is_hidden: bool = False
    """Whether the office uses it no more."""


class AppointmentTypeRecord(VisitRecord):
    """A reason for a visit."""

    model_config = example(
        {
            "external_id": "AT1", "name": "Comp exam", "words": "First visit with examination", "pattern": "/XX///", "procedures": [{"code": "D0150", "words": "Examination"}],
            "blockout_types": ["BT1"], "for_new": True, "bring": "A list of your medicines",
        }
    )  # fmt: skip

    for_existing: bool = True
    """Whether patients of the office may book it."""
    for_new: bool = False
    """Whether people who are new may."""
    min_age: Age | None = None
    """The lowest age of patients for whom it is, in years."""


class RecallTypeRecord(VisitRecord):
    """A sort of recall, such as a cleaning every six months."""

    model_config = example({"external_id": "RT1", "name": "Prophy", "words": "Cleaning and check-up", "pattern": "/XXXXXXX/", "special": "prophy", "interval_months": 6})

    special: Literal["", "prophy", "child_prophy", "perio"] = ""
    """The cleaning of adults, of children, or of gums; one of each at most."""
    joins_special: bool = False
    """Whether it is done along with the cleaning."""
    interval_months: Months = 6
    """How often it is due, in months …"""
    interval_days: Days = 0
    """… and days."""


class AppointmentRuleRecord(Record):
    """Procedures during which their provider sees nobody else, from one CDT number to another, both included."""

    model_config = example({"external_id": "AR1", "name": "Implants", "first_code": "D6010", "last_code": "D6199"})

    name: Name
    """What the office calls it."""
    first_code: Code
    """The first CDT number."""
    last_code: Code
    """The last one."""
    is_enabled: bool = True
    """Whether it counts."""

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.first_code > self.last_code:
            raise ValueError("the first code comes after the last one")
        return self


class ScheduleRecord(Record):
    """Hours of a provider, or a blockout, on one day."""

    model_config = example(
        {"external_id": "SC1", "provider": "D1", "clinic": "C1", "held_on": "2026-03-04", "starts": 480, "ends": 1020, "operatories": ["OP1"]},
        {"external_id": "SC2", "blockout_type": "BT1", "clinic": "C1", "held_on": "2026-03-04", "starts": 480, "ends": 540, "operatories": ["OP1"], "note": "New patients"},
    )

    provider: ExternalId | None = None
    """Who works; either this or `blockout_type` is there."""
    blockout_type: ExternalId | None = None
    """The sort of blockout."""
    clinic: ExternalId | None = None
    """Where."""
    held_on: date
    """The day."""
    starts: int = Field(ge=0, le=1439)
    """When it begins, in minutes from midnight by the clinic's clock: 480 is 8:00."""
    ends: int = Field(ge=1, le=1440)
    """When it ends, in minutes from midnight."""
    operatories: ExternalIds = []
    """In which chairs; none where the chairs of the provider count."""
    note: Words = ""
    """What the office wrote about it."""

    @model_validator(mode="after")
    def _is_one_block(self) -> Self:
        if self.starts >= self.ends:
            raise ValueError("a schedule must end after it starts")
        if (self.provider is None) == (self.blockout_type is None):
            raise ValueError("a schedule names either a provider or a blockout type")
        return self
