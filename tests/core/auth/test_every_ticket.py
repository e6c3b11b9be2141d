"""Every link, code and challenge that there is, crossed with everything that can be wrong with one: refused, nothing changed, and for each
way in one answer whatever it was. What there is comes from the code: a new kind without a line in the table below fails.
"""

import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from html import escape
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql
from pyramid.interfaces import IRoutesMapper
from sqlalchemy import CheckConstraint, delete, select, update

from core.auth import email_change, hand_over, notice_links, offices, passkeys, resetting, second, services, staff, tickets
from core.auth.limits import Limiter
from core.auth.models import Ticket
from core.auth.offices import HandOver, Holder
from core.files import practice_key
from core.files.interface import Link as FileLink
from core.people import offers
from core.people.giving import Day, giver_of
from core.testing import Factory, Office, browser
from core.testing.passkeys import Device, text_of
from tenants import settings as office_settings

OWN, BORN = "Violet-Harbor-91 lake", "1985-04-12"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
MADE_UP = {"digits": "000000", "letters": "x" * 43}
KNOCKING = {"audit_event", "sign_in_attempt"}
"""What is kept of every try, whoever makes it."""
PAGE_TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')
FORM_COOKIE = "cuspid-form"
SIGNED = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


class Somebody:
    """A person at a practice, with everything that a ticket could be for."""

    def __init__(self, scene: "Scene", office: Office):
        self.scene, self.office = scene, office
        self.db = office.session()
        self.make = Factory(office, self.db)

    def _address(self) -> str:
        return f"robin{uuid4().hex}@example.test"

    @cached_property
    def account(self):
        """A patient's account that gets codes by mail."""
        account = self.make.account(self.make.patient(email=self._address()))
        account.email_codes = True
        self.db.commit()
        return account

    @cached_property
    def newcomer(self):
        """A patient without access."""
        return self.make.patient(first_name="Odalys", last_name=f"Thistle{uuid4().hex}", email=self._address())

    @cached_property
    def member(self):
        """Somebody of the office."""
        return self.make.staff()

    @cached_property
    def site(self) -> passkeys.Site:
        """Where this person's keys count."""
        return passkeys.Site(self.office.host, self.office.registry.portal.address(self.office.host))

    @cached_property
    def device(self) -> Device:
        """A device with a passkey of the account."""
        made = Device(self.site.origin)
        asked = passkeys.ask_to_make(self.db, self.site, self.account, "The office", self.scene.at)
        passkeys.make(self.db, self.site, self.account, asked.challenge, made.make(asked.options), "A key", self.scene.at)
        self.db.commit()
        return made

    @cached_property
    def _visit(self) -> tuple[str, str]:
        """The form cookie of a browser that has looked at the sign-in page, and the token for its forms."""
        app = browser(self.scene.portal, self.office)
        return _token(app, "/sign-in"), _cookie(app)

    def browser(self, stage: str | None, cookie: str = ""):
        """A browser: a stranger's, or with a session of this account that is whole (an empty stage) or waits for something."""
        app = browser(self.scene.portal, self.office)
        if stage is None and not cookie:
            app.form_token, cookie = self._visit
        if stage is not None:
            token = services.open_session(self.db, self.account, self.scene.at, services.NOWHERE, stage)
            self.db.commit()
            app.set_cookie("cuspid", token)
        if cookie:
            app.set_cookie(FORM_COOKIE, cookie)
        return app


@dataclass
class Scene:
    """Two practices, a clock that stands still, and the codes that the worker has made."""

    portal: object
    here: Office
    there: Office
    link_into: Callable
    work_off: Callable
    migrate_url: str
    at: datetime
    codes: list[str]

    @cached_property
    def owner(self) -> Somebody:
        """For whom tickets are made."""
        return Somebody(self, self.here)

    @cached_property
    def other(self) -> Somebody:
        """Another account at the same practice."""
        return Somebody(self, self.here)

    @cached_property
    def stranger(self) -> Somebody:
        """An account of another practice."""
        return Somebody(self, self.there)

    def state(self) -> dict[str, str]:
        """A mark over the rows of each table of both practices; a counted try, and a challenge that was answered, are no change."""
        return dict(self.onlooker.execute(self._marks).fetchall())

    @cached_property
    def onlooker(self):
        """Whoever sees past the wall; asked so often that the question is prepared."""
        return psycopg.connect(self.migrate_url, autocommit=True, prepare_threshold=0)

    @cached_property
    def _marks(self):
        rows = self.onlooker.execute("select table_name from information_schema.columns where table_schema = 'public' and column_name = 'practice_id'")
        tables = {name: "t::text" for (name,) in rows if name not in KNOCKING}
        tables["ticket"] = "(to_jsonb(t) - 'tries' - case when t.kind like 'passkey%' then 'used_at' else '' end)::text"
        both = sql.SQL(", ").join(map(sql.Literal, (self.here.id, self.there.id)))
        mark = "select {name}, md5(string_agg({row}, '|' order by {row})) from {table} t where t.{column} in ({both})"
        parts = [
            sql.SQL(mark).format(name=sql.Literal(name), row=sql.SQL(row), table=sql.Identifier(name), column=sql.SQL("practice_id"), both=both)
            for name, row in tables.items()
        ]
        moving = sql.SQL(mark).format(
            name=sql.Literal("hand_over"), row=sql.SQL("t::text"), table=sql.Identifier("hand_over"), column=sql.SQL("to_practice_id"), both=both
        )
        return sql.SQL(" union all ").join([*parts, moving])


@dataclass(frozen=True)
class Made:
    """A ticket: its secret, and the form cookie of the browser that asked, for what works in that one only."""

    secret: str
    cookie: str = ""


@dataclass(frozen=True)
class Way:
    """How one kind is made and presented. `stage` is the session that it needs, none for a stranger's browser; `bound` to the browser that
    asked; `owned`: it counts for its own account alone; `missed` is a try that fails for another reason and is counted."""

    make: Callable[[Somebody], Made]
    send: Callable[[Somebody, object, str], list]
    routes: tuple[str, ...] = ()
    stage: str | None = None
    bound: bool = False
    owned: bool = False
    once: bool = True
    table: type | None = Ticket
    made_of: str = "letters"
    letters: str = SIGNED + "é🦷"
    places: int = 43
    missed: Callable[[Somebody, object, str], list] | None = None


# How they are made.


def _ticket(kind: str, lives: timedelta, about: Callable[[Somebody], dict], somebody: Somebody) -> Made:
    token = tickets.issue_link(somebody.db, kind, somebody.scene.at, lives, **about(somebody))
    somebody.db.commit()
    return Made(token)


def _of_account(somebody: Somebody) -> dict:
    return {"email": somebody.account.email, "account_id": somebody.account.id}


def _of_newcomer(somebody: Somebody) -> dict:
    return {"email": somebody.newcomer.email, "patient_id": somebody.newcomer.id}


def _of_member(somebody: Somebody) -> dict:
    return {"email": somebody.member.email, "account_id": somebody.member.id}


def _of_change(somebody: Somebody) -> dict:
    return {"email": "new@example.test", "account_id": somebody.account.id}


def _code(path: str, stage: str | None, typed: Callable[[Somebody], dict], somebody: Somebody, page: str = "") -> Made:
    """Ask in a browser for a code, and have the worker mail it."""
    app = somebody.browser(stage)
    app.post(path, {"csrf_token": _token(app, page or path), **typed(somebody)}, status=303)
    while somebody.scene.work_off(somebody.office):
        pass
    return Made(somebody.scene.codes[-1], _cookie(app))


def _new_person(somebody: Somebody) -> dict:
    new = somebody.newcomer
    return {"first_name": new.first_name, "last_name": new.last_name, "birthdate": BORN, "contact": new.email}


def _challenge(path: str, page: str, stage: str | None, somebody: Somebody) -> Made:
    assert somebody.device
    app = somebody.browser(stage)
    options = app.post(path, headers={"X-CSRF-Token": _token(app, page)}, status=200).json
    return Made(options["challenge"], _cookie(app))


def _operator(somebody: Somebody) -> Made:
    return Made(somebody.scene.link_into(somebody.office, at=somebody.scene.at).rpartition("/")[2])


def _offer(somebody: Somebody) -> Made:
    at, db, practice_id, account = somebody.scene.at, somebody.db, somebody.office.id, somebody.account
    for waiting in offers.waiting(db, practice_id, account.patient_id, at):
        offers.withdraw(db, waiting.offer, at)
    wanted = offers.Offered("Ada Byron", "ada@friends.test", "friend", frozenset({"account.see"}), None)
    giver = giver_of(db, practice_id, account.id, account.patient_id, Day(at, at.date(), 18))
    offer = offers.make(db, Limiter("memory://"), giver, wanted, at, 14 * DAY)
    token = tickets.give_link(db.scalars(select(Ticket).where(Ticket.offer_id == offer.id)).one())
    db.commit()
    return Made(token)


def _hand_over(kind: str, somebody: Somebody) -> Made:
    scene, mine = somebody.scene, Holder(somebody.office.id, somebody.account.id)
    from_office = scene.there if somebody.office is scene.here else scene.here
    sender = Holder(from_office.id, uuid4())
    offices.forget(somebody.db, mine)
    if kind == hand_over.ENTER:
        offices.join(somebody.db, sender, mine, scene.at)
    to_account = None if kind == hand_over.LINK else mine.account_id
    token = hand_over.give(somebody.db, kind, sender, mine.practice_id, to_account, scene.at - SECOND, scene.at)
    somebody.db.commit()
    return Made(token)


def _recovery(somebody: Somebody) -> Made:
    codes = second.new_recovery_codes(somebody.db, somebody.office.registry.portal.secret_key, somebody.account)
    somebody.db.commit()
    return Made(codes[0])


def _unsubscribe(somebody: Somebody) -> Made:
    link = notice_links.Link(somebody.account.id, "webmail.message", "email")
    return Made(notice_links.path(somebody.office.registry.portal.secret_key, somebody.office.id, link).rpartition("/")[2])


def _file(method: str, somebody: Somebody) -> Made:
    store, key = somebody.office.registry.files, practice_key(somebody.office.id, "images", uuid4())
    store.put(key, BytesIO(b"tooth"), "text/plain")
    for name in ("a.txt", "aa.txt", "aaa.txt"):
        link = FileLink(key, method, 60, "text/plain", name, 5 if method == "PUT" else None, False)
        token = store.signer.token(link, somebody.scene.at.timestamp())
        if len(token) % 4 == 2:  # then the last letter has four bits to spare
            break
    return Made(token)


# How they are presented.


def _link(path: str, page: str, typed: dict, somebody: Somebody, app, secret: str) -> list:
    """Look at the page of a link, then press its button."""
    address = path + quote(secret, safe="")
    return [app.get(address, status="*"), app.post(address, {"csrf_token": _token(app, page), **typed}, status="*")]


def _typed(path: str, page: str, field: str, typed: dict, somebody: Somebody, app, secret: str) -> list:
    return [app.post(path, {"csrf_token": _token(app, page), field: secret, **typed}, status="*")]


def _shown(path: str, page: str, somebody: Somebody, app, secret: str) -> list:
    shown = somebody.device.show({"rpId": somebody.office.host, "challenge": secret})
    return [app.post(path, {"csrf_token": _token(app, page), "credential": shown}, status="*")]


def _made_key(somebody: Somebody, app, secret: str) -> list:
    options = {"rp": {"id": somebody.office.host}, "user": {"id": text_of(somebody.account.id.bytes)}, "challenge": secret}
    answer = {"credential": Device(somebody.site.origin).make(options), "name": "Mine"}
    path = "/profile/security/passkeys"
    return [app.post(path, {"csrf_token": _token(app, "/home"), **answer}, status="*")]


def _fetched(somebody: Somebody, app, secret: str) -> list:
    return [app.get(f"/files/{quote(secret, safe='')}", status="*")]


def _stored(somebody: Somebody, app, secret: str) -> list:
    return [app.put(f"/files/{quote(secret, safe='')}", b"tooth", content_type="text/plain", status="*")]


def _token(app, page: str) -> str:
    return getattr(app, "form_token", "") or PAGE_TOKEN.search(app.get(page, status=200).text)[1]


def _cookie(app) -> str:
    return app.cookies[FORM_COOKIE].strip('"')


INVITED = {"birthdate": BORN, "new_password": OWN}
OFFERED = INVITED | {"name": "Ada Byron"}
NOT_BORN = {"birthdate": "1900-01-01"}
CODE = {"bound": True, "made_of": "digits", "letters": string.digits + "x٣é", "places": 6}
# The last letter of a challenge carries two bits that say nothing.
CHALLENGE = {"bound": True, "letters": SIGNED, "places": 42}
MOVING = {"table": HandOver}


def link_way(make, path: str, routes: str, page: str = "/sign-in", typed: dict | None = None, **more) -> Way:
    return Way(make, partial(_link, path, page, typed or {}), tuple(routes.split()), **more)


WAYS = {
    "reset": Way(partial(_code, "/forgot", None, lambda who: {"user_name": who.account.user_name}),
                 partial(_typed, "/forgot/code", "/sign-in", "code", {"new_password": OWN}), **CODE),
    "register": Way(partial(_code, "/register", None, _new_person),
                    partial(_typed, "/register/code", "/sign-in", "code", {"new_password": OWN}), **CODE),
    "second": Way(partial(_code, "/sign-in/second/send", "second", lambda _: {}, page="/sign-in/second"),
                  partial(_typed, "/sign-in/second", "/sign-in/second", "mail_code", {"way": "mail"}), stage="second", owned=True, **CODE),
    "proof": Way(partial(_code, "/profile/prove/send", "", lambda _: {}, page="/home"),
                 partial(_typed, "/profile/prove", "/home", "mail_code", {"way": "mail"}), stage="", owned=True, **CODE),
    "recovery": Way(_recovery, partial(_typed, "/sign-in/second", "/sign-in/second", "recovery_code", {"way": "recovery"}), stage="second", owned=True,
                    table=None, letters=second.ALPHABET + "é", places=11),
    "sign_in": link_way(partial(_ticket, "sign_in", resetting.LINK_LIVES, _of_account), "/sign-in/link/", "auth.link_open"),
    "invitation": link_way(partial(_ticket, "invitation", 14 * DAY, _of_newcomer), "/invitation/", "auth.invitation", typed=INVITED,
                           missed=partial(_link, "/invitation/", "/sign-in", INVITED | NOT_BORN)),
    "staff": link_way(partial(_ticket, "staff", staff.INVITATION_LIVES, _of_member), "/office/invitation/", "office.invitation", "/office/sign-in",
                      {"new_password": OWN}),
    "operator": link_way(_operator, "/office/enter/", "office.enter", "/office/sign-in"),
    "email": link_way(partial(_ticket, "email", email_change.LIVES, _of_change), "/profile/email/confirm/", "auth.email_confirm", "/home",
                      stage="", owned=True),
    "email_stop": link_way(partial(_ticket, "email_stop", email_change.LIVES, _of_account), "/profile/email/stop/", "auth.email_stop"),
    "grant": link_way(_offer, "/family/offer/", "portal.grant_offer", typed=OFFERED,
                      missed=partial(_link, "/family/offer/", "/sign-in", OFFERED | NOT_BORN)),
    "passkey": Way(partial(_challenge, "/sign-in/passkey/options", "/sign-in", None), partial(_shown, "/sign-in/passkey", "/sign-in"), **CHALLENGE),
    "passkey at the second step": Way(
        partial(_challenge, "/sign-in/second/passkey/options", "/sign-in/second", "second"),
        partial(_shown, "/sign-in/second/passkey", "/sign-in/second"), stage="second", owned=True, **CHALLENGE),
    "passkey as a proof": Way(partial(_challenge, "/profile/prove/passkey/options", "/home", ""),
                              partial(_shown, "/profile/prove/passkey", "/home"), stage="", owned=True, **CHALLENGE),
    "passkey_new": Way(partial(_challenge, "/profile/security/passkeys/options", "/home", ""), _made_key, stage="", owned=True, **CHALLENGE),
    "hand_over link": link_way(partial(_hand_over, "link"), "/profile/offices/link/", "auth.offices_link", "/home", stage="", **MOVING),
    "hand_over answer": link_way(partial(_hand_over, "answer"), "/profile/offices/link/", "auth.offices_link", "/home", stage="", owned=True, **MOVING),
    "hand_over enter": link_way(partial(_hand_over, "enter"), "/sign-in/over/", "auth.offices_enter", **MOVING),
    "unsubscribe": link_way(_unsubscribe, "/unsubscribe/", "auth.unsubscribe", once=False, table=None),
    "file": Way(partial(_file, "GET"), _fetched, ("files.signed",), once=False, table=None, places=200),
    "file to store": Way(partial(_file, "PUT"), _stored, ("files.signed",), once=False, table=None, places=200),
}  # fmt: skip
OF_TABS = {"book_known", "book_new", "book_pass", "pay_known", "pay_pass"}
LINKS_OF_TABS = {f"appointments.{name}" for name in ("answer", "calendar_feed", "offer", "public_choose", "public_review", "recall", "recall_review", "here", "hooks.unsubscribe", "hooks.calendar")} | {"account.asked", "account.asked_pay", "account.verified", "opendental.hooks.events"}
"""They sign nobody in, so what is wrong with them is tried where they are: tests/plugins/appointments, test_public_booking.py, test_confirming.py,
test_calendars.py, waiting and notices; tests/plugins/account, test_asked.py; tests/plugins/opendental, test_hooks.py."""
OPENS_NOTHING = {"email_was"}
SIGNED_FOR = {"file": 60 * SECOND, "file to store": 60 * SECOND}
"""How long a link lives that has no row."""
EVERYWHERE = pytest.mark.parametrize("name", WAYS)


@pytest.fixture
def scene(portal, registry, practice, other_practice, link_into, work_off, migrate_url, monkeypatch) -> Iterator[Scene]:
    """Everybody's practice, a minute from now, when all that was made counts already."""
    made = Scene(portal, practice, other_practice, link_into, work_off, migrate_url, datetime.now(UTC) + timedelta(minutes=1), [])
    draw = tickets._six_digits
    monkeypatch.setattr(tickets, "_six_digits", lambda: made.codes.append(draw()) or made.codes[-1])
    monkeypatch.setattr("core.web.request.datetime", SimpleNamespace(now=lambda zone: made.at))
    monkeypatch.setattr("core.files.links.time", SimpleNamespace(time=lambda: made.at.timestamp()))  # noqa: PLW0108  (the clock moves)
    monkeypatch.setattr(registry, "limiter", Limiter("memory://"))
    for somebody in (made.owner, made.stranger):
        office_settings.change(somebody.db, registry.plugins, somebody.office.id, None, "portal.self_registration", True, "test", made.at)
        somebody.db.commit()
    yield made
    for somebody in (made.owner, made.other, made.stranger):
        somebody.db.close()
    made.onlooker.close()


class Desk:
    """One way in, with what it answers to a secret that was made up: so must it answer to everything that is wrong."""

    def __init__(self, scene: Scene, name: str):
        self.scene, self.way, self.name = scene, WAYS[name], name
        people = [scene.owner, scene.stranger, *([scene.other] if self.way.owned else [])]
        self.worthless = {id(somebody): self._worthless(somebody) for somebody in people}
        self._to_made_up: dict[tuple, list[tuple]] = {}

    def _worthless(self, somebody: Somebody) -> Made:
        """A ticket that is gone: what the browser still holds of it says that it has asked, and nothing else."""
        if not self.way.bound:
            return Made(MADE_UP[self.way.made_of])
        gone = self.make(somebody)
        somebody.db.execute(delete(Ticket).where(Ticket.practice_id == somebody.office.id))
        somebody.db.commit()
        return replace(gone, secret=MADE_UP[self.way.made_of])

    def make(self, somebody: Somebody) -> Made:
        """A good one."""
        self.scene.here.registry.limiter = Limiter("memory://")
        return self.way.make(somebody)

    def again(self, somebody: Somebody, made: Made) -> Made:
        """The same, as if nobody had tried; another one in place of a challenge, which is used up by any answer."""
        if self.way.table is not Ticket or not self.way.bound:
            return made
        if self.way.made_of == "letters":
            return self.make(somebody)
        somebody.db.execute(update(Ticket).where(Ticket.practice_id == somebody.office.id).values(tries=0))
        somebody.db.commit()
        return made

    def present(self, somebody: Somebody, made: Made, send: Callable | None = None) -> list[tuple]:
        """All that can be told from the answers."""
        self.scene.here.registry.limiter = Limiter("memory://")
        app = somebody.browser(self.way.stage, made.cookie)
        self.before = self.scene.state()
        return [_told(answer, made.secret) for answer in (send or self.way.send)(somebody, app, made.secret)]

    def refuses(self, what: str, somebody: Somebody, made: Made) -> None:
        """It changes nothing, and is answered as what was made up is."""
        answer = self.present(somebody, made)
        assert self.scene.state() == self.before, what
        assert answer == self.to_made_up(somebody, bool(made.cookie), not made.secret), what

    def to_made_up(self, somebody: Somebody, has_asked: bool, is_empty: bool) -> list[tuple]:
        """What a made-up secret is answered, asked once a day: pages say "today"."""
        key = (id(somebody), has_asked, is_empty, self.scene.at.astimezone(ZoneInfo("America/New_York")).date())
        if key not in self._to_made_up:
            nothing = self.worthless[id(somebody)]
            made_up = Made("" if is_empty else nothing.secret, nothing.cookie if has_asked else "")
            self._to_made_up[key] = self.present(somebody, made_up)
        return self._to_made_up[key]

    def takes(self, somebody: Somebody, made: Made) -> None:
        """A good one: it would be seen if nothing here were ever taken."""
        answer = self.present(somebody, made)
        assert answer[-1][0] in {200, 204, 303}, answer[-1]
        assert answer != self.to_made_up(somebody, bool(made.cookie), is_empty=False)
        self._to_made_up.clear()  # the pages may look otherwise from here on

    def ends_at(self) -> datetime | None:
        """When the newest ticket ends."""
        if self.way.table is None:
            lives = SIGNED_FOR.get(self.name)
            return lives and self.scene.at + lives
        table = self.way.table
        column = Ticket.practice_id if table is Ticket else HandOver.to_practice_id
        ends = select(table.expires_at).where(column == self.scene.here.id).order_by(table.id.desc()).limit(1)
        with self.scene.here.session() as session:
            return session.scalar(ends)


def _told(answer, secret: str) -> tuple:
    """Status, headers and body, without what is fresh in every answer."""

    def plain(text: str) -> str:
        text = text.replace(f'value="{escape(secret)}"', 'value="…"')  # what was typed as a code stands in the form again
        for spelled in {secret, quote(secret, safe=""), quote(secret)} - {""}:
            text = text.replace(spelled, "…") if len(spelled) > 5 else text
        return text

    headers = [(name, plain(_cookie_kind(value) if name == "Set-Cookie" else value)) for name, value in answer.headerlist if name != "Content-Length"]
    return answer.status_int, sorted(headers), plain(PAGE_TOKEN.sub("", answer.text)) if answer.charset else answer.body


def _cookie_kind(value: str) -> str:
    return "; ".join(part.partition("=")[0] for part in value.split("; "))


# What there is.


def _in_check(table: type) -> set[str]:
    [rule] = [rule for rule in table.__table__.constraints if isinstance(rule, CheckConstraint) and "kind in" in str(rule.sqltext)]
    return set(re.findall(r"'(\w+)'", str(rule.sqltext)))


def test_the_table_lacks_no_kind_of_ticket_and_no_address_of_a_link(registry):
    kinds = _in_check(Ticket) | {f"hand_over {kind}" for kind in _in_check(HandOver)}
    assert kinds - set(WAYS) == OPENS_NOTHING | OF_TABS
    routes = registry.getUtility(IRoutesMapper).get_routes(include_static=True)
    taking = {route.name for route in routes if re.search(r"\{(token|secret|code|ticket|challenge)\b", route.pattern)}
    assert taking - LINKS_OF_TABS == {name for way in WAYS.values() for name in way.routes}


# What can be wrong.


@EVERYWHERE
def test_whatever_is_wrong_with_it_has_one_answer_and_changes_nothing(scene, name):
    desk = Desk(scene, name)
    way, owner = desk.way, scene.owner
    made = desk.make(owner)
    desk.refuses("of another practice", scene.stranger, made)
    if way.owned:
        desk.refuses("of another account", scene.other, desk.make(owner))
    made = desk.make(owner)
    desk.refuses("empty", owner, replace(made, secret=""))
    if way.bound:
        desk.refuses("in a browser that did not ask", owner, replace(desk.make(owner), cookie=""))
        desk.refuses("in a browser that asked for another", owner, replace(desk.make(owner), cookie=desk.worthless[id(owner)].cookie))
    _try_too_often(desk)
    _end(desk)
    _use(desk)


def _try_too_often(desk: Desk) -> None:
    owner, made = desk.scene.owner, desk.make(desk.scene.owner)
    if desk.way.made_of == "digits":
        for _ in range(tickets.MOST_TRIES):
            desk.refuses("a wrong code", owner, replace(made, secret=f"{(int(made.secret) + 1) % 10**6:06}"))
    elif desk.way.missed:
        for _ in range(tickets.MOST_TRIES):
            desk.present(owner, made, desk.way.missed)
    else:
        return
    desk.refuses("tried too often", owner, made)


def _end(desk: Desk) -> None:
    made, began, end = desk.make(desk.scene.owner), desk.scene.at, desk.ends_at()
    for late in (timedelta(0), SECOND) if end else ():
        desk.scene.at = end + late
        desk.refuses(f"over for {late}", desk.scene.owner, made)
    desk.scene.at = began


def _use(desk: Desk) -> None:
    """A second before its end it is good, and then it is used."""
    owner, began = desk.scene.owner, desk.scene.at
    made, end = desk.make(owner), desk.ends_at()
    desk.scene.at = end - SECOND if end else began
    desk.takes(owner, made)
    if desk.way.once:
        desk.refuses("used", owner, made)
    desk.scene.at = began


def test_a_link_of_any_other_kind_is_refused(scene):
    desks = {name: Desk(scene, name) for name, way in WAYS.items() if way.routes}
    # Making one ends what was made before for the same account, so the strange ones are made one by one.
    for strange, maker in desks.items():
        made = maker.make(scene.owner)
        for name, desk in desks.items():
            if desk.way.routes != maker.way.routes:
                desk.refuses(f"{strange} in place of {name}", scene.owner, made)
    codes = [name for name, way in WAYS.items() if way.made_of == "digits"]
    for kind in codes:
        ticket_id, code = tickets.issue_code(scene.owner.db, kind, scene.at, DAY)
        for other in _in_check(Ticket) - {kind}:
            with pytest.raises(tickets.BadTicket):
                tickets.use_code(scene.owner.db, scene.here.id, other, ticket_id, code, scene.at)
        assert tickets.use_code(scene.owner.db, scene.here.id, kind, ticket_id, code, scene.at)


@EVERYWHERE
def test_one_that_was_changed_in_any_letter_or_cut_or_is_late_is_refused(scene, name):
    desk, owner, began = Desk(scene, name), scene.owner, scene.at
    kept, end = desk.make(owner), desk.ends_at()
    changed = st.tuples(st.integers(0, desk.way.places - 1), st.sampled_from(desk.way.letters))
    cut, late = st.integers(1, desk.way.places - 1), st.integers(0, 10**7).map(lambda seconds: seconds * SECOND)

    @settings(max_examples=6, deadline=None)
    @given(changed | cut | late if end else changed | cut)
    def spoil(fault):
        scene.at = began
        spoiled = made = desk.again(owner, kept)
        if isinstance(fault, timedelta):
            scene.at = end + fault
        elif isinstance(fault, int):
            spoiled = replace(made, secret=made.secret[: min(fault, len(made.secret) - 1)])
        else:
            place = min(fault[0], len(made.secret) - 1)
            spoiled = replace(made, secret=made.secret[:place] + fault[1] + made.secret[place + 1 :])
        if spoiled != made or scene.at != began:
            desk.refuses(str(fault), owner, spoiled)

    if name.startswith("file"):
        # What was signed does not fill the last letter: a letter beside it, or one too many, is as wrong as any other.
        beside = SIGNED[SIGNED.index(kept.secret[-1]) ^ 1]
        for spoiled in (kept.secret[:-1] + beside, f"{kept.secret}="):
            desk.refuses("its last letter", owner, Made(spoiled))
    spoil()


def test_what_keeps_an_old_address_opens_nothing(scene):
    owner = scene.owner
    kept = tickets.put_code(owner.db, email_change.WAS, scene.at, timedelta(0), "old@example.test", account_id=owner.account.id)
    owner.db.commit()
    for code in ("", "000000"):
        with pytest.raises(tickets.BadTicket):
            tickets.use_code(owner.db, scene.here.id, email_change.WAS, kept, code, scene.at)
    assert tickets.give_code(owner.db, scene.here.id, kept, scene.at) is None
