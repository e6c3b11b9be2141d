"""Accounts, the sessions they are signed in with, and every attempt to sign in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class Account(TenantScoped, Base):
    """Someone who signs in. `user_name_norm` is the user name without case: unique in the practice, and what is looked up."""

    __tablename__ = "account"
    __table_args__ = (belongs_to("patient"), unique_in_practice("user_name_norm"))

    patient_id: Mapped[UUID]
    user_name: Mapped[str]
    user_name_norm: Mapped[str]
    password_hash: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]


class SignInSession(TenantScoped, Base):
    """One signed-in browser. The cookie holds a random token, the row only its SHA-256; `patient_id` is the person in view."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        belongs_to("account"),
        belongs_to("patient"),
        unique_in_practice("token_hash"),
        index_in_practice("account_id"),
    )

    token_hash: Mapped[str]
    account_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")


class SignInAttempt(TenantScoped, Base):
    """An attempt to sign in, also for a name that does not exist."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (index_in_practice("user_name_norm", "attempted_at"),)

    user_name_norm: Mapped[str]
    address: Mapped[str]
    attempted_at: Mapped[datetime]
    succeeded: Mapped[bool]
