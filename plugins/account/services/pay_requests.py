"""Asking to be paid by mail or text message, with a link that shows what is owed now and leads to paying. What came of it: request_outcomes.py."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core import mail
from core.auth import signed
from core.db import uuid7
from core.mail import MailRefused
from core.people.ages import years
from core.people.models import Patient
from core.tagged import fill, fill_html
from core.tasks import Work, enqueue
from core.tenant import Tenant
from core.texting import TextRefused, stops, whole_number
from core.web.formats import money
from plugins.account.models import PayRequest, Statement
from plugins.account.services import pay_words
from plugins.account.services.open_charges import family_of
from plugins.account.services.statements import Scope, Wish, compose, paid_since
from plugins.account.services.verifying import Proven

log = structlog.get_logger("account")

ABOUT, FOR = "account.asking", "pay"
LIVES, ADULT = timedelta(days=60), 18
MAIL, TEXT, LINK = "mail", "text", "link"
OPEN = ("waiting", "sent", "opened", "paid", "settled")
"""The states in which the link opens: it shows what is owed now, also that it is nothing."""
TEMPLATES = {MAIL: "account/mail/pay_request", TEXT: "account/text/pay_request"}
WAYS = {MAIL: "Mail", TEXT: "Text message", LINK: "Link in the notice of a statement"}
NO_ADDRESS = "There is no address on file for it."
NO_TEXTS = "No text messages are wanted: the office was told so, or STOP came from this number."


@dataclass(frozen=True)
class Message:
    """What is sent: by which way, and in which words; the link is put in when it leaves."""

    channel: str
    subject: str
    body: str
    language: str


def recipient_of(session: Session, patient: Patient, today: date) -> Patient:
    """Who is asked to pay: the patient, or for a child the guarantor, unless the record is confidential."""
    is_child = patient.birthdate is not None and years(patient.birthdate, today) < ADULT
    if not is_child or patient.is_confidential or patient.guarantor_id in (None, patient.id):
        return patient
    return session.get(Patient, (patient.practice_id, patient.guarantor_id)) or patient


def address_of(person: Patient, channel: str) -> str:
    """Where a message would go; empty when there is no such address."""
    return person.email.strip() if channel == MAIL else whole_number(person.phone)


def wants_texts(session: Session, registry, person: Patient) -> bool:
    """Whether text messages may go to somebody: not after STOP, and not where they told the office that they want none."""
    return stops.may_text(session, registry.portal.secret_key, whole_number(person.phone), person.text_ok)


def written(tenant: Tenant, person: Patient, amount_cents: int, channel: str, address: str) -> Message:
    """The words for somebody by the office's template, in their language, before anybody edits them."""
    values = _values(tenant, person, amount_cents, address)
    part = pay_words.BODY if channel == MAIL else pay_words.TEXT
    subject = pay_words.filled(pay_words.template(tenant, person.language, pay_words.SUBJECT), values, one_line=True) if channel == MAIL else ""
    return Message(channel, subject, pay_words.filled(pay_words.template(tenant, person.language, part), values, channel == TEXT), person.language)


def ask(
    session: Session, patient: Patient, statement: Statement | None, scope: Scope, message: Message, amount_cents: int, by: UUID | None, now: datetime, batch: UUID | None = None
) -> PayRequest:
    """Write down that somebody is asked to pay, and have the message sent."""
    asked = PayRequest(
        id=uuid7(), practice_id=session.info["practice_id"], patient_id=patient.id, clinic_id=patient.clinic_id, statement_id=statement.id if statement else None,
        scope=scope, channel=message.channel, subject=message.subject, body=message.body, language=message.language, asked_cents=amount_cents, batch=batch,
        made_at=now, made_by=by, expires_at=now + LIVES, state="sent" if message.channel == LINK else "waiting",
    )  # fmt: skip
    session.add(asked)
    session.flush()
    if message.channel != LINK:
        enqueue(session, "account.mail_pay_request" if message.channel == MAIL else "account.text_pay_request", request_id=str(asked.id))
    return asked


def path_of(secret_key: str, practice_id: UUID, request_id: UUID) -> str:
    """Where the link of a request leads. Nothing can be read from it."""
    return f"/account/asked/{signed.sign(ABOUT, secret_key, practice_id, request_id, FOR)}"


def id_in(secret_key: str, practice_id: UUID, token: str) -> UUID | None:
    """The request of a token that we have signed for this practice."""
    return signed.row_in(token) if signed.is_for(ABOUT, secret_key, practice_id, token, FOR) else None


def open_request(session: Session, practice_id: UUID, request_id: UUID, now: datetime) -> PayRequest | None:
    """The request of a link that still opens."""
    where = (PayRequest.practice_id == practice_id, PayRequest.id == request_id, PayRequest.expires_at > now, PayRequest.state.in_(OPEN))
    return session.scalars(select(PayRequest).where(*where)).one_or_none()


def due_now(session: Session, tenant: Tenant, asked: PayRequest, now: datetime) -> int:
    """What is owed now for what was asked: of a statement what is left of it, and never more than what is owed."""
    practice_id, today = asked.practice_id, now.astimezone(tenant.time_zone).date()
    patient = session.get_one(Patient, (practice_id, asked.patient_id))
    scope: Scope = "family" if asked.scope == "family" else "patient"
    owed = compose(session, practice_id, patient, Wish(scope, 1, 0), today, tenant.time_zone).amount_due_cents
    statement = session.get(Statement, (practice_id, asked.statement_id)) if asked.statement_id else None
    if statement is None:
        return owed
    left = statement.amount_due_cents - paid_since(session, practice_id, patient.id, scope, statement.sent_on, tenant.time_zone)
    return max(0, min(owed, left))


def who_pays(session: Session, asked: PayRequest, today: date) -> Proven:
    """Who pays by the link of a request, whose birthdate was right: for whom, and where the receipt goes."""
    patient = session.get_one(Patient, (asked.practice_id, asked.patient_id))
    family = tuple(family_of(session, asked.practice_id, patient.id)) if asked.scope == "family" else ()
    return Proven(patient, address_of(recipient_of(session, patient, today), MAIL), asked, family)


def opened(session: Session, asked: PayRequest, now: datetime) -> None:
    """Somebody has come by the link and said the right birthdate."""
    where = (PayRequest.practice_id == asked.practice_id, PayRequest.id == asked.id, PayRequest.state.in_(("waiting", "sent")))
    session.execute(update(PayRequest).where(*where).values(state="opened", opened_at=now))


def send(work: Work, request_id: UUID) -> None:
    """Send a message, once; what will never arrive is marked as failed with why."""
    mine = select(PayRequest).where(PayRequest.practice_id == work.tenant.practice_id, PayRequest.id == request_id, PayRequest.state == "waiting")
    asked = work.db.scalars(mine.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if asked is None:
        return
    tenant = work.registry.tenants.current(asked.practice_id, asked.clinic_id)
    patient = work.db.get_one(Patient, (asked.practice_id, asked.patient_id))
    person = recipient_of(work.db, patient, work.now.astimezone(tenant.time_zone).date())
    to = address_of(person, asked.channel)
    if not to or "account" not in tenant.plugins:
        asked.state, asked.failure = "failed", NO_ADDRESS
        return
    if asked.channel == TEXT and not wants_texts(work.db, work.registry, person):
        asked.state, asked.failure = "failed", NO_TEXTS
        return
    try:
        _hand_over(replace(work, tenant=tenant), asked, to)
    except (MailRefused, TextRefused) as refusal:
        log.warning("pay_request_refused", request=str(asked.id), error=type(refusal).__name__)
        asked.state, asked.failure = "failed", "The address takes no messages."
    else:
        asked.state, asked.sent_at = "sent", work.now


def _hand_over(work: Work, asked: PayRequest, to: str) -> None:
    address = work.registry.portal.address(work.tenant.host)
    values = {pay_words.LINK: address + path_of(work.registry.portal.secret_key, asked.practice_id, asked.id)}
    if asked.channel == TEXT:
        work.send_text(to, TEMPLATES[TEXT], {"text": fill(asked.body, values)})
        return
    html = fill_html(asked.body, values, work.tenant.theme.brand, pay_words.named(asked.language))
    context = {"subject": asked.subject, "body": fill(asked.body, values), "html": html}
    mail.send_template(work.registry, work.tenant, to, TEMPLATES[MAIL], context, str(work.task_id))


def send_again(work: Work, request_id: UUID) -> PayRequest | None:
    """A new link in place of one that is over, by the same way to the address on file; at most one in an hour, and none for what the office took back.

    Returns the request that was replaced.
    """
    practice_id = work.tenant.practice_id
    before = work.db.get(PayRequest, (practice_id, request_id))
    if before is None or before.state == "withdrawn":
        return None
    channel = MAIL if before.channel == LINK else before.channel
    mine = (PayRequest.practice_id == practice_id, PayRequest.patient_id == before.patient_id, PayRequest.channel == channel)
    if work.db.scalar(select(func.count()).select_from(PayRequest).where(*mine, PayRequest.made_at > work.now - timedelta(hours=1))):
        return None
    patient = work.db.get_one(Patient, (practice_id, before.patient_id))
    tenant = work.registry.tenants.current(practice_id, patient.clinic_id)
    statement = work.db.get(Statement, (practice_id, before.statement_id)) if before.statement_id else None
    person, due = recipient_of(work.db, patient, work.now.date()), due_now(work.db, tenant, before, work.now)
    message = written(tenant, person, due, channel, work.registry.portal.address(tenant.host))
    ask(work.db, patient, statement, "family" if before.scope == "family" else "patient", message, due, before.made_by, work.now)
    return before


def link_for(session: Session, statement: Statement, patient: Patient, now: datetime) -> PayRequest:
    """The link that the notice of a statement carries: one for each statement."""
    where = (PayRequest.practice_id == statement.practice_id, PayRequest.statement_id == statement.id, PayRequest.channel == LINK)
    found = session.scalars(select(PayRequest).where(*where).limit(1)).one_or_none()
    message = Message(LINK, "", "", patient.language)
    return found or ask(session, patient, statement, "family" if statement.scope == "family" else "patient", message, statement.amount_due_cents, statement.made_by, now)


def _values(tenant: Tenant, person: Patient, amount_cents: int, address: str) -> dict[str, str]:
    clinic = tenant.contact
    name, phone = clinic.name if clinic else tenant.name, clinic.phone if clinic else ""
    provider = tenant.providers.get(str(person.provider_id), "")
    called = person.preferred_name or person.first_name
    return {
        "ClinicName": name, "ClinicPhone": phone, "OfficeName": name, "OfficePhone": phone, "PracticeName": tenant.practice_name, "PracticePhone": phone,
        "NameF": person.first_name, "NamePreferredOrFirst": called, "ProvName": provider, "ProvAbbr": provider, "StatementBalance": money(amount_cents),
        "StatementURL": f"{address}/account",
    }  # fmt: skip
