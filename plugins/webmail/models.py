"""Messages between patients, or those who look after them, and the office."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice
from plugins.webmail.texts import MAX_BODY, MAX_SUBJECT


def _thread(context) -> UUID:
    """An answer belongs to the conversation of what it answers; any other message begins one, named after itself."""
    values = context.get_current_parameters()
    where = (Message.practice_id == values["practice_id"], Message.id == values.get("reply_to_id"))
    found = context.connection.scalar(select(Message.thread_id).where(*where)) if values.get("reply_to_id") else None
    return found or values["id"]


def _settled(context) -> datetime | None:
    """What came over with the history of an older portal does not wait for the office here."""
    values = context.get_current_parameters()
    of_history = values["direction"] == "to_office" and values.get("source", "practice") == "practice"
    return values["sent_at"] if of_history else None


class Message(TenantScoped, Base):
    """One message regarding a patient; what was sent is never changed or deleted here.

    To the office it is written by an account (none when it was taken over from an older portal) and addressed to `provider_id`;
    to the patient it is written by `provider_id`, by somebody of the office whom the practice's system names (`sender`), or by the account of somebody of the office. No provider means the office as a whole. `read_at` is when the other side
    first opened it. A message written here has its own id as `external_id`, so that the practice's system can answer it.
    """

    __tablename__ = "webmail_message"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("account"),
        belongs_to("provider"),
        belongs_to("webmail_message", "reply_to_id"),
        unique_in_practice("external_id"),
        unique_in_practice("form_key"),
        index_in_practice("patient_id", "direction", "sent_at", "id"),
        index_in_practice("thread_id"),
        index_in_practice("account_id", "sent_at"),
        Index("ix_webmail_message_unannounced", "practice_id", "sent_at", postgresql_where=text("announced_at is null")),
        Index("ix_webmail_message_waiting", "practice_id", "sent_at", postgresql_where=text("direction = 'to_office' and settled_at is null")),
        CheckConstraint("direction in ('to_office', 'to_patient')", name="direction"),
        CheckConstraint("source in ('portal', 'practice')", name="source"),
        CheckConstraint(f"char_length(subject) <= {MAX_SUBJECT} and char_length(body) <= {MAX_BODY}", name="length"),
    )

    external_id: Mapped[str | None]
    thread_id: Mapped[UUID] = mapped_column(default=_thread)
    patient_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    provider_id: Mapped[UUID | None]
    reply_to_id: Mapped[UUID | None]
    direction: Mapped[str]
    source: Mapped[str] = mapped_column(default="practice")
    sender: Mapped[str] = mapped_column(server_default="", default="")
    subject: Mapped[str]
    body: Mapped[str]
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    # When the notice mail to the other side was asked for.
    announced_at: Mapped[datetime | None]
    # To the office: when it was answered, or somebody said that it needs no answer. Until then it waits.
    settled_at: Mapped[datetime | None] = mapped_column(default=_settled)
    # What one form sends, however often it is sent; see services.writing.
    form_key: Mapped[str | None]
