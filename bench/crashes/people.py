"""Those who pay, and the office: each does by HTTP what a browser does, and when a page does not come, tries again or gives up, as people do."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from urllib.parse import urljoin, urlsplit

import psycopg
import requests
from lxml import html
from requests.adapters import HTTPAdapter
from sqlalchemy.exc import SQLAlchemyError

from bench.crashes.servers import Servers, answers
from core.auth import services as auth
from core.auth.realms import OFFICE, PORTAL
from core.testing import Office

PATIENCE = 120
TRIES = 6
GOOD, DECLINED, ASKS_BANK, DISPUTED, NO_REFUND, NO_ANSWER = (
    "4242424242424242", "4000000000000002", "4000002500003155", "4000000000000259", "4000000000005126", "4000000000000119",
)  # fmt: skip
BANK, BANK_FAILS, BANK_RETURNS = "000123456789", "000111111116", "000555555559"
SMALLEST, LARGEST = 100, 40_000


class GaveUp(Exception):
    """Somebody has closed the browser."""


@dataclass
class Person:
    """Somebody with an account: a patient, or staff."""

    patient_id: str
    account: object
    names: dict[str, str] = field(default_factory=dict)


@dataclass
class Town:
    """What everybody shares: the practice, the servers, who is there."""

    office: Office
    servers: Servers
    people: list[Person]
    staff: Person

    def wait(self) -> None:
        """Until the portal answers again."""
        until = time.monotonic() + PATIENCE
        while not answers(self.servers.web_port, "/health/ready"):
            if time.monotonic() > until:
                raise GaveUp
            time.sleep(0.1)


class _From(HTTPAdapter):
    """Asks from an address of its own, so that many people are not taken for one who tries out cards."""

    def init_poolmanager(self, *arguments, **more):
        super().init_poolmanager(*arguments, source_address=(self.address, 0), **more)

    def __init__(self, address: str):
        self.address = address
        super().__init__()


class Browser:
    """A browser at the practice's address."""

    def __init__(self, town: Town, chance: random.Random, person: Person | None = None, realm=PORTAL):
        self.town, self.chance, self.person = town, chance, person
        self._session = requests.Session()
        self._session.mount("http://", _From(f"127.{chance.randint(1, 250)}.{chance.randint(1, 250)}.{chance.randint(2, 250)}"))
        if person:
            self._cookie = {realm.cookie: self._sign_in(person, realm)}
            self._session.cookies.update(self._cookie)

    def _sign_in(self, person: Person, realm) -> str:
        def sign_in() -> str:
            with self.town.office.session() as session:
                token = auth.open_session(session, person.account, datetime.now(UTC), auth.Place(realm=realm.name))
                session.commit()
            return token

        return self.patiently(sign_in)

    def patiently(self, do: Callable):
        """What is done at the database itself, again until it is done."""
        for _ in range(TRIES * 5):
            try:
                return do()
            except (SQLAlchemyError, psycopg.Error):  # the database is dead at this moment
                self.town.office.registry.engine.dispose()
                time.sleep(0.3)
        raise GaveUp

    def get(self, path: str) -> requests.Response:
        """A page; asked for again until it comes."""
        return self._ask("GET", path, None)

    def send(self, path: str, fields: dict, again: float = 0.8) -> requests.Response:
        """Send a form. When no answer comes, most people send it once more, and some give up."""
        return self._ask("POST", path, fields, again)

    def _ask(self, method: str, path: str, fields: dict | None, again: float = 0.95) -> requests.Response:
        for _ in range(TRIES):
            try:
                answer = self.once(method, path, fields)
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code < 500:
                return answer
            if self.chance.random() > again:
                raise GaveUp
            self.town.wait()
        raise GaveUp

    def once(self, method: str, path: str, fields: dict | None) -> requests.Response:
        """One request, to the portal or to the card service, by the name that is in the address."""
        whole = urlsplit(urljoin(f"http://{self.town.office.host}:{self.town.servers.web_port}", path))
        at = whole._replace(netloc=f"127.0.0.1:{whole.port}").geturl()
        headers = {"Host": whole.netloc}
        if whole.port == self.town.servers.web_port:
            headers |= {"Origin": f"http://{whole.netloc}", "Cookie": "; ".join(f"{one.name}={one.value}" for one in self._session.cookies)}
        return self._session.request(method, at, data=fields, headers=headers, allow_redirects=False, timeout=60)


def form_of(answer: requests.Response, name: str) -> tuple[str, dict]:
    """Where a form of a page is sent, and what is in it. Raises GaveUp where there is none."""
    found = html.fromstring(answer.content).xpath(f"//form[@id='{name}']") if answer.status_code in (200, 422) else []
    if not found:
        raise GaveUp
    return found[0].get("action"), dict(found[0].form_values())


def pay_page(browser: Browser, answer: requests.Response, card: str = GOOD) -> str:
    """Type a card or an account on the card service's page, answer the bank, and go back, or stay away."""
    place = answer.headers.get("Location", "")
    if f":{browser.town.servers.card_port}/" not in place:
        return place
    back = _typed(browser, place, card)
    if "/bank/" in back:
        back = browser.send(urljoin(place, back), {"answer": "approve" if browser.chance.random() < 0.85 else "refuse"}, 0.95).headers.get("Location", "")
    return back


def _typed(browser: Browser, place: str, card: str) -> str:
    bank = {"kind": "us_bank_account", "routing": "110000000", "account": card}
    fields = bank if card.startswith("000") else {"kind": "card", "number": card, "expiry": "12/40", "code": "123"}
    return browser.send(place, fields, 0.95).headers.get("Location", "")


def come_back(browser: Browser, back: str) -> None:
    """Most come back to the receipt; some close the browser."""
    leads_here = f":{browser.town.servers.web_port}/" in back or back.startswith("/")
    if leads_here and browser.chance.random() < 0.75:
        browser.get(back)


def begin(browser: Browser, **more: str) -> requests.Response:
    """Fill in the Pay page with some amount and send it."""
    action, fields = form_of(browser.get("/account/pay"), "pay")
    cents = browser.chance.randint(SMALLEST, LARGEST)
    fields |= {"choice": "other", "amount": f"{cents / 100:.2f}", "pay_with": "card", "note": "About my bill"} | more
    return browser.send(action, fields)


def by_card(browser: Browser, card: str = GOOD, **more: str) -> None:
    """A new card, or a bank account, typed at the card service."""
    come_back(browser, pay_page(browser, begin(browser, **more), card))


def by_bank(browser: Browser) -> None:
    """A bank account, which may fail days later, or pay and be returned."""
    by_card(browser, browser.chance.choice([BANK, BANK_FAILS, BANK_RETURNS]), pay_with="bank")


def keeping(browser: Browser) -> None:
    """A new card that is kept."""
    by_card(browser, browser.chance.choice([GOOD, GOOD, ASKS_BANK, NO_ANSWER]), keep="yes")


def by_kept_card(browser: Browser) -> None:
    """A card that is kept already; without one, one is kept first."""
    kept = html.fromstring(browser.get("/account/pay").content).xpath("//form[@id='pay']//input[@name='pay_with' and string-length(@value) = 36]/@value")
    if not kept:
        return keeping(browser)
    answer = begin(browser, pay_with=browser.chance.choice(kept))
    return come_back(browser, pay_page(browser, answer))


def declined(browser: Browser) -> None:
    """A card that is declined, and then another one, or none."""
    answer = begin(browser)
    pay_page(browser, answer, DECLINED)
    if browser.chance.random() < 0.7:
        come_back(browser, pay_page(browser, answer))


def twice(browser: Browser) -> None:
    """The same form sent twice, and paid on whatever page it leads to."""
    action, fields = form_of(browser.get("/account/pay"), "pay")
    fields |= {"choice": "other", "amount": "12.34", "pay_with": "card"}
    first, second = browser.send(action, fields), browser.send(action, fields)
    for answer in (first, second):
        back = pay_page(browser, answer)
    come_back(browser, back)


def called_off(browser: Browser) -> None:
    """Begun, left at the card service without paying, and called off on the page to which that leads back."""
    place = begin(browser).headers.get("Location", "")
    if f":{browser.town.servers.card_port}/" not in place:
        raise GaveUp
    for link in html.fromstring(browser.get(place).content).xpath("//a[contains(@href, '/account/payments/')]/@href"):
        for form in html.fromstring(browser.get(link).content).xpath("//form[contains(@action, 'call-off')]"):
            browser.send(form.get("action"), dict(form.form_values()))


def left(browser: Browser) -> None:
    """Begun, and never gone on with; another one may follow, which closes the page of this one."""
    begin(browser)
    if browser.chance.random() < 0.5:
        by_card(browser)


def adding(browser: Browser) -> None:
    """A card is kept without paying."""
    page = html.fromstring(browser.get("/account/methods").content)
    for form in page.xpath("//form[.//input[@name='agrees']]"):
        answer = browser.send(form.get("action") or "/account/methods", dict(form.form_values()) | {"kind": "card", "agrees": "yes"})
        come_back(browser, pay_page(browser, answer))
        return


SIGNED_IN = {
    "new card": by_card, "bank account": by_bank, "card to be kept": keeping, "kept card": by_kept_card, "declined card": declined, "form sent twice": twice,
    "called off": called_off, "left open": left, "card without paying": adding,
    "disputed card": lambda browser: by_card(browser, DISPUTED), "card that takes nothing back": lambda browser: by_card(browser, NO_REFUND),
    "card of a bank that asks": lambda browser: by_card(browser, ASKS_BANK),
}  # fmt: skip


def as_guest(town: Town, chance: random.Random) -> None:
    """Somebody pays without signing in; the name fits, or does not."""
    browser = Browser(town, chance)
    person = chance.choice(town.people)
    page = browser.get("/account/pay-now")
    action, fields = form_of(browser.get(page.headers["Location"]) if page.status_code == 303 else page, "guest")
    names = person.names if chance.random() < 0.8 else person.names | {"last_name": "Nobody"}
    fields |= names | {"amount": f"{chance.randint(SMALLEST, LARGEST) / 100:.2f}", "kind": "card", "email": f"guest-{token_hex(4)}@example.test"}
    come_back(browser, pay_page(browser, browser.send(action, fields)))


def give_back(town: Town, chance: random.Random, made: list[str]) -> None:
    """The office gives back a part of a payment, or all that is left of it, and sends the form twice sometimes."""
    browser = Browser(town, chance, town.staff, OFFICE)
    for payment in chance.sample(made, min(2, len(made))):
        action, fields = form_of(browser.get(f"/office/account/online/{payment}"), "refund")
        if chance.random() < 0.6:
            fields["amount"] = "0.50"
        fields["reason"] = "Paid too much"
        browser.send(action, fields)
        if chance.random() < 0.3:
            browser.send(action, fields)


def process(town: Town, chance: random.Random) -> None:
    """The office processes what waits."""
    browser = Browser(town, chance, town.staff, OFFICE)
    page = browser.get("/office/account/online")
    action, fields = form_of(page, "process")
    chosen = html.fromstring(page.content).xpath("//input[@name='chosen']/@value")
    browser.send(action, fields | {"chosen": chance.sample(chosen, min(3, len(chosen)))})


def decide(town: Town, chance: random.Random, disputes: list[str]) -> None:
    """A bank decides a dispute."""
    browser = Browser(town, chance)
    for dispute in disputes[:2]:
        browser.send(f"http://127.0.0.1:{town.servers.card_port}/desk/{chance.choice(['won', 'lost'])}/{dispute}", {}, 0.95)
