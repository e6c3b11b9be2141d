"""Providers, patients, and the grants that open a patient's record to an account."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice
from core.people.statuses import ACTIVE, QUIET, STATUSES


class Provider(TenantScoped, Base):
    """A dentist or hygienist of the practice."""

    __tablename__ = "provider"
    __table_args__ = (unique_in_practice("external_id"),)

    external_id: Mapped[str | None]
    first_name: Mapped[str]
    last_name: Mapped[str]
    preferred_name: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    suffix: Mapped[str] = mapped_column(default="")
    specialty: Mapped[str] = mapped_column(default="")
    npi: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    is_shown: Mapped[bool] = mapped_column(server_default="false", default=False)
    """Whether the office shows this provider on its contact page."""
    photo: Mapped[str] = mapped_column(server_default="", default="")
    """The mark of the picture of this provider, if the office has sent one (tenants/looks.py)."""
    own: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)
    """The columns that the office has set on its own page: records that come in leave them as they are."""

    @property
    def plain_name(self) -> str:
        """First and last name, without titles."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def name(self) -> str:
        """As patients know them: the preferred name, else title, names and suffix."""
        if self.preferred_name:
            return self.preferred_name
        full = " ".join(part for part in (self.title, self.first_name, self.last_name) if part)
        return f"{full}, {self.suffix}" if self.suffix else full


class Patient(TenantScoped, Base):
    """A person with a chart. `guarantor_id` is the head of the family account, `clinic_id` the home clinic.

    `responsible_party_id` may see the record: one person for each patient, as in a nursing home. A record that the office has marked
    `is_confidential` is hidden from guarantor, guardians and responsible party. `source` says whether the practice's system sends the chart
    (`records`), the office wrote it down by hand (`office`), or the patient who booked a first visit did (`web`, core/people/by_hand.py).
    """

    __tablename__ = "patient"
    __table_args__ = (
        belongs_to("clinic"),
        belongs_to("provider"),
        belongs_to("patient", "guarantor_id"),
        belongs_to("patient", "responsible_party_id"),
        unique_in_practice("external_id"),
        index_in_practice("guarantor_id"),
        index_in_practice("birthdate", "last_name"),
        CheckConstraint("sex in ('F', 'M', 'U')", name="sex"),
        CheckConstraint("source in ('records', 'office', 'web')", name="source"),
        CheckConstraint("status in ('active', 'inactive', 'prospective', 'nonpatient', 'archived', 'deceased')", name="status"),
    )

    external_id: Mapped[str | None]
    clinic_id: Mapped[UUID | None]
    guarantor_id: Mapped[UUID | None]
    responsible_party_id: Mapped[UUID | None]
    provider_id: Mapped[UUID | None]
    first_name: Mapped[str]
    last_name: Mapped[str]
    preferred_name: Mapped[str] = mapped_column(default="")
    birthdate: Mapped[date | None]
    sex: Mapped[str] = mapped_column(default="U")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    address_1: Mapped[str] = mapped_column(default="")
    address_2: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en-US")
    text_ok: Mapped[bool | None]
    """What they said at the office about text messages; None when nobody asked. What came from the number itself counts more (core/texting/stops.py)."""
    is_confidential: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    source: Mapped[str] = mapped_column(server_default="records", default="records")
    status: Mapped[str] = mapped_column(server_default="active", default="active")
    """How the patient stands with the practice (core/people/statuses.py says what follows from it)."""

    @property
    def name(self) -> str:
        """The name that the person is called by."""
        return f"{self.preferred_name or self.first_name} {self.last_name}"

    @property
    def standing(self) -> str:
        """How the patient stands with the practice, in words; none for who is active."""
        return "" if self.status == ACTIVE else STATUSES[self.status]

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is told of anything new in this chart."""
        return self.status in QUIET


class MergedChart(TenantScoped, Base):
    """A chart that became part of another one, `patient_id` (core/people/merging.py). It has the id of the patient that was, and the chart's number.

    `was` is what is needed to make it a chart again at the office (core/people/pictures.py); it is kept for 90 days.
    """

    __tablename__ = "patient_merged"
    __table_args__ = (belongs_to("patient"), belongs_to("account", "merged_by_id"), unique_in_practice("external_id"), index_in_practice("patient_id"))

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    reason: Mapped[str]
    merged_at: Mapped[datetime]
    merged_by_id: Mapped[UUID | None]
    was: Mapped[dict | None] = mapped_column(JSONB(none_as_null=True))


class PatientNumber(TenantScoped, Base):
    """A number under which somebody came in who may be this patient (core/people/recognizing.py): `state` is `waits`, `same` or `different`.

    `is_own`: it is one of the practice's system, else of another one. `said` is what the record says of the person, only while it waits;
    `later_until` when the office, which has put it off, wants to see it again.
    """

    __tablename__ = "patient_number"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("account", "decided_by_id"),
        unique_in_practice("external_id", "patient_id"),
        index_in_practice("patient_id"),
        index_in_practice("state", "first_at"),
        CheckConstraint("state in ('waits', 'same', 'different')", name="state"),
    )

    external_id: Mapped[str]
    patient_id: Mapped[UUID]
    state: Mapped[str]
    is_own: Mapped[bool]
    said: Mapped[dict | None] = mapped_column(JSONB(none_as_null=True))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    later_until: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None]


class PatientWord(TenantScoped, Base):
    """A word by which the office finds a patient, in plain letters and digits (core/people/found_by.py). It is compared byte by byte."""

    __tablename__ = "patient_word"
    __table_args__ = (belongs_to("patient"), index_in_practice("word", "patient_id"))

    # There are very many, and each costs when patients come in: no key but what it says, and no reference but the patient. The version before gave it an id.
    practice_id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    id: Mapped[UUID | None] = mapped_column()  # type: ignore[assignment]


class NameTrace(TenantScoped, Base):
    """A name that somebody here has, from its beginning or from its end: names with a slip are found by it (core/people/near.py)."""

    __tablename__ = "patient_name_trace"
    __table_args__ = (unique_in_practice("trace", "name"),)

    trace: Mapped[str] = mapped_column(Text(collation="C"))
    name: Mapped[str] = mapped_column(Text(collation="C"))


class Relationship(TenantScoped, Base):
    """What `related_id` is to `patient_id`: mother, caregiver, spouse. A guardian may see and act for the patient, across families."""

    __tablename__ = "relationship"
    __table_args__ = (
        belongs_to("patient"), belongs_to("patient", "related_id"), unique_in_practice("external_id"), index_in_practice("patient_id"),
        index_in_practice("related_id"),
    )  # fmt: skip

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    related_id: Mapped[UUID]
    relation: Mapped[str]
    is_guardian: Mapped[bool]


class Grant(TenantScoped, Base):
    """This account may see, or act on, this tab for this patient. `plugin` is a tab's name, or `*` for every tab.

    `given_by` is `office`, `practice system`, or `account` for what a patient, or the guardian of a child, has given: `giver_id` says who.
    `ended_by_id` is who ended it before its time. `told_at` is when the mail was asked for that tells of an end by a birthday.
    """

    __tablename__ = "access_grant"
    __table_args__ = (
        belongs_to("account"),
        belongs_to("patient"),
        belongs_to("account", "giver_id"),
        belongs_to("account", "ended_by_id"),
        index_in_practice("account_id", "patient_id"),
        index_in_practice("patient_id"),
        CheckConstraint("level in ('see', 'act')", name="level"),
    )

    account_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    plugin: Mapped[str]
    level: Mapped[str]
    relation: Mapped[str]
    given_by: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    giver_id: Mapped[UUID | None]
    ended_by_id: Mapped[UUID | None]


class AccessOffer(TenantScoped, Base):
    """Access that somebody was offered by mail and has not taken yet, or has: what the giver typed, and what was chosen.

    `rights` are such as `account.act` or `images.see`; `until` is when the access will end, whenever it is taken. The link is a ticket
    (core/auth/models.py) that names the offer.
    """

    __tablename__ = "access_offer"
    __table_args__ = (belongs_to("patient"), belongs_to("account", "giver_id"), belongs_to("account"), index_in_practice("patient_id"))

    patient_id: Mapped[UUID]
    giver_id: Mapped[UUID]
    name: Mapped[str]
    email: Mapped[str]
    relation: Mapped[str]
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text))
    until: Mapped[datetime | None]
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    account_id: Mapped[UUID | None]


class RecordsRequest(TenantScoped, Base):
    """Somebody asks the office for a record (core/people/records_requests.py has the words for `wanted`, `format` and `state`).

    `due_on` is the day by which the office must have answered, on the calendar of `time_zone`. `told_ahead` and `told_last` say that the
    office had its mails before that day and on it. The answer stands in the steps.
    """

    __tablename__ = "records_request"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("account"),
        belongs_to("account", "taken_by"),
        index_in_practice("patient_id"),
        index_in_practice("state", "due_on"),
        CheckConstraint("format in ('file', 'paper', 'send')", name="format"),
        CheckConstraint("state in ('asked', 'taken', 'fulfilled', 'denied', 'withdrawn')", name="state"),
    )

    patient_id: Mapped[UUID]
    account_id: Mapped[UUID]
    wanted: Mapped[list[str]] = mapped_column(ARRAY(Text))
    format: Mapped[str]
    recipient: Mapped[str]
    recipient_address: Mapped[str]
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    words: Mapped[str]
    asked_at: Mapped[datetime]
    time_zone: Mapped[str]
    due_on: Mapped[date]
    is_extended: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    state: Mapped[str] = mapped_column(server_default="asked", default="asked")
    taken_by: Mapped[UUID | None]
    told_ahead: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    told_last: Mapped[bool] = mapped_column(server_default=text("false"), default=False)


class RecordsRequestStep(TenantScoped, Base):
    """What somebody did with a request for a record, and the words to the patient that came with it."""

    __tablename__ = "records_request_step"
    __table_args__ = (belongs_to("records_request", "request_id"), belongs_to("account"), index_in_practice("request_id"))

    request_id: Mapped[UUID]
    act: Mapped[str]
    words: Mapped[str]
    account_id: Mapped[UUID]
    happened_at: Mapped[datetime]
