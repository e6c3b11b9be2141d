"""Notices by kind: what an account wants to be told of, and the one way in which a task tells it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import mail
from core.auth import notice_links
from core.auth.models import Account, NoticeChoice
from core.db import uuid7
from core.people.models import Patient
from core.plugins import NoticeKind, PluginHost
from core.tasks import Work

EMAIL = "email"
RECORDS_REQUEST = NoticeKind("portal.records_request", "Answers to requests for a record", "The office has answered when you asked for a copy of a record.", "folder2-open")
"""Sent by core/people/records_request_tasks.py; whoever asks may do without."""
ALERT = NoticeKind("office.alert", "Alerts of what waits at the office", "Something waits for you at the office’s pages.", "bell")
"""The mails to staff (core/auth/alert_tasks.py); of what they tell is chosen at the office."""
KINDS = (
    NoticeKind(
        "auth.change",
        "Changes of your account",
        "Your password, user name, address or second step was changed.",
        "shield-check",
        can_be_off=False,
    ),
    NoticeKind("auth.code", "Codes and links for signing in", "You, or somebody in your name, asked for one.", "key", can_be_off=False),
)
"""The portal's own. They guard the account, so whoever gets into it cannot silence them (core/auth/tasks.py sends them)."""


class UnknownKind(Exception):
    """A task sends a kind of notice that its plugin has not declared: nobody could turn it off."""


def kinds_of(host: PluginHost, plugins: Iterable[str]) -> list[NoticeKind]:
    """The kinds of notice of these tabs, and the portal's own."""
    wanted = frozenset(plugins)
    return [kind for name, kinds in host.notice_kinds.items() if name in wanted for kind in kinds] + [RECORDS_REQUEST, *KINDS]


def every_kind(host: PluginHost) -> list[NoticeKind]:
    """Of every installed tab, of the portal, and of the office: what a mail may be."""
    return [*kinds_of(host, host.plugins), ALERT]


def turned_off(session: Session, practice_id: UUID, account_id: UUID) -> set[tuple[str, str]]:
    """What an account does not want: names of kinds, each with the channel."""
    where = (NoticeChoice.practice_id == practice_id, NoticeChoice.account_id == account_id, NoticeChoice.is_on.is_(False))
    return {(kind, channel) for kind, channel in session.execute(select(NoticeChoice.kind, NoticeChoice.channel).where(*where))}


def is_on(session: Session, practice_id: UUID, link: notice_links.Link) -> bool | None:
    """Whether an account wants the notices that a link means; None when there is no such account."""
    query = select(func.coalesce(NoticeChoice.is_on, True)).select_from(Account).outerjoin(NoticeChoice, _chosen(link.kind, link.channel))
    return session.scalar(query.where(Account.practice_id == practice_id, Account.id == link.account_id))


def turn(session: Session, practice_id: UUID, link: notice_links.Link, on: bool, now: datetime) -> UUID | None:
    """Turn a kind of notice on or off; returns the id of the choice when this changed anything."""
    key = {"practice_id": practice_id, "account_id": link.account_id, "kind": link.kind, "channel": link.channel}
    values = {"is_on": on, "changed_at": now}
    if on:  # without a choice it is on
        where = [getattr(NoticeChoice, name) == value for name, value in key.items()]
        return session.scalar(update(NoticeChoice).where(*where, NoticeChoice.is_on.is_(False)).values(**values).returning(NoticeChoice.id))
    row = insert(NoticeChoice).values(id=uuid7(), **key, **values)
    kept = row.on_conflict_do_update(index_elements=list(key), set_=values, where=NoticeChoice.is_on.is_(True))
    return session.scalar(kept.returning(NoticeChoice.id))


def address_for(session: Session, practice_id: UUID, account_id: UUID, kind: NoticeKind) -> str:
    """Where an account's mails of this kind go: its address, else the one in its own chart. Empty when it has none, or turned them off."""
    chart = and_(Patient.practice_id == Account.practice_id, Patient.id == Account.patient_id)
    query = (
        select(Account.email, Patient.email.label("on_file"), func.coalesce(NoticeChoice.is_on, True).label("wanted"))
        .select_from(Account)
        .outerjoin(Patient, chart)
        .outerjoin(NoticeChoice, _chosen(kind.name, EMAIL))
        .where(Account.practice_id == practice_id, Account.id == account_id)
    )
    found = session.execute(query).one_or_none()
    if found is None or (kind.can_be_off and not found.wanted):
        return ""
    return found.email or found.on_file or ""


def send_notice(work: Work, account_id: UUID, kind: NoticeKind, template: str, context: dict) -> bool:
    """Mail a notice to an account, in the look of `work.tenant`, with a way to turn its kind off; whether there was anybody to mail it to.

    Raises UnknownKind, MailNotSent, MailRefused.
    """
    if kind not in every_kind(work.registry.plugins):
        raise UnknownKind(kind.name)
    to = address_for(work.db, work.tenant.practice_id, account_id, kind)
    if not to:
        return False
    link = notice_links.Link(account_id, kind.name, EMAIL)
    path = notice_links.path(work.registry.portal.secret_key, work.tenant.practice_id, link) if kind.can_be_off else ""
    mail.send_template(work.registry, work.tenant, to, template, context, str(work.task_id), turn_off=path)
    return True


def _chosen(kind: str, channel: str):
    """The account's choice, if it has made one."""
    own = and_(NoticeChoice.practice_id == Account.practice_id, NoticeChoice.account_id == Account.id)
    return and_(own, NoticeChoice.kind == kind, NoticeChoice.channel == channel)
