"""Who did what, for whom, when and from where: one row for every view, download, change and transmission of a record."""

import json
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import BigInteger, Index, Table, bindparam, event, insert, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, PortalSession, TenantScoped, belongs_to, index_in_practice, undo_if_looking, unique_in_practice, uuid7
from core.prepared import Prepared


class AuditEvent(TenantScoped, Base):
    """One entry of the practice's audit log; it names ids only. `action` is `<plugin>.<subject>.<verb>`.

    `support_id` says for which reason somebody looked in (core/auth/models.py, SupportAccess).
    """

    __tablename__ = "audit_event"
    # Whatever the log is searched by (core/audit_search.py) ends with the time, so that a page is read from the index and nothing else.
    __table_args__ = (
        index_in_practice("happened_at"),
        *(index_in_practice(column, "happened_at") for column in ("patient_id", "account_id", "action", "address")),
        Index("ix_audit_event_support", "practice_id", "happened_at", postgresql_where=text("support_id is not null")),
    )

    happened_at: Mapped[datetime]
    action: Mapped[str]
    account_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None]
    target_id: Mapped[UUID | None]
    address: Mapped[str] = mapped_column(default="")
    request_id: Mapped[str] = mapped_column(default="")
    support_id: Mapped[UUID | None]


class AuditSeal(TenantScoped, Base):
    """The chain over a practice's entries: each seal holds the hash of its entry and of the seal before it (core/sealing.py)."""

    __tablename__ = "audit_seal"
    __table_args__ = (unique_in_practice("sequence"), unique_in_practice("event_id"), belongs_to("audit_event", "event_id"))

    sequence: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[UUID]
    hash: Mapped[str]
    sealed_at: Mapped[datetime]


# The table, not the class: no object is made of a row that nobody will look at in this request.
_TABLE = cast(Table, AuditEvent.__table__)
_INSERT = Prepared(insert(_TABLE).values({column.name: bindparam(column.name) for column in _TABLE.c}))
# A page that shows several people's records has an entry for each of them, and costs no more for that.
_COLUMNS = ", ".join(column.name for column in _TABLE.c)
_INSERT_ALL = Prepared(
    text(f"insert into audit_event ({_COLUMNS}) select {_COLUMNS} from json_populate_recordset(null::audit_event, cast(:entries as json))")  # noqa: S608
)
_NOTHING = {"account_id": None, "patient_id": None, "target_id": None, "address": "", "request_id": "", "support_id": None}


def record(session: Session, practice_id: UUID, action: str, happened_at: datetime, **about) -> None:
    """Add one entry to the running transaction. `about` holds account_id, patient_id, target_id; where it came from the request has said."""
    entry = {"practice_id": practice_id, "id": uuid7(), "action": action, "happened_at": happened_at}
    if "example" in session.info and about.get("patient_id") == session.info["example"]:
        about["patient_id"] = None
    session.info.setdefault("audit", []).append(_NOTHING | session.info.get("origin", {}) | entry | about)


@event.listens_for(PortalSession, "before_commit")
def _write(session: Session) -> None:
    """The entries are the last that a transaction writes, in one statement: if they cannot be written, nothing is."""
    if session.in_nested_transaction():
        return
    undo_if_looking(session)
    if entries := session.info.pop("audit", None):
        session.flush()
        if len(entries) == 1:
            _INSERT.send(session, entries[0])
        else:
            _INSERT_ALL.send(session, {"entries": json.dumps(entries, default=str)})


@event.listens_for(PortalSession, "after_rollback")
def _forget(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("audit", None)


def request_audit(request, action: str, patient_id: UUID | None = None, target_id: UUID | None = None) -> None:
    """`request.audit`: record what the signed-in account did, or an anonymous visitor."""
    account_id = request.identity.account_id if request.identity else None
    record(request.db, request.practice_id, action, request.now, account_id=account_id, patient_id=patient_id, target_id=target_id)


def request_audit_of(request, account_id: UUID, action: str, target_id: UUID | None = None, patient_id: UUID | None = None) -> None:
    """`request.audit_of`: record what an account did that is not signed in (yet), such as signing in."""
    record(request.db, request.practice_id, action, request.now, account_id=account_id, target_id=target_id, patient_id=patient_id)


def includeme(config) -> None:
    """Add `request.audit` and `request.audit_of`."""
    config.add_request_method(request_audit_of, "audit_of")
    config.add_request_method(request_audit, "audit")
