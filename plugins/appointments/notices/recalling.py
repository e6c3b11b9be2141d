"""Recall notices: reading who is due and can book, writing down what goes out, and sending it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from core import mail
from core.people.models import Patient
from core.people.statuses import NOT_RECALLED
from core.tasks import Work, enqueue
from core.tenant import Tenant
from plugins.appointments.models import Appointment, Notice, NoticeRule, Recall, RecallType
from plugins.appointments.notices import letters, loading, reaching, stopping
from plugins.appointments.notices.letters import Letter, Told
from plugins.appointments.notices.recall_due import BRAKE, Called, Pace, RecallBook, RecallMessage, RecallSent, recalls_due
from plugins.appointments.notices.sending import UNKNOWN
from plugins.appointments.notices.values import EMAIL, RECALL, TEXT, Person
from plugins.appointments.offering import RECALL as RECALL_REASON
from plugins.appointments.services import recall_links, recalls

TASKS = {EMAIL: "appointments.send_recall", TEXT: "appointments.text_recall"}
TEMPLATE, TEXT_TEMPLATE = "appointments/mail/notice", "appointments/text/notice"
MOST = 500
"""So many patients are looked at in one round; the next one goes on with those who have had no notice yet."""


def pace_of(tenant: Tenant) -> Pace:
    """How often patients are told, as the office has set it; 0 for none."""
    values = {name: tenant.settings[f"appointments.recall_{name}"] for name in ("past", "future", "first", "later", "most", "families", "texts")}
    return Pace(**values | {"later": values["later"] or None})


def write_due(work: Work, found: Sequence[NoticeRule], texts: int) -> int:
    """Write down what is due, and ask for it to be sent; returns how many messages there are."""
    if not any(row.is_on and row.kind == RECALL for row in found):
        return 0
    texts_left = texts
    messages = recalls_due(_book(work, found, texts > 0), work.now)
    written = 0
    for message in messages:
        texts_left -= message.channel == TEXT
        if message.channel != TEXT or texts_left >= 0:
            _write(work.db, message, work.now)
            written += 1
    return written


def _book(work: Work, found: Sequence[NoticeRule], can_text: bool) -> RecallBook:
    tenants: Any = work.registry.tenants
    pace, practice_id = pace_of(work.tenant), work.tenant.practice_id
    candidates = _candidates(work.db, practice_id, pace, work.tenant.settings["appointments.recall_any_visit"], work.now)
    people = loading.people(work.db, practice_id, {patient.id for patient, _ in candidates}, can_text, work.tenant.settings["appointments.texts_unasked"])
    called = _bookable(work, tenants, candidates)
    sent = _sent(work.db, practice_id, [recall.id for recall in called], work.now)
    return RecallBook([loading.rule_of(row) for row in found], called, people, loading.clocks(tenants, work.tenant), sent, pace)


def _candidates(session: Session, practice_id: UUID, pace: Pace, any_visit: bool, now: datetime) -> list[tuple[Patient, UUID]]:
    """Patients with a recall of a special type whose time is near, and that recall; those who had a notice lately are left out."""
    today = now.date()
    kind = and_(RecallType.practice_id == Recall.practice_id, RecallType.id == Recall.recall_type_id, RecallType.special != "", ~RecallType.is_hidden)
    patient = and_(Patient.practice_id == Recall.practice_id, Patient.id == Recall.patient_id)
    quiet = now - timedelta(days=min(pace.first, pace.later or pace.first) - 1)
    told = exists().where(Notice.practice_id == practice_id, Notice.recall_id == Recall.id, Notice.due_on == Recall.due_on, Notice.written_at > quiet)
    coming = (Appointment.practice_id == practice_id, Appointment.patient_id == Recall.patient_id, Appointment.status == "scheduled")
    where = [Recall.practice_id == practice_id, Patient.status.not_in(NOT_RECALLED), Recall.due_on.between(today - timedelta(days=pace.past + 1), today + timedelta(days=pace.future + 1)), ~told]
    where += [~exists().where(*coming, Appointment.starts_at > now)] if any_visit else []
    query = select(Patient, Recall.id).select_from(Recall).join(RecallType, kind).join(Patient, patient)
    rows = session.execute(query.where(*where).order_by(Recall.due_on, Recall.id).limit(MOST))
    return [(row[0], row[1]) for row in rows]


def _bookable(work: Work, tenants: Any, candidates: Collection[tuple[Patient, UUID]]) -> list[Called]:
    """Those that the patient could book: for whom there is nothing to choose from, nothing is sent."""
    practice_id, wanted = work.tenant.practice_id, {recall_id for _, recall_id in candidates}
    patients = {patient.id: patient for patient, _ in candidates}
    today = work.now.astimezone(work.tenant.time_zone).date()
    offered = recalls.offered(work.db, practice_id, list(patients), work.now, today)
    found = []
    for patient in patients.values():
        tenant = tenants.current(practice_id, patient.clinic_id)
        reasons = offered.for_patient(patient.id, patient.birthdate, today, tenant.settings) if "appointments" in tenant.plugins else []
        for reason in reasons:
            mine = [recall_id for recall_id in reason.recall_ids if recall_id in wanted]
            if reason.what == RECALL_REASON and reason.due_on and mine:
                found.append(Called(mine[0], patient.id, patient.clinic_id, reason.due_on))
    return found


def _sent(session: Session, practice_id: UUID, recall_ids: Collection[UUID], now: datetime) -> list[RecallSent]:
    """What was written of these recalls, and the texts of the last minutes."""
    patient = and_(Patient.practice_id == Notice.practice_id, Patient.id == Notice.patient_id)
    lately = and_(Notice.channel == TEXT, Notice.written_at > now - BRAKE)
    where = (Notice.practice_id == practice_id, Notice.kind == RECALL, Notice.state != "skipped", Notice.recall_id.in_(recall_ids) | lately)
    rows = session.execute(select(Notice, Patient.clinic_id).join(Patient, patient).where(*where))
    return [
        RecallSent(row.recall_id, row.due_on, row.number, row.written_at, clinic_id, row.channel, row.message_id)
        for row, clinic_id in rows
        if row.recall_id and row.due_on
    ]


def _write(session: Session, message: RecallMessage, now: datetime) -> None:
    message_id = enqueue(session, TASKS[message.channel], patient_id=str(message.recipient_id))
    about = {
        "kind": RECALL, "rule_id": message.rule.id, "recipient_id": message.recipient_id, "channel": message.channel, "language": message.language,
        "message_id": message_id, "written_at": now,
    }  # fmt: skip
    session.add_all(
        Notice(key=item.key, patient_id=item.recall.person_id, recall_id=item.recall.id, due_on=item.recall.due_on, number=item.number, **about)
        for item in message.items
    )
    session.flush()


def send(work: Work, recipient_id: UUID) -> None:
    """Send the message of this task, if somebody it tells of is still due. Raises what sending raises."""
    rows = _rows(work.db, work.tenant.practice_id, work.task_id)
    if not rows:
        return
    if work.may_be_sent:
        _done(work, rows, UNKNOWN)
        return
    rule = work.db.get_one(NoticeRule, (work.tenant.practice_id, rows[0][0].rule_id))
    tenant: Tenant = work.registry.tenants.current(work.tenant.practice_id, rows[0][2].clinic_id)
    unasked = work.tenant.settings["appointments.texts_unasked"]
    recipient = loading.people(work.db, tenant.practice_id, [recipient_id], True, unasked).get(recipient_id)
    kept = []
    for notice, recall, patient in rows:
        why = "off" if "appointments" not in tenant.plugins else _why_not(rule, notice, recall, recipient, work.now.date())
        if why:
            notice.state, notice.reason, notice.done_at = "skipped", why, work.now
        else:
            kept.append((notice, recall, patient))
    if kept and recipient:
        _send(work, tenant, rule, kept, recipient)


def _rows(session: Session, practice_id: UUID, message_id: UUID) -> list[tuple[Notice, Recall, Patient]]:
    recall = and_(Recall.practice_id == Notice.practice_id, Recall.id == Notice.recall_id)
    patient = and_(Patient.practice_id == Notice.practice_id, Patient.id == Notice.patient_id)
    where = (Notice.practice_id == practice_id, Notice.message_id == message_id, Notice.state.in_(["waiting", "failed"]))
    query = select(Notice, Recall, Patient).join(Recall, recall).join(Patient, patient).where(*where).order_by(Notice.id)
    return [(row[0], row[1], row[2]) for row in session.execute(query.with_for_update(of=Notice))]


def _why_not(rule: NoticeRule, notice: Notice, recall: Recall, recipient: Person | None, today: date) -> str:
    if not rule.is_on or rule.removed_at:
        return "off"
    if recall.is_disabled or recall.due_on != notice.due_on or recall.appointment_id or (recall.scheduled_on and recall.scheduled_on >= today):
        return "changed"
    if recipient is None or not reaching.address_of(recipient, notice.channel):
        return "no_address"
    return "" if reaching.wants(RECALL, notice.channel, recipient) else "unwanted"


def _send(work: Work, tenant: Tenant, rule: NoticeRule, rows: list[tuple[Notice, Recall, Patient]], recipient: Person) -> None:
    first, address = rows[0][0], work.registry.portal.address(tenant.host)
    link = partial(recall_links.path, work.registry.portal.secret_key, tenant.practice_id)
    told = [
        Told(patient.preferred_name or patient.first_name, due_on=recall.due_on, clinic_id=patient.clinic_id, url=address + link(notice.id))
        for notice, recall, patient in rows
    ]
    written = letters.write(Letter(RECALL, rule.words, first.language, recipient.name, told, first.number), tenant, address)
    known = True
    if first.channel == EMAIL:
        path = stopping.path(work.registry.portal.secret_key, tenant.practice_id, recipient.id, RECALL, EMAIL)
        context = {"subject": written.subject, "body": written.body, "html": written.html}
        mail.send_template(work.registry, tenant, recipient.email, TEMPLATE, context, str(work.task_id), turn_off=path)
    else:
        known = bool(replace(work, tenant=tenant).send_text(recipient.number, TEXT_TEMPLATE, {"text": written.text}))
    _done(work, rows, "" if known else UNKNOWN)


def _done(work: Work, rows: list[tuple[Notice, Recall, Patient]], reason: str) -> None:
    for notice, _, _ in rows:
        notice.state, notice.reason, notice.done_at = "sent", reason, work.now
