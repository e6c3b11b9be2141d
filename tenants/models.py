"""Practices, their clinics, the host names they are reached at, their looks and their settings."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice, uuid7
from tenants.addresses.models import AddressChange, Domain, FormerSlug, MailSender  # noqa: F401  (their tables are declared with these)


class Practice(Base):
    """A dental office with its own address, look and tabs. `version` counts up with every change that a page must notice at once.

    One row may be of kind `operator`: no office, but where those sign in who run the installation, at the base domain itself.
    """

    __tablename__ = "practice"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,62}$'", name="slug"),
        CheckConstraint("kind in ('office', 'operator')", name="kind"),
        CheckConstraint("state in ('open', 'suspended', 'closing', 'erasing', 'erased')", name="state"),
        Index("uq_practice_operator", "kind", unique=True, postgresql_where=text("kind = 'operator'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(server_default="office", default="office")
    withheld: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)
    """The tabs that the operator withholds: whatever the practice has set, they are off."""
    state: Mapped[str] = mapped_column(server_default="open", default="open")
    """Suspended, nobody gets in, and its work waits; nothing is lost. Closing, its office admins fetch the export, until it is erased; what stays then is this
    row with another id."""
    closing_at: Mapped[datetime | None]
    erase_after: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    plan: Mapped[str] = mapped_column(server_default="", default="")
    plan_limits: Mapped[dict] = mapped_column(server_default=text("'{}'"), default=dict)
    """What the plan includes (core/plans.py), as it was when the practice got it; without a plan nothing is limited."""
    is_set_up: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """The office wants its first steps shown no more (tenants/console/first_steps.py)."""


class PracticeDetails(TenantScoped, Base):
    """What the practice's system says of the practice itself. The office's own choices count more: its name on the look, a clinic's own telephone number."""

    __tablename__ = "practice_details"
    __table_args__ = (unique_in_practice("external_id"), unique_in_practice())

    external_id: Mapped[str | None]
    name: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str]
    time_zone: Mapped[str]


class Clinic(TenantScoped, Base):
    """One location of a practice, with its contact details and its time zone."""

    __tablename__ = "clinic"
    __table_args__ = (unique_in_practice("external_id"),)

    external_id: Mapped[str | None]
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    address_1: Mapped[str] = mapped_column(default="")
    address_2: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    hours: Mapped[dict] = mapped_column(default=dict)
    """Weekday ("0" is Monday) to [opens, closes] as "08:00"; a weekday that is left out is closed."""
    own: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)
    """The columns that the office has set on its own page: records that come in leave them as they are."""


class ClosedDays(TenantScoped, Base):
    """Days on which a clinic (or, without one, every clinic) is closed, in the clinic's own time; first and last day included."""

    __tablename__ = "closed_days"
    __table_args__ = (belongs_to("clinic"), index_in_practice("last_on"), CheckConstraint("first_on <= last_on", name="order"))

    clinic_id: Mapped[UUID | None]
    first_on: Mapped[date]
    last_on: Mapped[date]
    words: Mapped[str] = mapped_column(default="")
    """Why, as patients read it: a holiday's name."""


class PrivacyNotice(TenantScoped, Base):
    """The office's notice of privacy practices, by version; what patients have accepted stays."""

    __tablename__ = "privacy_notice"
    __table_args__ = (unique_in_practice("version"),)

    version: Mapped[int]
    body: Mapped[str]
    published_at: Mapped[datetime]


class Branding(TenantScoped, Base):
    """The look of a practice (no clinic) or of one of its clinics.

    `theme` holds what it sets itself, by the field names of `core.theme.Theme` and `Greeting`, and `name`.
    """

    __tablename__ = "branding"
    __table_args__ = (
        belongs_to("clinic"),
        Index("uq_branding_scope", "practice_id", "clinic_id", unique=True, postgresql_nulls_not_distinct=True),
    )

    clinic_id: Mapped[UUID | None]
    theme: Mapped[dict] = mapped_column(default=dict)


class BrandingPicture(TenantScoped, Base):
    """A logo or a photo as it is shown, under the mark of its content; what history may go back to stays."""

    __tablename__ = "branding_picture"
    __table_args__ = (
        unique_in_practice("mark"),
        CheckConstraint("content_type in ('image/svg+xml', 'image/png', 'image/jpeg', 'image/webp')", name="content_type"),
    )

    mark: Mapped[str]
    content_type: Mapped[str]
    body: Mapped[bytes]
    small: Mapped[bytes] = mapped_column(default=b"")
    large: Mapped[bytes] = mapped_column(default=b"")
    made_at: Mapped[datetime]


class BrandingChange(TenantScoped, Base):
    """A look before and after somebody changed it; undo puts back what this changed."""

    __tablename__ = "branding_change"
    __table_args__ = (belongs_to("clinic"), index_in_practice("changed_at"))

    clinic_id: Mapped[UUID | None]
    before: Mapped[dict]
    after: Mapped[dict]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]


class OfficeSetting(TenantScoped, Base):
    """One setting of a practice (no clinic) or of a clinic: `<plugin>.<field>`, or `<plugin>` itself for on and off."""

    __tablename__ = "office_setting"
    __table_args__ = (
        belongs_to("clinic"),
        Index("uq_office_setting_scope", "practice_id", "clinic_id", "name", unique=True, postgresql_nulls_not_distinct=True),
    )

    clinic_id: Mapped[UUID | None]
    name: Mapped[str]
    value: Mapped[dict]
    """{"value": …}: JSON, so that a number stays a number."""


class SettingChange(TenantScoped, Base):
    """What was changed, by whom and when; undo puts `before` back. What was changed in one go has the same `change_set`."""

    __tablename__ = "setting_change"
    __table_args__ = (belongs_to("clinic"), index_in_practice("changed_at"), index_in_practice("change_set"))

    clinic_id: Mapped[UUID | None]
    name: Mapped[str]
    before: Mapped[dict | None]
    after: Mapped[dict | None]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]
    account_id: Mapped[UUID | None]
    """The account of `changed_by`; none for the command line."""
    change_set: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    undoes: Mapped[UUID | None]
    """The set that this one has put back, if it has."""


class SettingPlan(TenantScoped, Base):
    """Changes that are to be made at a later time: waiting, done, cancelled, or failed with the reason in words."""

    __tablename__ = "setting_plan"
    __table_args__ = (
        CheckConstraint("state in ('waiting', 'done', 'cancelled', 'failed')", name="state"),
        index_in_practice("due_at"),
    )

    changes: Mapped[dict]
    """{"changes": [{"clinic", "name", "value"}]}, as they were asked for."""
    due_at: Mapped[datetime]
    made_by: Mapped[str]
    account_id: Mapped[UUID | None]
    made_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="waiting", default="waiting")
    reason: Mapped[str] = mapped_column(server_default="", default="")
    ended_at: Mapped[datetime | None]
    change_set: Mapped[UUID | None]


class Export(TenantScoped, Base):
    """An export of the practice, or of one patient. `stage` is what comes next (patients, practice, audit), `place` where it goes on there.

    `asked_by` is whoever asked; none when the practice is being closed. `parts` are in the file store, with `files` in them; the sizes are in
    bytes. `told` says of each sort of file what it is. It is offered from `ready_at` until `until`.
    """

    __tablename__ = "export"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("account", "asked_by"),
        index_in_practice("asked_at"),
        index_in_practice("patient_id"),
        Index("uq_export_running", "practice_id", unique=True, postgresql_where=text("state = 'running' and tabs is null")),
        Index("uq_export_own_running", "practice_id", "asked_by", unique=True, postgresql_where=text("state = 'running' and tabs is not null")),
        CheckConstraint("state in ('running', 'ready', 'stopped', 'erased')", name="state"),
        CheckConstraint("stage in ('patients', 'practice', 'audit', 'end')", name="stage"),
    )

    patient_id: Mapped[UUID | None]
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    days: Mapped[int]
    state: Mapped[str] = mapped_column(default="running")
    stage: Mapped[str] = mapped_column(default="patients")
    place: Mapped[str] = mapped_column(default="")
    people: Mapped[int]
    people_done: Mapped[int] = mapped_column(default=0)
    parts: Mapped[int] = mapped_column(default=0)
    files: Mapped[int] = mapped_column(default=0)
    body_size: Mapped[int] = mapped_column(BigInteger, default=0)
    directory_size: Mapped[int] = mapped_column(BigInteger, default=0)
    told: Mapped[dict] = mapped_column(default=dict)
    ready_at: Mapped[datetime | None]
    until: Mapped[datetime | None]
    tabs: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """The tabs that are in a record which somebody takes along without the office (tenants/exporting/own.py); none where the office exports."""

    @property
    def is_own(self) -> bool:
        """Whether somebody takes a record along without the office."""
        return self.tabs is not None
