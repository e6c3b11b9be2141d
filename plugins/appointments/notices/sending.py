"""Sending a message that was written down: what changed since is left out, what was sent is on record, and a second try finds nothing to do."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

import structlog
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core import mail
from core.people.models import Patient
from core.tasks import Work, enqueue
from core.tenant import Tenant
from plugins.appointments.models import Appointment, Notice, NoticeRule, worker_of
from plugins.appointments.notices import answers, letters, loading, reaching, signed, stopping
from plugins.appointments.notices.letters import Letter, Told
from plugins.appointments.notices.values import ARRIVAL, CONFIRMATION, EMAIL, INVITATION, INVITATION_AFTER, Person
from plugins.appointments.services import arriving, confirming

log = structlog.get_logger("appointments")

TEMPLATE = "appointments/mail/notice"
TEXT_TEMPLATE = "appointments/text/notice"
CALENDAR = "calendar"
"""What the link to a visit's calendar file is signed for."""
UNKNOWN = "unknown"
"""Why a notice that was sent may not have gone out."""
INVITATIONS = (INVITATION, INVITATION_AFTER)
Row = tuple[Notice, Appointment, Patient]


def send(work: Work, recipient_id: UUID) -> None:
    """Send the message of this task to its recipient, if anything of it still holds. Raises what sending raises."""
    rows = _rows(work.db, work.tenant.practice_id, work.task_id)
    if not rows:
        return
    if work.may_be_sent:
        _leave(work, rows)
        return
    rule = work.db.get_one(NoticeRule, (work.tenant.practice_id, rows[0][0].rule_id))
    tenant: Tenant = work.registry.tenants.current(work.tenant.practice_id, rows[0][1].clinic_id)
    recipient = _recipient(work, recipient_id)
    kept = _still(work, rule, rows, recipient, "appointments" in tenant.plugins)
    if kept and recipient:
        _send(work, tenant, rule, kept, recipient)


def _rows(session: Session, practice_id: UUID, message_id: UUID) -> Sequence[Row]:
    """What the message tells of, the earliest visit first. What was sent, or given up as settled, is not there."""
    visit = and_(Appointment.practice_id == Notice.practice_id, Appointment.id == Notice.appointment_id)
    patient = and_(Patient.practice_id == Notice.practice_id, Patient.id == Notice.patient_id)
    where = (Notice.practice_id == practice_id, Notice.message_id == message_id, Notice.state.in_(["waiting", "failed"]))
    query = select(Notice, Appointment, Patient).join(Appointment, visit).join(Patient, patient).where(*where)
    rows = session.execute(query.order_by(Appointment.starts_at, Notice.id).with_for_update(of=Notice)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def _recipient(work: Work, recipient_id: UUID) -> Person | None:
    unasked = work.tenant.settings["appointments.texts_unasked"]
    return loading.people(work.db, work.tenant.practice_id, [recipient_id], True, unasked).get(recipient_id)


def _still(work: Work, rule: NoticeRule, rows: Iterable[Row], recipient: Person | None, is_on: bool) -> list[Row]:
    """What of it still holds; the rest is marked with why it does not."""
    kept = []
    for notice, visit, patient in rows:
        why = _why_not(work, rule, notice, visit, recipient) if is_on else "off"
        if why:
            notice.state, notice.reason, notice.done_at = "skipped", why, work.now
        else:
            kept.append((notice, visit, patient))
    return kept


def _why_not(work: Work, rule: NoticeRule, notice: Notice, visit: Appointment, recipient: Person | None) -> str:
    if not rule.is_on or rule.removed_at:
        return "off"
    if notice.kind != INVITATION_AFTER and (visit.status != "scheduled" or visit.starts_at != notice.starts_at or visit.starts_at <= work.now):
        return "changed"
    if notice.kind == CONFIRMATION and visit.confirmation in ("confirmed", "callback"):
        return "changed"
    if notice.kind == ARRIVAL and visit.arrived_at:
        return "changed"
    if recipient is None or not reaching.address_of(recipient, notice.channel):
        return "no_address"
    return "" if reaching.wants(notice.kind, notice.channel, recipient) else "unwanted"


def _send(work: Work, tenant: Tenant, rule: NoticeRule, rows: list[Row], recipient: Person) -> None:
    channel, kind = rows[0][0].channel, rule.kind
    if kind in INVITATIONS and recipient.visited_at is None:
        # The portal's own invitation holds a link that is used once, and asks for the birthdate.
        enqueue(work.db, "auth.send_invitation", patient_id=str(recipient.id))
        return _done(work, rows)
    address = work.registry.portal.address(tenant.host)
    asked = answers.ask(work.db, work.registry.portal.secret_key, rows, recipient, work.now) if kind == CONFIRMATION else {}
    known = True
    here = answers.ask_whether_here(work.db, work.registry.portal.secret_key, [visit for _, visit, _ in rows], recipient.number, work.now) if kind == ARRIVAL else ""
    told = [_told(work, address, row, asked, here) for row in rows]
    written = letters.write(Letter(kind, rule.words, rows[0][0].language, recipient.name, told), tenant, address)
    if channel == EMAIL:
        path = stopping.path(work.registry.portal.secret_key, tenant.practice_id, recipient.id, kind, channel)
        context = {"subject": written.subject, "body": written.body, "html": written.html}
        mail.send_template(work.registry, tenant, recipient.email, TEMPLATE, context, str(work.task_id), turn_off=path)
    else:
        known = bool(replace(work, tenant=tenant).send_text(recipient.number, TEXT_TEMPLATE, {"text": written.text}))
    for one in asked.values():
        confirming.sent(work.db, work.tenant.practice_id, one.id, work.now)
    return _done(work, rows, "" if known else UNKNOWN)


def _leave(work: Work, rows: Sequence[Row]) -> None:
    """A worker ended while it handed the text message over: it counts as sent, and so do the requests to confirm that it brought."""
    log.warning("text_unknown", why="the worker ended while it was sent")
    confirming.all_sent(work.db, work.tenant.practice_id, [visit.id for notice, visit, _ in rows if notice.kind == CONFIRMATION], work.now)
    _done(work, rows, UNKNOWN)


def _done(work: Work, rows: Iterable[Row], reason: str = "") -> None:
    for notice, _, _ in rows:
        notice.state, notice.reason, notice.done_at = "sent", reason, work.now


def _told(work: Work, address: str, row: Row, asked: dict[UUID, confirming.Asked], here: str) -> Told:
    _, visit, patient = row
    answer = asked.get(visit.id)
    provider = worker_of(visit)
    return Told(
        patient.preferred_name or patient.first_name, visit.starts_at, visit.arrive_at, clinic_id=visit.clinic_id, provider_id=provider,
        confirm_url=f"{address}/appointments/answer/{answer.token}" if answer else "", code=answer.code if answer else here,
        arrive_url=address + arriving.path(work.registry.portal.secret_key, visit) if here else "",
        calendar_url=f"{address}/hooks/appointments/calendar/{signed.sign(work.registry.portal.secret_key, visit.practice_id, visit.id, CALENDAR)}",
    )  # fmt: skip
