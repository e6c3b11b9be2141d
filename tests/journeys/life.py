"""What the demo's practices do not have by themselves, so that every page has something to show; who looks; and links, as mails have them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pyramid.session import JSONSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from webob.cookies import SignedSerializer

from core.auth import access, email_change, inviting, notice_links, operators, resetting, services, staff, tickets
from core.auth.entering import SECOND, WELCOME
from core.auth.models import Account, Registration
from core.auth.realms import OFFICE, PORTAL, STAFF, Realm
from core.auth.unmatched import put
from core.config import Settings
from core.db import bind_tenant
from core.people import by_hand, offers, records_requests
from core.people.models import AccessOffer, Grant, MergedChart, Patient, PatientNumber
from core.people.records import KINDS
from core.records import kinds_of, runs
from core.records.models import RecordsImport
from core.tenant import touch
from plugins.account.models import (
    Dispute,
    Entry,
    Estimate,
    Guest,
    Installment,
    Payment,
    PaymentPlan,
    PaymentStep,
    Refund,
    Statement,
    StatementBatch,
)
from plugins.account.services import estimate_words, pay_requests, verifying
from plugins.appointments.models import (
    Appointment,
    AppointmentRule,
    AppointmentType,
    BlockoutType,
    ConfirmationStatus,
    Notice,
    NoticeRule,
    Offer,
    Opening,
    Operatory,
    Recall,
    RecallType,
    Request,
    WaitListEntry,
)
from plugins.appointments.notices import stopping
from plugins.appointments.services import arriving, calendars, confirming, newcomers, recall_links
from plugins.appointments.waiting import asking, joining
from plugins.opendental.models import Connection, Cursor, Push
from plugins.plan.models import Decline, Signature, TreatmentPlan
from tenants.addresses.models import Domain
from tenants.models import Clinic, OfficeSetting, Practice

SOON = timedelta(hours=1)
WHO = {"first_name": "Hannah", "last_name": "Brightwater", "birthdate": date(1990, 2, 14)}
MAIN = {"harbor": "portal.harbordental.localhost"}
"""Where a practice has another main address than its short one, which only leads there."""
MAIL = "hannah.brightwater@example.test"


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser: at which address, with which cookies, and with which links by the name of the route."""

    slug: str
    cookies: dict[str, str]
    links: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The main host name of the practice; without a slug that of the installation."""
        return MAIN.get(self.slug, f"{self.slug}.localhost") if self.slug else "localhost"


class Life:
    """The practices of a running portal, for somebody who may do anything in them."""

    def __init__(self, session: Session, settings: Settings, now: datetime):
        self._db, self._settings, self._now = session, settings, now

    def visitors(self) -> dict[str, Visitor]:
        """Who looks, by name; who is only half-way in, by the one route that opens."""
        sunrise, harbor = self._practice("sunrise"), self._practice("harbor")
        new, hired = self._bring(sunrise)
        self._connect(sunrise)
        return {
            "elena": Visitor("sunrise", self._signed_in(sunrise, "elena", PORTAL), self._links_of(sunrise, "elena")),
            "beatrice": Visitor("harbor", self._signed_in(harbor, "beatrice", PORTAL)),
            "grace": Visitor("sunrise", self._signed_in(sunrise, "grace", OFFICE), self._links_of_office(sunrise, hired)),
            "ann": Visitor("", self._signed_in(self._practice("operator"), "ann", OFFICE), {"operator.enter": "/office/practices/sunrise", "operator.practice": "/office/practices/sunrise/manage"}),
            "a stranger": Visitor("sunrise", self._form_cookie(asked := self._asked_to_pay(sunrise)), self._links_in_mails(sunrise, hired, asked)),
            "auth.second": Visitor("sunrise", self._signed_in(sunrise, "elena", PORTAL, SECOND)),
            "office.second": Visitor("sunrise", self._signed_in(sunrise, "grace", OFFICE, SECOND)),
            "auth.welcome": Visitor("sunrise", self._signed_in(sunrise, new, PORTAL, WELCOME)),
        }  # fmt: skip

    def _connect(self, practice_id: UUID) -> None:
        """The connector to Open Dental is on, and something waits for a person there."""
        bind_tenant(self._db, practice_id)
        self._db.add(OfficeSetting(practice_id=practice_id, name="opendental", value={"value": True}))
        well = {"run_id": uuid4(), "run_started_at": self._now, "ended_at": self._now, "loaded_at": self._now, "looked_at": self._now}
        self._db.add(Connection(practice_id=practice_id, customer_key="", hook_secret="", counts={"patients": 9}, choices={}, **well))
        told = {"kind": "appointment.confirmed", "number": 1, "what": {}, "problem": "Open Dental refused this.", "noted_at": self._now}
        self._db.add(Push(practice_id=practice_id, change_id=uuid4(), target_id=uuid4(), state="stuck", **told))
        self._db.add(Cursor(practice_id=practice_id, resource="definitions", kept=[{"DefNum": 21, "ItemName": "Confirmed", "Category": "2"}, {"DefNum": 31, "ItemName": "X-rays", "ItemValue": "XL", "Category": "18"}]))
        self._db.flush()
        touch(self._db, practice_id)

    def _practice(self, slug: str) -> UUID:
        return self._db.scalars(select(Practice.id).where(Practice.slug == slug)).one()

    def _account(self, practice_id: UUID, user_name: str) -> Account:
        self._db.flush()
        bind_tenant(self._db, practice_id)
        return self._db.scalars(select(Account).where(Account.practice_id == practice_id, Account.user_name == user_name)).one()

    def _signed_in(self, practice_id: UUID, user_name: str, realm: Realm, stage: str = "") -> dict[str, str]:
        place = services.Place(realm=realm.name)
        # As if from later on: neither the session nor its proof is over before the last page is seen, however slow the machine.
        token = services.open_session(self._db, self._account(practice_id, user_name), self._now + SOON / 2, place, stage)
        return {realm.cookie: token}

    def _bring(self, practice_id: UUID) -> tuple[str, str]:
        """Something for every list of the office; gives the user names of a new patient, and of somebody who is to work here."""
        elena = self._account(practice_id, "elena")
        self._db.add(Patient(external_id=f"NEW-{uuid4()}", email=MAIL, **WHO))
        self._db.flush()
        inviting.begin(self._db, practice_id, inviting.Choice(), (), self._now, None)
        asked = Registration(id=uuid4(), practice_id=practice_id, contact=MAIL, asked_at=self._now, **WHO)
        new = Patient(external_id=f"NEW-{uuid4()}", email=MAIL, **WHO)
        name = f"odile.{uuid4().hex}"
        named = {"name": "Odile Fairweather-Montgomery", "user_name": name, "user_name_norm": name, "email": f"{name}@example.test"}
        self._db.add_all([asked, new, Account(kind=STAFF, role="front_desk", password_hash="", is_first=True, created_at=self._now, **named)])
        self._db.flush()
        put(self._db, asked, "nobody", None)
        self._db.add(Request(patient_id=elena.patient_id, account_id=elena.id, kind="visit", words="A tooth hurts", wanted={"days": [0], "times": ["morning"]}, made_at=self._now))
        self._pay_as_guest(practice_id)
        self._send_records()
        found = {"records": [{"kind": "TXT", "name": "", "expected": [], "found": ["cuspid-verification=5f5f5f5f"], "state": "wrong"}]}
        self._db.add(Domain(host=f"xn--zahnrzte-3za.{uuid4().hex}.example", practice_id=practice_id, verified_at=None, token=uuid4().hex, state="wrong", records=found))
        wish = records_requests.Wish(("images", "notes"), "send", "Dr. Abernathy-Vanderbilt, Oral Surgery", "1200 Pine Street, Suite 4, Boulder, CO 80302")
        records_requests.ask(self._db, practice_id, records_requests.Asker(elena.id, elena.patient_id, ZoneInfo("America/Denver")), wish, self._now)
        return access.give(self._db, practice_id, new.id, self._now).user_name, name

    def _send_records(self) -> None:
        """A run of the practice's system in which records were refused, and one that failed."""
        nobody = {"kind": "patient", "first_name": "Hannah", "last_name": "Brightwater", "guarantor": "P-404-NOT-THERE"}
        batch = [nobody | {"external_id": f"REFUSED-{number}"} for number in range(2)]
        runs.receive(self._db, kinds_of(KINDS), [*batch, {"kind": "tooth_chart", "external_id": "T-1"}], "open-dental", self._now)
        runs.fail(self._db, runs.begin("open-dental", self._now), "The practice system could not be reached.", self._now)

    def _pay_as_guest(self, practice_id: UUID) -> None:
        once = {name: uuid4().hex for name in ("idempotency_key", "form_nonce")}
        money = {"amount_cents": 12_550, "currency": "USD", "state": "succeeded", "gateway": "local", "card": "Visa ending in 4242", "receipt_number": f"HANN-{uuid4().hex[:4].upper()}"}
        payment = Payment(id=uuid4(), practice_id=practice_id, created_at=self._now, settled_at=self._now, **money, **once)
        self._db.add(payment)
        self._db.flush()
        self._db.add(Guest(id=payment.id, outcome="waiting", reason="nobody", email=MAIL, **WHO))

    def _ticket(self, kind: str, **owner: UUID | str) -> str:
        return tickets.issue_link(self._db, kind, self._now, SOON, **owner)

    def _links_of(self, practice_id: UUID, user_name: str) -> dict[str, str]:
        account = self._account(practice_id, user_name)
        given = self._db.scalars(select(Grant.id).where(Grant.practice_id == practice_id, Grant.account_id == account.id, Grant.giver_id.is_not(None))).first()
        clinic = self._db.scalars(select(Clinic.id).where(Clinic.practice_id == practice_id)).first()
        self._answer_plans(account)
        return {
            "auth.email_confirm": "/profile/email/confirm/" + self._ticket(email_change.CONFIRM, account_id=account.id, email=f"new.{MAIL}"),
            "portal.grant_end": f"/family/access/end/{given}",
            "account.guest_pay": f"/account/pay-now/{clinic}",
            "account.plan": f"/account/plans/{(plan := self._plan(account.patient_id))}",
            "account.plan_file": f"/account/plans/{plan}/download",
            "account.estimate": f"/account/estimates/{(estimate := self._estimate(account.patient_id))}",
            "account.estimate_file": f"/account/estimates/{estimate}/download",
            "account.verify": f"/account/pay-now/{clinic}/verify",
            "account.verified": self._link_to_pay(practice_id, account),
            **self._links_of_booking(practice_id, account),
            **self._links_of_wait_list(practice_id, account),
            **self._links_of_visits(practice_id, account),
        }

    def _link_to_pay(self, practice_id: UUID, account: Account) -> str:
        """The page on which somebody pays who has typed the code."""
        clinic_id = self._db.scalars(select(Patient.clinic_id).where(Patient.practice_id == practice_id, Patient.id == account.patient_id)).one()
        return f"/account/pay-now/{clinic_id}/for/" + self._ticket(verifying.PASS, patient_id=account.patient_id)

    def _links_of_booking(self, practice_id: UUID, account: Account) -> dict[str, str]:
        """A visit that is booked, and the public pages of the clinic where this patient could book another one."""
        mine = (Appointment.practice_id == practice_id, Appointment.patient_id == account.patient_id, Appointment.status == "scheduled")
        visit, place = self._db.execute(select(Appointment.id, Appointment.clinic_id).where(*mine)).first()
        token = self._ticket(newcomers.PASS, patient_id=account.patient_id)
        paths = {"public_clinic": "", "public_known": "/known", "public_new": "/new", "public_choose": f"/for/{token}"}
        return {f"appointments.{name}": f"/appointments/online/{place}{path}" for name, path in paths.items()} | {
            "appointments.booked": f"/appointments/booked/{visit}", "appointments.recall": self._link_of_recall(practice_id),
        }  # fmt: skip

    def _link_of_recall(self, practice_id: UUID) -> str:
        """The link of a notice that somebody is due."""
        due = self._db.scalars(select(Recall).where(Recall.practice_id == practice_id, Recall.appointment_id.is_(None)).order_by(Recall.due_on)).first()
        rule = NoticeRule(practice_id=practice_id, id=uuid4(), kind="recall", send_order=["email"], made_at=self._now)
        self._db.add(rule)
        self._db.flush()
        told = {"patient_id": due.patient_id, "recipient_id": due.patient_id, "recall_id": due.id, "due_on": due.due_on, "state": "sent", "written_at": self._now}
        notice = Notice(practice_id=practice_id, id=uuid4(), key=uuid4().hex, kind="recall", rule_id=rule.id, **told)
        self._db.add(notice)
        return recall_links.path(self._settings.secret_key, practice_id, notice.id)

    def _links_of_wait_list(self, practice_id: UUID, account: Account) -> dict[str, str]:
        """What somebody could wait for and waits for, and a time that is offered to them."""
        patient_id = account.patient_id
        reasons = self._db.scalars(joining.open_types(practice_id)).all()
        entry_id = joining.join(self._db, practice_id, patient_id, joining.What("type", reasons[0]), joining.Asker(account.id), self._now)
        chair = self._db.scalars(select(Operatory).where(Operatory.practice_id == practice_id)).first()
        free = {"clinic_id": chair.clinic_id, "operatory_id": chair.id, "provider_id": chair.provider_id, "starts_at": self._now + timedelta(days=400), "minutes": 60}
        opening = Opening(practice_id=practice_id, id=uuid4(), cause="office", made_at=self._now, **free)
        token = uuid4().hex
        about = {"opening_id": opening.id, "entry_id": entry_id, "patient_id": patient_id, "asked_at": self._now}
        self._db.add(opening)
        self._db.flush()
        self._db.add(Offer(practice_id=practice_id, token_hash=asking.hashed(token), channels=["email"], state="sent", **about))
        paths = {"wait_join": f"wait/for/type/{reasons[-1]}", "wait_change": f"wait/{entry_id}", "offer": f"offer/{token}"}
        return {f"appointments.{name}": f"/appointments/{path}" for name, path in paths.items()}

    def _links_of_visits(self, practice_id: UUID, account: Account) -> dict[str, str]:
        """A visit that can still be cancelled, and the address that a calendar program reads."""
        mine = (Appointment.practice_id == practice_id, Appointment.patient_id == account.patient_id, Appointment.status == "scheduled")
        visit = self._db.scalars(select(Appointment.id).where(*mine).order_by(Appointment.starts_at.desc())).first()
        feed = calendars.make(self._db, practice_id, account.id, False, False, self._now)
        paths = {"visit": visit, "visit_file": f"{visit}/visit.ics", "cancel": f"{visit}/cancel", "ask": f"{visit}/ask/move", "calendar_feed": f"calendar/{feed}.ics"}
        return {f"appointments.{name}": f"/appointments/{path}" for name, path in paths.items()}

    def _link_to_confirm(self, practice_id: UUID, account: Account) -> str:
        """The link of a message, about a visit of somebody else."""
        coming = (Appointment.practice_id == practice_id, Appointment.patient_id != account.patient_id, Appointment.status == "scheduled", Appointment.starts_at > self._now + SOON)
        visit = self._db.scalars(select(Appointment.id).where(*coming).order_by(Appointment.starts_at.desc())).first()
        return f"/appointments/answer/{confirming.ask(self._db, practice_id, visit, self._now).token}"

    def _link_to_say_here(self, practice_id: UUID) -> str:
        coming = (Appointment.practice_id == practice_id, Appointment.status == "scheduled", Appointment.starts_at > self._now)
        return arriving.path(self._settings.secret_key, self._db.scalars(select(Appointment).where(*coming).order_by(Appointment.starts_at)).first())

    def _links_of_office(self, practice_id: UUID, hired: str) -> dict[str, str]:
        numbers = {"office.settings.part": "/office/settings/portal", "office.unmatched.one": "/office/unmatched/1"}
        written = Patient(source=by_hand.OFFICE, email=MAIL, **WHO)
        self._db.add(written)
        self._db.flush()
        came = PatientNumber(patient_id=written.id, external_id="DC-20417", state="waits", is_own=True, said=WHO | {"birthdate": None}, first_at=self._now, last_at=self._now)
        self._db.add(came)
        self._db.flush()
        report = {"counts": {"patient": {"created": 11, "refused": 1}}, "told": [["Patient DC-7", "guarantor: the patient that it names is not there yet."]], "left_out": {"Basic": 2}}
        file = RecordsImport(reader="fhir", source="maple", is_second=True, name="charts.json", size=48_213, asked_at=self._now, until=self._now, erased_at=self._now, state="done", ended_at=self._now, run_id=uuid4(), report=report, headings=[])
        self._db.add(file)
        self._db.flush()
        numbers["office.imports.one"] = f"/office/imports/{file.id}"
        numbers["office.same_person.one"] = f"/office/same-person/{came.id}"
        was = {"chart": WHO | {"birthdate": WHO["birthdate"].isoformat()}, "emails": {}}
        part = MergedChart(id=uuid4(), external_id="SUN-0977", patient_id=written.id, reason="Entered twice at the desk", merged_at=self._now, was=was)
        self._db.add(part)
        numbers["office.patients.unmerge"] = f"/office/patients/{written.id}/unmerge/{part.id}"
        staff_page, chart = f"/office/staff/{self._account(practice_id, hired).id}", f"/office/patients/{written.id}/contact"
        return {"office.staff.one": staff_page, "office.patients.contact": chart, **numbers, **self._links_of_book(practice_id), **self._links_of_billing(practice_id)}

    def _links_of_billing(self, practice_id: UUID) -> dict[str, str]:
        """An account, and what staff have written into it."""
        patient_id = self._account(practice_id, "elena").patient_id
        written = Entry(patient_id=patient_id, entry_type="payment", entered_on=self._now.date(), description="Payment by check 1007", amount_cents=-2500, source="office", entered_at=self._now)
        batch = StatementBatch(id=uuid4(), form_nonce=uuid4().hex, state="done", total=2, made=1, skipped=1, report={"skipped": {"nobody_sees": 1}}, made_at=self._now, ended_at=self._now)
        figures = {"number": "2611-7KQ2MX", "sent_on": self._now.date(), "balance_cents": 12_500, "amount_due_cents": 12_500, "lines": [], "source": "office"}
        made = Statement(patient_id=patient_id, batch=batch.id, **figures)
        self._db.add_all([written, batch, made])
        self._db.flush()
        at, statements = "/office/account/accounts", "/office/account/statements"
        parts = {"accounts.one": f"{at}/{patient_id}", "accounts.enter": f"{at}/{patient_id}/enter", "accounts.entry": f"{at}/entries/{written.id}",
                 "statements.make": f"{at}/{patient_id}/statement", "statements.one": f"{statements}/{made.id}", "statements.file": f"{statements}/{made.id}/file",
                 "statements.many.one": f"{statements}/many/{batch.id}", "requests.ask": f"{at}/{patient_id}/ask"}  # fmt: skip
        plan = self._plan(patient_id)
        parts |= {"plans.offer": f"{at}/{patient_id}/plan", "plans.one": f"/office/account/plans/{plan}", "plans.file": f"/office/account/plans/{plan}/file"}
        estimate = self._estimate(patient_id)
        parts |= {"estimates.make": f"{at}/{patient_id}/estimate", "estimates.one": f"/office/account/estimates/{estimate}", "estimates.file": f"/office/account/estimates/{estimate}/file"}
        parts["online.one"] = f"/office/account/online/{self._paid_online(practice_id, patient_id)}"
        return {f"account.office.{name}": path for name, path in parts.items()}

    def _plan(self, patient_id: UUID) -> UUID:
        """A payment plan that was agreed to, of which something is paid."""
        agreed = {"agreed_at": self._now, "signature": {"name": "Elena Marlow", "drawn": "", "terms_sha256": "5f" * 32, "address": ""}, "terms": "I owe $400.00 and pay it in four parts."}
        plan = PaymentPlan(id=uuid4(), patient_id=patient_id, title="Crown", state="active", total_cents=40_000, first_due_on=self._now.date(), offered_at=self._now, **agreed)
        self._db.add(plan)
        self._db.flush()
        self._db.add_all(Installment(payment_plan_id=plan.id, number=number, due_on=self._now.date() + timedelta(days=30 * number), amount_cents=10_000, paid_cents=10_000 if number == 1 else 0) for number in range(1, 5))
        return plan.id

    def _answer_plans(self, account: Account) -> None:
        """A treatment plan that was signed and has changed since, and one that was declined; the signed copy lies nowhere."""
        mine = (TreatmentPlan.practice_id == account.practice_id, TreatmentPlan.patient_id == account.patient_id, TreatmentPlan.status == "saved")
        signed, declined = self._db.scalars(select(TreatmentPlan).where(*mine).order_by(TreatmentPlan.saved_on.desc())).all()[:2]
        about = {"patient_id": account.patient_id, "account_id": account.id, "plan_sha256": "5f" * 32}
        terms = {"plan": {"heading": signed.heading, "saved_on": signed.saved_on.isoformat()}}
        file = {"file_key": f"{account.practice_id}/plan/{uuid4()}", "file_size": 1, "file_sha256": "5f" * 32}
        self._db.add(Signature(plan_id=signed.id, name="Elena Marlow", for_self=True, signed_at=self._now, address="", terms=terms, terms_sha256="5f" * 32, **about, **file))
        self._db.add(Decline(plan_id=declined.id, declined_at=self._now, why="I would rather wait.", **about))

    def _estimate(self, patient_id: UUID) -> UUID:
        """A good-faith estimate that was given."""
        office = {"name": "Sunrise Dental", "lines": ["12 Main Street"], "state": "OR", "phone": "", "npi": "1234567893", "tin": "12-3456789"}
        line = {"words": "Crown", "code": "D2740", "tooth": "14", "diagnosis": "K02.9", "cents": 118_000}
        given = {"patient": "Elena Marlow", "birthdate": "1984-03-09", "given_on": self._now.date().isoformat(), "about": "A crown", "planned_on": "", "note": "", "separately": "",
                 "provider": {"name": "Dana Okafor, DDS", "npi": ""}, "office": office, "lines": [line], "total_cents": 118_000, "rights": [list(one) for one in estimate_words.RIGHTS]}  # fmt: skip
        row = Estimate(id=uuid4(), patient_id=patient_id, origin="office", state="given", about="A crown", asked_at=self._now, answered_at=self._now, given=given, total_cents=118_000)
        self._db.add(row)
        self._db.flush()
        return row.id

    def _paid_online(self, practice_id: UUID, patient_id: UUID) -> UUID:
        """A payment that waits to be processed, of which a part was given back, a part was taken back by the payer's bank, and a part is disputed."""
        once = {name: uuid4().hex for name in ("idempotency_key", "form_nonce")}
        money = {"amount_cents": 9_900, "currency": "USD", "state": "succeeded", "gateway": "local", "card": "Visa ending in 4242", "receipt_number": f"PAID-{uuid4().hex[:4].upper()}"}
        payment = Payment(id=uuid4(), practice_id=practice_id, patient_id=patient_id, created_at=self._now, settled_at=self._now, refunded_cents=900, **money, **once)
        back = Refund(payment_id=payment.id, amount_cents=900, state="succeeded", reason="Paid twice", made_at=self._now, **{name: uuid4().hex for name in once})
        dispute = Dispute(payment_id=payment.id, gateway_reference=f"dp_{uuid4().hex}", amount_cents=4_000, state="needs_response", opened_at=self._now, answer_by=self._now)
        lost = Dispute(payment_id=payment.id, gateway_reference=f"dp_{uuid4().hex}", amount_cents=5_000, state="lost", is_over=True, won=False, reason="insufficient_funds", opened_at=self._now)
        step = PaymentStep(payment_id=payment.id, number=1, from_state="submitted", to_state="succeeded", told_by="event", at=self._now)
        self._db.add(payment)
        self._db.flush()
        self._db.add_all([back, dispute, lost, step])
        self._db.flush()
        return payment.id

    def _links_of_book(self, practice_id: UUID) -> dict[str, str]:
        """What the book is made of."""
        kinds = {"operatory": Operatory, "type": AppointmentType, "recall_type": RecallType, "blockout_type": BlockoutType, "rule": AppointmentRule, "status": ConfirmationStatus}
        first = {name: self._db.scalars(select(model.id).where(model.practice_id == practice_id)).first() for name, model in kinds.items()}
        visit = self._db.scalars(select(Appointment.id).where(Appointment.practice_id == practice_id, Appointment.status == "scheduled")).first()
        parts = {f"appointments.office.book.setup.{name}": f"/office/appointments/set-up/{name.replace('_', '-')}/{id_}" for name, id_ in first.items()}
        asked = self._db.scalars(select(Request.id).where(Request.practice_id == practice_id, Request.state == "waiting")).first()
        due = self._db.scalars(select(Recall).where(Recall.practice_id == practice_id)).first()
        parts |= {f"appointments.office.book.recalls.{name}": f"/office/appointments/recalls/{path}" for name, path in (("one", due.id), ("patient", f"patients/{due.patient_id}"))}
        opening = self._db.scalars(select(Opening.id).where(Opening.practice_id == practice_id)).first()
        parts["appointments.office.book.waiting.opening"] = f"/office/appointments/waiting/openings/{opening}"
        waits = self._db.scalars(select(WaitListEntry.id).where(WaitListEntry.practice_id == practice_id, WaitListEntry.ended_at.is_(None))).first()
        parts["appointments.office.book.waiting.suits"] = f"/office/appointments/waiting/{waits}"
        return parts | {"appointments.office.book.visit": f"/office/appointments/visits/{visit}", "appointments.office.book.requests.one": f"/office/appointments/requests/{asked}"}

    def _links_in_mails(self, practice_id: UUID, hired: str, asked: UUID) -> dict[str, str]:
        elena = self._account(practice_id, "elena")
        # Of hers no worker makes another one meanwhile.
        invited = Patient(external_id=f"NEW-{uuid4()}", email=MAIL, **WHO)
        self._db.add(invited)
        self._db.flush()
        new = self._account(practice_id, hired)
        offer = self._db.scalars(select(AccessOffer).where(AccessOffer.practice_id == practice_id)).first()
        # Good for a minute only, from an hour on.
        entry = operators.ask(self._db, practice_id, operators.Operator(uuid4(), "Ann Ode (Cuspid)"), "Receipts are not printed, ticket 4712", "see", self._now + SOON)
        off = notice_links.Link(elena.id, "account.receipt", "email")
        return {
            "auth.invitation": "/invitation/" + self._ticket(access.INVITATION, patient_id=invited.id, email=MAIL),
            "auth.link_open": "/sign-in/link/" + self._ticket(resetting.LINK, account_id=elena.id),
            "auth.email_stop": "/profile/email/stop/" + self._ticket(email_change.STOP, account_id=elena.id),
            "auth.unsubscribe": notice_links.path(self._settings.secret_key, practice_id, off),
            "appointments.hooks.unsubscribe": stopping.path(self._settings.secret_key, practice_id, elena.patient_id, "reminder", "email"),
            "account.asked": pay_requests.path_of(self._settings.secret_key, practice_id, uuid4()),
            "account.asked_pay": pay_requests.path_of(self._settings.secret_key, practice_id, asked) + "/pay",
            "appointments.answer": self._link_to_confirm(practice_id, elena),
            "appointments.here": self._link_to_say_here(practice_id),
            "portal.grant_offer": "/family/offer/" + self._ticket(offers.LINK, offer_id=offer.id, patient_id=offer.patient_id, email=offer.email),
            "office.invitation": "/office/invitation/" + self._ticket(staff.INVITATION, account_id=new.id, email=new.email),
            "office.enter": "/office/enter/" + entry,
        }  # fmt: skip

    def _asked_to_pay(self, practice_id: UUID) -> UUID:
        """A request to pay, which the stranger has opened by the birthdate."""
        patient = self._db.get_one(Patient, (practice_id, self._account(practice_id, "elena").patient_id))
        message = pay_requests.Message(pay_requests.LINK, "", "", "")
        return pay_requests.ask(self._db, patient, None, "patient", message, 9_900, None, self._now).id

    def _form_cookie(self, asked: UUID) -> dict[str, str]:
        """That of a browser in which codes were asked for, and the link of a request to pay was opened."""
        signer = SignedSerializer(self._settings.secret_key, "pyramid.session.", "sha256", serializer=JSONSerializer())
        moment = self._now.timestamp()
        return {"cuspid-form": signer.dumps((moment, moment, {"reset": str(uuid4()), "register": str(uuid4()), "account.asked": [str(asked), int(moment) + 3600]})).decode()}
