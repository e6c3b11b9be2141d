"""Who may open what: kind of account × relation × grant × tab × route × method, against a small table that is written down here by hand.

Routes and methods come from the application, tabs from what is installed. What each must answer is worked out from the tables below and from
nothing else: a route that stands in no row fails. What each role of the office may do is asked in tests/core/auth/test_roles.py.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.auth import looking, services
from core.auth.models import Account
from core.people.family import refresh_grants
from core.people.models import Grant
from core.plugins import find_plugins
from core.testing import browser, make_office
from plugins.account.models import Statement
from plugins.appointments.models import Appointment
from plugins.plan.models import TreatmentPlan
from plugins.webmail.models import Message
from tenants import settings as office_settings

# Who a route is for. SEE and ACT are of the tab whose name the route begins with.
ANYONE, PERSON, ACCOUNT, GIVER, SEE, ACT = "anyone", "whoever sees a person", "whoever's account it is", "the patient or a guardian", "see", "act"
OFFICE, OFFICE_ACCOUNT, OPERATOR, OFF = "the office", "whoever of the office it is", "the operator", "switched off at first"
TABLE = {
    ANYONE: """
        portal.pay account.guest account.guest_pay account.guest_receipt account.guest_receipt_file account.verify account.verify_code account.verified account.asked account.asked_pay account.hooks.stripe opendental.hooks.events appointments.hooks.unsubscribe appointments.hooks.texts appointments.hooks.calendar appointments.answer appointments.calendar_feed appointments.offer
        appointments.recall appointments.recall_review appointments.here portal.book portal.book_at appointments.public appointments.public_embed appointments.public_clinic appointments.public_known appointments.public_known_code appointments.public_new
        appointments.public_details appointments.public_new_code appointments.public_choose appointments.public_review
        portal.start portal.contact portal.privacy portal.grant_offer health.live health.ready operator.metrics tenants.theme tenants.logo tenants.icon tenants.photo tenants.ask files.signed api.records api.runs api.runs.one api.runs.end api.uploads api.uploads.one api.openapi api.schema api.developers api.changes api.changes.acknowledge api.changes.file
        auth.sign_in auth.second auth.second_send auth.second_passkey auth.second_passkey_options auth.passkey auth.passkey_options
        auth.forgot auth.reset auth.link auth.link_open auth.welcome auth.invitation auth.email_stop auth.unsubscribe auth.offices_enter
        office.sign_in office.second office.second_send office.second_passkey office.second_passkey_options office.passkey
        office.passkey_options office.invitation office.enter
    """,
    PERSON: "portal.home portal.family portal.switch_person portal.stop_looking auth.access_log auth.sign_out",
    ACCOUNT: """
        auth.profile auth.password auth.user_name auth.devices auth.notices auth.language auth.stay
        auth.email auth.email_confirm auth.prove auth.prove_send auth.prove_passkey auth.prove_passkey_options
        auth.security auth.security_app auth.security_app_off auth.security_mail auth.security_recovery
        auth.passkey_new auth.passkey_new_options auth.passkey_change auth.passkey_offer
        auth.offices auth.offices_add auth.offices_go auth.offices_unlink auth.offices_link
        portal.grant_end portal.records_request portal.records_request_withdraw portal.record portal.record_stop portal.record_download
    """,
    GIVER: "portal.grants portal.grant_give",
    SEE: """
        appointments.home appointments.booked appointments.visit appointments.visit_file account.home account.receipt account.receipt_file account.statement account.statement_file account.plans account.plan account.plan_file account.estimates account.estimate account.estimate_file
        account.ledger account.statements account.insurance account.yearly account.yearly_pdf account.yearly_csv plan.home plan.plan plan.signed
        webmail.home webmail.sent webmail.message images.home images.image images.thumbnail images.display images.open images.download
        summary.home summary.download summary.document summary.document_body summary.document_download
    """,
    ACT: """
        appointments.confirm appointments.book appointments.book_review appointments.cancel appointments.undo appointments.move appointments.ask appointments.ask_visit
        appointments.withdraw appointments.seen appointments.calendar appointments.calendar_end account.pay account.call_off account.methods account.methods_back account.method_name account.method_default account.method_remove account.plan_answer account.plan_automatic account.estimate_ask webmail.compose webmail.reply plan.sign
        appointments.wait appointments.wait_join appointments.wait_change appointments.wait_end appointments.wait_answer
    """,
    OFFICE: """
        office.home office.patients office.patients.one office.patients.give office.patients.sheet office.patients.invite
        office.invitations office.invitations.one office.invitations.stop office.invitations.file office.patients.merge office.patients.merge_with office.patients.unmerge office.add_patient office.patients.contact office.reports office.reports.file office.first_steps.close office.patients.close office.patients.sign_out office.patients.view_as office.audit office.audit.export
        office.staff office.staff.one office.staff.invite office.staff.invite_again office.staff.change office.staff.close
        office.staff.forget_second office.tabs office.tabs.preview office.tabs.as_seen office.tabs.save office.settings office.settings.part office.changes office.changes.undo
        office.changes.cancel office.clinics office.clinics.add office.clinics.one office.clinics.follow
        office.clinics.close_days office.clinics.open_days office.clinics.add_provider office.clinics.provider office.unmatched office.unmatched.one office.unmatched.invite office.unmatched.dismiss office.same_person office.same_person.one office.same_person.decide operator.home
        office.addresses office.addresses.move office.addresses.domains office.addresses.domain office.addresses.look
        office.addresses.primary office.addresses.short_again office.addresses.remove
        office.addresses.sender office.addresses.sender_look office.addresses.sender_remove
        office.records_requests office.records_requests.one office.records_requests.take office.records_requests.answer
        office.imports office.imports.one office.imports.match office.imports.again office.imports.take office.imports.stop office.imports.discard
        office.exports office.exports.stop office.exports.download office.patients.export
        office.allowance office.deliveries office.deliveries.again office.deliveries.dealt office.sync office.sync.dealt office.sync.again office.sync.refused office.sync.origin office.keys office.keys.make office.keys.make_anew office.keys.revoke office.webhooks office.webhooks.rotate office.webhooks.test office.webhooks.resume office.webhooks.remove
        office.branding office.branding.clinic office.branding.preview office.branding.preview_style office.branding.undo
        plan.office.signatures plan.office.file webmail.office.messages webmail.office.one webmail.office.answer webmail.office.done webmail.office.again
        appointments.office.book appointments.office.book.visit appointments.office.book.visit.confirm
        appointments.office.book.online appointments.office.book.online.insurances appointments.office.book.requests appointments.office.book.requests.one appointments.office.book.requests.accept appointments.office.book.requests.decline
        appointments.office.book.waiting appointments.office.book.waiting.offer appointments.office.book.waiting.opening appointments.office.book.waiting.ask
        appointments.office.book.waiting.stop appointments.office.book.waiting.suits appointments.office.book.waiting.remove appointments.office.book.waiting.priority appointments.office.book.waiting.add
        appointments.office.book.recalls appointments.office.book.recalls.find appointments.office.book.recalls.patient appointments.office.book.recalls.one
        appointments.office.book.openings appointments.office.book.reports appointments.office.book.reports.file
        appointments.office.book.schedules appointments.office.book.schedules.add appointments.office.book.schedules.copy appointments.office.book.schedules.clear
        appointments.office.book.schedules.remove appointments.office.book.setup appointments.office.book.setup.order appointments.office.book.setup.move
        appointments.office.book.setup.operatory appointments.office.book.setup.operatory.add appointments.office.book.setup.type appointments.office.book.setup.type.add
        appointments.office.book.setup.recall_type appointments.office.book.setup.recall_type.add appointments.office.book.setup.blockout_type
        appointments.office.book.setup.blockout_type.add appointments.office.book.setup.rule appointments.office.book.setup.rule.add appointments.office.book.waiting.join appointments.office.book.setup.status appointments.office.book.setup.status.add
        appointments.office.book.notices appointments.office.book.notices.add appointments.office.book.notices.one appointments.office.book.notices.switch
        appointments.office.book.notices.remove appointments.office.book.notices.days appointments.office.book.notices.log appointments.office.book.notices.patient
        account.office.card_service account.office.card_service.connect account.office.card_service.go_on account.office.card_service.disconnect account.office.card_service.difference
        opendental.office.connection opendental.office.connect opendental.office.look opendental.office.run opendental.office.pause opendental.office.choose opendental.office.settle opendental.office.files opendental.office.disconnect
        account.office.payments account.office.payments.one account.office.payments.assign account.office.payments.refunded
        account.office.accounts account.office.accounts.find account.office.accounts.one account.office.accounts.enter account.office.accounts.entry
        account.office.statements account.office.statements.make account.office.statements.one account.office.statements.file
        account.office.statements.many account.office.statements.many.one account.office.statements.many.stop
        account.office.requests account.office.requests.ask account.office.requests.withdraw account.office.plans account.office.plans.offer account.office.plans.one account.office.plans.file account.office.estimates account.office.estimates.make account.office.estimates.one account.office.estimates.file account.office.aging account.office.aging.file account.office.books account.office.books.file account.office.books.fees
        account.office.online account.office.online.file account.office.online.process account.office.online.one account.office.online.refund account.office.online.close account.office.online.seen
    """,
    OFFICE_ACCOUNT: """
        office.profile office.alerts office.sign_out office.stay office.leave office.password office.devices
        office.prove office.prove_passkey office.prove_passkey_options
        office.security office.security_app office.security_app_off office.security_recovery
        office.passkey_new office.passkey_new_options office.passkey_change
    """,
    OPERATOR: """
        operator.enter operator.create operator.practice operator.practice.suspend operator.practice.resume operator.practice.tabs operator.practice.plan operator.practice.close operator.practice.reopen
        operator.health operator.health.look operator.health.mail operator.domains operator.plugins
    """,
    OFF: "auth.register auth.register_code",
}
RULES = {route: rule for rule, routes in TABLE.items() for route in routes.split()}
TABS = ("account", "appointments", "images", "plan", "summary", "webmail")
WITHOUT_TAB = {"formats", "opendental"}
# `operator.home` has the address of `office.home`, which answers there at a practice.
# What comes as a file is not for whoever only looks in; nor is what asks for a proof, which only the owner can give.
KEPT_ON_SCREEN = {"account.statement_file", "account.yearly_pdf", "account.yearly_csv", "appointments.visit_file", "summary.download"}
# These end the session, so they are asked last; whoever only looks in ends it by going back.
LAST = ("auth.sign_out", "office.sign_out")
GO_BACK = "portal.stop_looking"
# Routes to which there is something of each patient; other ids are made up.
THINGS = {
    "appointments.confirm": Appointment, "appointments.visit": Appointment, "appointments.visit_file": Appointment, "account.statement": Statement, "account.statement_file": Statement, "plan.plan": TreatmentPlan, "plan.sign": TreatmentPlan,
    "webmail.message": Message, "webmail.reply": Message,
}  # fmt: skip

# Answers. REACHED is any of the view's own, also that there is no such thing.
IN, GONE, REACHED, FORBIDDEN, SIGN_IN, OFFICE_SIGN_IN = "in", "not found", "reached", "forbidden", "sign in", "sign in at the office"

RUNNING, ENDING, TO_COME, OVER = (-1, None), (-1, 60), (60, None), (-60, -1)
"""When a grant begins and ends, in minutes from now."""


@dataclass(frozen=True)
class Case:
    """Somebody who asks, with the target's record put in view. `grants` are (tab or *, level, when); `chart` is whose chart is the account's."""

    name: str
    kind: str = "person"
    chart: str = ""
    grants: tuple[tuple[str, str, tuple], ...] = ()

    @property
    def rights(self) -> set[tuple[str, str]]:
        """What holds now for the target."""
        if self.chart in ("guarantor", "guardian"):
            return {("*", "act")}
        return {(tab, level) for tab, level, (since, until) in self.grants if since <= 0 and (until is None or until > 0)}

    @property
    def in_view(self) -> str:
        """Whose record is shown; nobody's when the account sees nobody."""
        if self.kind in ("nobody", "closed", "staff"):
            return ""
        return "target" if self.rights or self.kind == "looking" else self.chart

    def may(self, tab: str, need: str) -> bool:
        """Whether this may be done on the tab of the record in view."""
        if self.kind == "looking":
            return need == SEE
        if self.in_view != "target":
            return True  # the own record
        return any(where in ("*", tab) and (level == "act" or need == SEE) for where, level in self.rights)


def _cases() -> Iterator[Case]:
    yield from (Case("nobody", "nobody"), Case("closed account", "closed", "self"), Case("staff", "staff"), Case("looking as a patient", "looking"))
    yield from (Case("self", chart="self"), Case("guarantor", chart="guarantor"), Case("guardian", chart="guardian"))
    yield Case("stranger", chart="self", grants=())
    for tab in ("*", *TABS):
        for level in ("see", "act"):
            yield Case(f"representative, {tab} {level}", grants=((tab, level, RUNNING),))
    for tab, level, when in (("*", "see", ENDING), ("plan", "act", ENDING)):
        yield Case(f"representative, {tab} {level} until later", grants=((tab, level, when),))
    for when, word in ((TO_COME, "to come"), (OVER, "over")):
        for tab, level in (("*", "act"), ("webmail", "act"), ("images", "see")):
            yield Case(f"representative, {tab} {level} {word}", grants=((tab, level, when),))
        yield Case(f"patient with a grant {word}", chart="self", grants=(("*", "act", when),))
    yield Case("see now, act to come", grants=(("*", "see", RUNNING), ("*", "act", TO_COME)))
    yield Case("see all, act on one tab", grants=(("*", "see", RUNNING), ("account", "act", RUNNING)))
    yield Case("act once, see one tab now", grants=(("*", "act", OVER), ("summary", "see", RUNNING)))


CASES = tuple(_cases())
# The pages beside the tabs, and those of the office, do not depend on what was granted.
EVERYWHERE = {
    "nobody", "closed account", "staff", "looking as a patient", "self", "guarantor", "guardian", "representative, plan see",
    "representative, * act", "representative, * act to come",
}  # fmt: skip


def expected(case: Case, route: str, method: str, whose: str) -> str:
    """What the tables say. `whose` thing the id of the address is, if it is a real one."""
    rule, of_office = RULES[route], route.startswith("office.") or ".office." in route
    if case.kind == "looking" and method == "POST" and not of_office and route != GO_BACK and RULES[route] != OPERATOR:
        return FORBIDDEN
    if rule not in (SEE, ACT):
        return _beside_the_tabs(case, rule)
    if not case.in_view:
        return SIGN_IN
    if not case.may(route.partition(".")[0], rule):
        return FORBIDDEN
    if whose and whose != case.in_view:
        return GONE
    if case.kind == "looking" and route in KEPT_ON_SCREEN:
        return FORBIDDEN
    return IN if whose else REACHED


def _beside_the_tabs(case: Case, rule: str) -> str:
    at_portal = REACHED if case.in_view else SIGN_IN
    at_office = REACHED if case.kind == "staff" else OFFICE_SIGN_IN
    of_account = FORBIDDEN if case.kind == "looking" else at_portal
    of_giver = of_account if case.in_view != "target" or case.chart == "guardian" else FORBIDDEN
    portal_answers = {ANYONE: REACHED, OFF: GONE, PERSON: at_portal, ACCOUNT: of_account, GIVER: of_giver}
    return (portal_answers | {OPERATOR: GONE, OFFICE: at_office, OFFICE_ACCOUNT: at_office})[rule]


def read(answer, route: str) -> str:
    """An answer in the words above."""
    assert answer.status_int < 500, answer.status
    assert answer.status_int != 419, "the form token is not right"
    place = (answer.location or "").partition(".localhost")[2]
    leads_there = RULES[route] == ANYONE or "Clear-Site-Data" in answer.headers  # by itself, or after signing out
    if not leads_there and answer.status_int == 303 and re.match(r"/(office/)?sign-in($|\?)", place):
        return OFFICE_SIGN_IN if place.startswith("/office") else SIGN_IN
    return {403: FORBIDDEN, 404: GONE}.get(answer.status_int, IN)


def fits(found: str, wanted: str) -> bool:
    return found in (IN, GONE) if wanted == REACHED else found == wanted


def routes_of(registry) -> dict[str, set[str]]:
    """Every route and the methods that its views answer, GET and POST."""
    found: dict[str, set[str]] = {}
    for item in registry.introspector.get_category("views"):
        view = item["introspectable"]
        methods = view["request_methods"] or ("GET",)
        route = view["route_name"]
        if route and not route.startswith("__static"):
            found.setdefault(route, set()).update({methods} if isinstance(methods, str) else methods)
    return {route: methods & {"GET", "POST"} for route, methods in found.items()}


@pytest.fixture(scope="module")
def world(portal, registry):
    """A practice with the patients of the cases, each with something on the tabs."""
    office = make_office(registry)
    make, now = office.make, datetime.now(UTC)
    office_settings.change(make._db, registry.plugins, office.id, None, "opendental", True, "Alex", now)
    make._db.commit()
    home = {"address_1": "1 Main Street", "city": "Springfield", "state": "NY", "postal_code": "12345"}
    guarantor, guardian, own = (make.patient(first_name=name, **home) for name in ("Gwen", "Gus", "Otis"))
    target = make.patient(first_name="Tara", birthdate=date(now.year - 8, 1, 1), guarantor=guarantor.external_id, **home)
    kin = {"kind": "relationship", "external_id": "R1", "patient": target.external_id, "related": guardian.external_id}
    make.take_in([{**kin, "relation": "mother", "is_guardian": True}])
    charts = {"self": own, "guarantor": guarantor, "guardian": guardian, "target": target}
    for name, patient in charts.items():
        _fill(make, patient.external_id, name, now)
    yield SimpleNamespace(portal=portal, registry=registry, office=office, db=make._db, charts=charts, things=_things(make._db, office, charts), now=now)
    make._db.close()


def _fill(make, number: str, name: str, now: datetime) -> None:
    make.take_in([
        {"kind": "appointment", "external_id": f"V-{name}", "patient": number, "starts_at": now + timedelta(days=2), "minutes": 50},
        {"kind": "statement", "external_id": f"S-{name}", "patient": number, "number": f"S-{name}", "sent_on": now.date(), "balance_cents": 100, "lines": []},
        {"kind": "treatment_plan", "external_id": f"T-{name}", "patient": number, "heading": "A crown", "saved_on": now.date()},
        {"kind": "message", "external_id": f"M-{name}", "patient": number, "provider": "D1", "subject": "Hello", "body": "Hello", "sent_at": now},
    ])  # fmt: skip


def _things(db, office, charts: dict) -> dict[tuple, UUID]:
    """The id of each patient's thing, by its model."""
    found = {}
    for model in set(THINGS.values()):
        rows = db.execute(select(model.patient_id, model.id).where(model.practice_id == office.id))
        ids = {row.patient_id: row.id for row in rows}
        found |= {(model, name): ids[patient.id] for name, patient in charts.items()}
    return found


def _account(world, case: Case) -> Account:
    """The account of a case, with its grants."""
    name, db, practice_id = f"u{secrets.token_hex(6)}", world.db, world.office.id
    own = world.charts[case.chart] if case.chart else None
    kind = "staff" if case.kind in ("staff", "looking") else "person"
    account = Account(
        practice_id=practice_id, kind=kind, role="office_admin" if kind == "staff" else "", name="Kim", user_name=name, user_name_norm=name, clinic_ids=[],
        patient_id=own.id if own else None, password_hash="", created_at=world.now, closed_at=world.now if case.kind == "closed" else None,
    )  # fmt: skip
    db.add(account)
    db.flush()
    if own:
        services.grant(db, account.id, own.id, "self", world.now - timedelta(hours=1))
    for tab, level, (since, until) in case.grants:
        begins, ends = world.now + timedelta(minutes=since), until and world.now + timedelta(minutes=until)
        about = {"relation": "representative", "given_by": "office", "since": begins, "until": ends}
        db.add(Grant(account_id=account.id, patient_id=world.charts["target"].id, plugin=tab, level=level, **about))
    refresh_grants(db, practice_id, world.now)
    db.commit()
    return account


def _browser(world, case: Case):
    """A browser that is signed in as the case says; the token stands in the cookies of both realms, and counts in its own only."""
    app, now = browser(world.portal, world.office), datetime.now(UTC)
    if case.kind == "nobody":
        return app
    account, target = _account(world, case), world.charts["target"]
    if case.kind == "looking":
        token = looking.begin(world.db, account, target, "To see what is there", now, services.NOWHERE)
    else:
        place = services.Place(realm="office" if case.kind == "staff" else "portal")
        token = services.open_session(world.db, account, now, place, **({} if case.kind == "staff" else {"patient_id": target.id}))
    world.db.commit()
    for cookie in ("cuspid", "cuspid-office"):
        app.set_cookie(cookie, token)
    return app


def _token(app, *pages: str) -> str:
    """A form token, from the first of these pages that has one."""
    for page in pages:
        if found := re.search(r'name="csrf_token" value="([^"]*)"', app.get(page, status="*").text):
            return found[1]
    raise AssertionError(f"no form on {pages}")


def _asked(world, case: Case) -> Iterator[tuple[str, str, str, str]]:
    """(route, method, path, whose thing) of everything that a case asks for."""
    found = []
    for route, methods in routes_of(world.registry).items():
        if RULES.get(route) not in (SEE, ACT) and (case.name not in EVERYWHERE or route not in RULES):
            continue  # the test above tells of a route without a row
        pattern = "/" + world.registry.introspector.get("routes", route)["pattern"].lstrip("/")
        owners = ("target", "self", "guarantor") if route in THINGS else ("",)
        for whose in owners:
            id_ = str(world.things[THINGS[route], whose]) if whose else str(uuid4())
            found += [(route, method, re.sub(r"\{[^}]*\}", id_, pattern), whose) for method in sorted(methods)]
    ends = (GO_BACK,) if case.kind == "looking" else LAST
    return iter(sorted(found, key=lambda one: (one[0] in ends, one)))


def test_every_route_has_a_row_and_every_row_a_route(registry):
    routes = routes_of(registry)
    assert set(routes) - set(RULES) == set(), "say in TABLE who these are for"
    assert set(RULES) - set(routes) == set(), "these are gone"
    assert {plugin.name for plugin in find_plugins()} - WITHOUT_TAB == set(TABS)
    assert sum(len(routes.split()) for routes in TABLE.values()) == len(RULES), "a route stands in two rows"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_opens_what_the_table_says_and_nothing_else(world, case):
    app = _browser(world, case)
    tokens = {"": _token(app, "/home", "/sign-in"), "office": _token(app, "/office/profile", "/office/sign-in")}
    wrong, asked = [], 0
    for route, method, path, whose in _asked(world, case):
        fields = {"csrf_token": tokens["office" if path.startswith("/office") else ""]}
        answer = app.get(path, status="*") if method == "GET" else app.post(path, fields, status="*")
        found, wanted = read(answer, route), expected(case, route, method, whose)
        asked += 1
        if not fits(found, wanted):
            wrong.append(f"{method} {route} {f'of {whose} ' if whose else ''}is {found} ({answer.status_int} {answer.location or ''}), not {wanted}")
    assert wrong == []
    assert asked > 30


def test_the_matrix_would_notice(world):
    """The control: with one grant less than a case says, its answers do not fit any more."""
    case = Case("planted", grants=(("plan", "see", RUNNING),))
    app = _browser(world, Case("in truth", grants=(("account", "see", RUNNING),)))
    found = [
        (read(app.get(path, status="*"), route), expected(case, route, method, whose))
        for route, method, path, whose in _asked(world, case)
        if method == "GET"
    ]
    assert [one for one in found if not fits(*one)]
