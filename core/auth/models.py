"""Accounts, what they prove themselves with, what they want to be told of, the sessions they are signed in with, every attempt to sign in."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class Account(TenantScoped, Base):
    """Someone who signs in. `user_name_norm` is the user name without case: unique in the practice, and what is looked up; `email_norm`, which the
    database keeps itself, is what is looked up when somebody types an address instead.

    `is_first` until the first sign-in is complete: a password that the office made is replaced, the user name may be. `totp_secret` is
    encrypted (core/auth/secrets.py), `totp_step` the last time step that was accepted: a code counts once. `email_codes` asks for a code
    by mail after the password. `passkey_offered_at` is when the offer of a passkey was answered, which is made once. `closed_at` when the office took the access away.

    `language` is the one in which the person likes to be spoken to and written to, a tag such as `es`; when it is empty the chart's counts.

    `password_ends_at` is when a one-time password opens nothing any more; none for one's own.

    `kind` says at which of the two sign-ins it counts (core/auth/realms.py). A representative may have no chart here, staff never have:
    then there is no patient, and `name` is what they are called. `role` (core/auth/roles.py) and `clinic_ids` (none: all clinics) are of
    staff.
    """

    __tablename__ = "account"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("user_name_norm"),
        index_in_practice("patient_id"),
        index_in_practice("email_norm"),
        CheckConstraint("kind in ('person', 'staff', 'operator')", name="kind"),
        CheckConstraint("kind = 'person' or patient_id is null", name="chart"),
    )

    patient_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(server_default="person", default="person")
    name: Mapped[str] = mapped_column(server_default="", default="")
    role: Mapped[str] = mapped_column(server_default="", default="")
    clinic_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}", default=list)
    user_name: Mapped[str]
    user_name_norm: Mapped[str]
    password_hash: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    # A column, not an index over lower(): under row security the database uses none of a function that may tell what it is given.
    email_norm: Mapped[str] = mapped_column(Computed("lower(email)", persisted=True), deferred=True)
    language: Mapped[str] = mapped_column(server_default="", default="")
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    is_first: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    password_changed_at: Mapped[datetime | None]
    password_ends_at: Mapped[datetime | None]
    notice_version: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    notice_accepted_at: Mapped[datetime | None]
    totp_secret: Mapped[str] = mapped_column(server_default="", default="")
    totp_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    passkey_offered_at: Mapped[datetime | None]
    email_codes: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    closed_at: Mapped[datetime | None]


class SignInSession(TenantScoped, Base):
    """One signed-in browser. The cookie holds a random token, the row only its SHA-256; `patient_id` is the person in view, if any.

    `stage` is empty for a session that is whole; else it opens one page only: `second` (the second factor is still to come) or
    `welcome` (the first sign-in is to be completed). `proven_at` is when the person last proved who they are, for step-up. `realm` is
    the sign-in at which it counts; `support_id` why somebody of the office, or the operator, looks in with it.
    """

    __tablename__ = "sign_in_session"
    __table_args__ = (
        belongs_to("account"),
        belongs_to("patient"),
        belongs_to("support_access", "support_id"),
        unique_in_practice("token_hash"),
        index_in_practice("account_id"),
        CheckConstraint("realm in ('portal', 'office')", name="realm"),
    )

    token_hash: Mapped[str]
    account_id: Mapped[UUID]
    patient_id: Mapped[UUID | None]
    realm: Mapped[str] = mapped_column(server_default="portal", default="portal")
    support_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proven_at: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(server_default="", default="")
    address: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")


class SupportAccess(TenantScoped, Base):
    """Somebody of the office looks at the portal as a patient does, or the operator enters the practice: why, how far, and until when.

    `patient_id` is whose portal it is, none when the operator enters. `level` is `see` or `act`. It ends by itself at `until`.
    `draft` is what is tried out on the portal before it is saved (core/auth/looking.py); then no patient means one who is made up.
    """

    __tablename__ = "support_access"
    __table_args__ = (
        belongs_to("account"),
        belongs_to("patient"),
        index_in_practice("account_id"),
        CheckConstraint("level in ('see', 'act')", name="level"),
    )

    account_id: Mapped[UUID]
    patient_id: Mapped[UUID | None]
    reason: Mapped[str]
    level: Mapped[str]
    began_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    draft: Mapped[dict | None] = mapped_column(JSONB(none_as_null=True))


class Ticket(TenantScoped, Base):
    """A single-use link or code that was sent to somebody. The row holds only the SHA-256 of its secret; `tries` counts wrong codes.

    `kind` says what it opens; `passkey` and `passkey_new` hold the challenge of a browser that was asked for a key, `email_was` an address from
    before a change, which opens nothing. `email` is where it was sent, `phone` the number (+1...) if that was by text message.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        belongs_to("account"),
        belongs_to("patient"),
        belongs_to("access_offer", "offer_id"),
        index_in_practice("kind", "account_id"),
        index_in_practice("secret_hash"),
        CheckConstraint(
            "kind in ('reset', 'sign_in', 'invitation', 'register', 'second', 'proof', 'email', 'email_stop', 'email_was', 'staff', 'operator', "
            "'grant', 'passkey', 'passkey_new', 'book_known', 'book_new', 'book_pass', 'pay_known', 'pay_pass')",
            name="kind",
        ),
    )

    kind: Mapped[str]
    secret_hash: Mapped[str]
    account_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None]
    offer_id: Mapped[UUID | None]
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(server_default="", default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)


class Passkey(TenantScoped, Base):
    """A key on somebody's device (WebAuthn). It is bound to the host name at which it was made; `sign_count` must not go back."""

    __tablename__ = "passkey"
    __table_args__ = (belongs_to("account"), unique_in_practice("credential_id"), index_in_practice("account_id"))

    account_id: Mapped[UUID]
    credential_id: Mapped[str]
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    host: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(TenantScoped, Base):
    """A code that was shown once, for the day on which the second factor is lost; it counts once."""

    __tablename__ = "recovery_code"
    __table_args__ = (belongs_to("account"), index_in_practice("account_id"))

    account_id: Mapped[UUID]
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None]


class NoticeChoice(TenantScoped, Base):
    """Whether an account wants a kind of notice by a channel. Without a row it does; `kind` is a name such as `webmail.message`."""

    __tablename__ = "notice_choice"
    __table_args__ = (
        belongs_to("account"),
        unique_in_practice("account_id", "kind", "channel"),
        CheckConstraint("channel in ('email')", name="channel"),
    )

    account_id: Mapped[UUID]
    kind: Mapped[str]
    channel: Mapped[str]
    is_on: Mapped[bool]
    changed_at: Mapped[datetime]


class SignInAttempt(TenantScoped, Base):
    """An attempt to sign in, also for a name that does not exist."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (index_in_practice("user_name_norm", "attempted_at"), index_in_practice("attempted_at"))

    user_name_norm: Mapped[str]
    address: Mapped[str]
    attempted_at: Mapped[datetime]
    succeeded: Mapped[bool]


class Registration(TenantScoped, Base):
    """Somebody who asked for access without the office: what was typed, and why no account came of it. It has the id of its code's ticket.

    `reason` is empty until the worker has looked, at `looked_at` (core/auth/matching.py says which there are); from then on the office calls the entry
    by `number`. `patient_id` is the chart that fits, if exactly one does. `outcome` is `done` or `dismissed` once the office has settled it.
    """

    __tablename__ = "registration"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("account", "settled_by"),
        unique_in_practice("number"),
        CheckConstraint("outcome in ('', 'done', 'dismissed')", name="outcome"),
    )

    first_name: Mapped[str]
    last_name: Mapped[str]
    birthdate: Mapped[date]
    contact: Mapped[str]
    asked_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    number: Mapped[int | None]
    patient_id: Mapped[UUID | None]
    outcome: Mapped[str] = mapped_column(default="")
    looked_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]


class InvitationBatch(TenantScoped, Base):
    """Many invitations that the office asked for at once (core/auth/inviting.py). With `invited_before` those were meant as well whose invitation
    is older than that."""

    __tablename__ = "invitation_batch"
    __table_args__ = (
        belongs_to("account", "made_by_id"),
        index_in_practice("made_at"),
        CheckConstraint("state in ('running', 'stopped', 'done')", name="state"),
    )

    made_at: Mapped[datetime]
    made_by_id: Mapped[UUID | None]
    invited_before: Mapped[datetime | None]
    state: Mapped[str]
    ended_at: Mapped[datetime | None]


class InvitationRow(TenantScoped, Base):
    """One patient of a batch: `outcome` is empty while the patient waits, then `asked` or `left_out` with a `reason`. `task_id` is the mail's row in the outbox."""

    __tablename__ = "invitation_row"
    __table_args__ = (
        belongs_to("invitation_batch", "batch_id"),
        belongs_to("patient"),
        index_in_practice("batch_id", "outcome"),
        index_in_practice("patient_id"),
        CheckConstraint("outcome in ('', 'asked', 'left_out')", name="outcome"),
    )

    batch_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    outcome: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    task_id: Mapped[UUID | None]
