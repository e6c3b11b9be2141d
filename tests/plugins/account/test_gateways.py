"""One contract for both gateways. Stripe is its own library against a server on this machine that refuses what the library's types refuse."""

import json
import re
import socket
import typing
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qsl, urlsplit

import pytest
import stripe
from pydantic import ConfigDict, TypeAdapter, ValidationError
from sqlalchemy import select
from stripe.params import _payment_intent_create_params as create_params
from stripe.params import _payment_intent_list_params as list_params

from plugins.account.gateway import Charged, Declined, DifferentCharge, Unknown
from plugins.account.gateway.local import LocalGateway
from plugins.account.gateway.stripe_gateway import StripeGateway, make_client
from plugins.account.models import LocalCharge


def checker(module, name: str) -> TypeAdapter:
    """Checks parameters by the types that the library generates from Stripe's own specification; an unknown one is refused."""
    kind = getattr(module, name)
    kind.__pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    adapter = TypeAdapter(kind)
    adapter.rebuild(force=True, _types_namespace={**vars(module), **vars(typing), "StripeContext": stripe.StripeContext})
    return adapter


class FakeStripe:
    """Keeps intents for each account, answers as Stripe documents it, and charges an idempotency key once."""

    def __init__(self):
        self.lock, self.intents, self.keys, self.busy = Lock(), {}, {}, False
        self.create, self.list = checker(create_params, "PaymentIntentCreateParams"), checker(list_params, "PaymentIntentListParams")

    def answer(self, method: str, path: str, headers, fields: dict) -> tuple[int, dict] | None:
        """Status and body; None when the line goes dead after the work was done."""
        if headers["Authorization"] != "Bearer sk_test_ours":
            return 401, error("invalid_request_error", "api_key_invalid")
        with self.lock:
            account = headers["Stripe-Account"]
            if method == "POST":
                return self._create(account, headers["Idempotency-Key"], fields)
            if path.count("/") == 1:
                return self._list(account, fields)
            found = self.intents.get((account, path.rsplit("/", 1)[1]))
            return (200, found) if found else (404, error("invalid_request_error", "resource_missing"))

    def _create(self, account, key, fields):
        if self.busy:
            return 429, error("invalid_request_error", "rate_limit")
        try:
            self.create.validate_python(fields)
        except ValidationError as problem:
            return 400, error("invalid_request_error", "parameter_unknown", str(problem))
        sent, known = json.dumps(fields, sort_keys=True), self.keys.get((account, key))
        if known and known[0] != sent:
            return 400, error("idempotency_error", None)
        if not known:
            known = self.keys[account, key] = (sent, self._charge(account, fields))
        return None if fields["payment_method"] == "pm_lost" else known[1]

    def _charge(self, account, fields):
        number = f"pi_{len(self.intents):024}"
        if fields["payment_method"] == "pm_unknown":
            return 400, error("invalid_request_error", "resource_missing")
        refused = {"pm_declined": "generic_decline", "pm_short": "insufficient_funds", "pm_approval": "authentication_required"}.get(
            fields["payment_method"]
        )
        status = "processing" if fields["payment_method"] == "pm_slow" else "requires_payment_method" if refused else "succeeded"
        intent = {
            "id": number,
            "object": "payment_intent",
            "amount": int(fields["amount"]),
            "currency": fields["currency"],
            "status": status,
            "created": int(datetime.now(UTC).timestamp()),
            "metadata": fields["metadata"],
            "last_payment_error": None,
            "latest_charge": {
                "id": "ch_1",
                "object": "charge",
                "payment_method_details": {"card": {"brand": "visa", "last4": "4242"}, "type": "card"},
            },
        }
        self.intents[account, number] = intent
        if not refused:
            return 200, intent
        code = "authentication_required" if refused == "authentication_required" else "card_declined"
        intent["last_payment_error"] = {"type": "card_error", "code": code, "decline_code": refused}
        return 402, {"error": intent["last_payment_error"] | {"message": "Refused.", "payment_intent": intent}}

    def _list(self, account, fields):
        self.list.validate_python(fields)
        rows = [row for (owner, _), row in self.intents.items() if owner == account and row["created"] >= int(fields["created"]["gte"])]
        return 200, {"object": "list", "url": "/v1/payment_intents", "has_more": False, "data": rows}


def error(kind: str, code: str | None, message: str = "No.") -> dict:
    return {"error": {"type": kind, "code": code, "message": message}}


def nested(pairs) -> dict:
    """Form fields such as metadata[payment]=x and expand[0]=y as the values they stand for."""
    found: dict = {}
    for name, value in pairs:
        first, *rest = re.findall(r"[^\[\]]+", name)
        if not rest:
            found[first] = value
        elif rest[0].isdigit():
            found.setdefault(first, []).append(value)
        else:
            found.setdefault(first, {})[rest[0]] = value
    return found


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for FakeStripe."""

    def do_GET(self):
        address = urlsplit(self.path)
        self._answer("GET", address.path, nested(parse_qsl(address.query)))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer("POST", self.path, nested(parse_qsl(body)))

    def _answer(self, method, path, fields):
        answer = self.server.fake.answer(method, path.removeprefix("/v1"), self.headers, fields) if path.startswith("/v1/") else (404, {})
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def stripe_address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.fake = FakeStripe()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", server.fake
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Case:
    """One of the gateways, what it calls its test cards, and how many charges it has kept for a key."""

    gateway: object
    pays: str
    declined: str
    short: str
    approval: str
    lost: str
    kept: typing.Callable[[], Counter]


@pytest.fixture
def local_case(practice):
    def kept():
        with practice.session() as session:
            rows = session.scalars(
                select(LocalCharge.idempotency_key).where(LocalCharge.practice_id == practice.id, LocalCharge.refusal == "")
            ).all()
        return Counter(rows)

    cards = ("test_card_4242", "test_card_0002", "test_card_9995", "test_card_3184", "test_card_0119")
    return Case(LocalGateway(practice.registry.engine, practice.id), *cards, kept)


@pytest.fixture
def stripe_case(stripe_address, practice):
    address, fake = stripe_address
    account = f"acct_{practice.slug}"

    def kept():
        rows = (row for (owner, _), row in fake.intents.items() if owner == account and row["status"] == "succeeded")
        return Counter(row["metadata"]["payment"] for row in rows)

    gateway = StripeGateway(make_client("sk_test_ours", account, address))
    return Case(gateway, "pm_card_visa", "pm_declined", "pm_short", "pm_approval", "pm_lost", kept)


@pytest.fixture(params=["local", "stripe"])
def case(request):
    return request.getfixturevalue(f"{request.param}_case")


def charge(case, method: str, key: str = "pay:1", cents: int = 1234):
    return case.gateway.charge(cents, "USD", method, key, "Payment ABCD-EFGH")


def moment_ago() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=1)


def test_a_good_card_is_charged_and_the_receipt_may_name_it(case):
    answer = charge(case, case.pays)
    assert isinstance(answer, Charged)
    assert answer.card == "Visa ending in 4242"
    assert case.gateway.fetch(answer.reference) == answer
    assert case.gateway.find("pay:1", moment_ago()) == answer
    assert case.kept() == {"pay:1": 1}


@pytest.mark.parametrize(
    ("card", "reason"), [("declined", "card_declined"), ("short", "insufficient_funds"), ("approval", "needs_authentication")]
)
def test_a_refused_card_is_told_with_its_reason_also_later(case, card, reason):
    answer = charge(case, getattr(case, card))
    assert isinstance(answer, Declined)
    assert answer.reason == reason
    assert case.gateway.find("pay:1", moment_ago()).reason == reason
    assert case.kept() == {}


def test_the_same_key_again_gives_the_first_answer_and_takes_no_more_money(case):
    assert charge(case, case.pays) == charge(case, case.pays)
    assert charge(case, case.pays, key="pay:2") != charge(case, case.pays)
    assert case.kept() == {"pay:1": 1, "pay:2": 1}


def test_the_same_key_from_many_sides_at_once_charges_once(case):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: charge(case, case.pays), range(6)))
    assert len(set(answers)) == 1
    assert case.kept() == {"pay:1": 1}


@pytest.mark.parametrize("change", [{"cents": 1235}, {"method": "declined"}])
def test_a_key_is_never_used_for_another_charge(case, change):
    charge(case, case.pays)
    with pytest.raises(DifferentCharge):
        charge(case, getattr(case, change.get("method", "pays")), cents=change.get("cents", 1234))
    assert case.kept() == {"pay:1": 1}


def test_a_lost_answer_is_unknown_until_it_is_found(case):
    assert isinstance(charge(case, case.lost), Unknown)
    found = case.gateway.find("pay:1", moment_ago())
    assert isinstance(found, Charged)
    assert case.gateway.fetch(found.reference) == found
    assert case.kept() == {"pay:1": 1}


def test_a_charge_that_never_arrived_is_not_found(case):
    charge(case, case.pays)
    assert case.gateway.find("pay:2", moment_ago()) is None


def test_a_reference_that_is_not_there_stays_unknown(case):
    assert case.gateway.fetch("pi_nowhere") == Unknown("pi_nowhere")


def test_a_method_that_is_not_there_charges_nothing(case):
    assert charge(case, "pm_unknown") == Declined("not_possible")
    assert case.kept() == {}


def test_another_practices_charges_are_not_found(local_case, other_practice):
    answer = charge(local_case, local_case.pays)
    other = LocalGateway(other_practice.registry.engine, other_practice.id)
    assert other.find("pay:1", moment_ago()) is None
    assert other.fetch(answer.reference) == Unknown(answer.reference)


def test_another_accounts_charges_at_stripe_are_not_found(stripe_case, stripe_address):
    charge(stripe_case, stripe_case.pays)
    other = StripeGateway(make_client("sk_test_ours", "acct_other", stripe_address[0]))
    assert other.find("pay:1", moment_ago()) is None


def test_a_payment_that_the_bank_has_not_decided_is_unknown_with_its_reference(stripe_case):
    answer = charge(stripe_case, "pm_slow")
    assert isinstance(answer, Unknown)
    assert answer.reference


def test_a_wrong_key_charges_nothing_and_a_dead_line_says_nothing(stripe_address):
    refused = StripeGateway(make_client("sk_test_wrong", "acct_1", stripe_address[0]))
    assert refused.charge(100, "USD", "pm_card_visa", "k", "x") == Declined("not_possible")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = StripeGateway(make_client("sk_test_ours", "acct_1", f"http://127.0.0.1:{taken.getsockname()[1]}"))
        assert dead.charge(100, "USD", "pm_card_visa", "k", "x") == Unknown()
        assert dead.find("k", moment_ago()) == Unknown()


def test_too_many_calls_charge_nothing_and_can_be_made_again(stripe_case, stripe_address, monkeypatch):
    monkeypatch.setattr(stripe_address[1], "busy", True)
    assert charge(stripe_case, stripe_case.pays) == Declined("busy")
    monkeypatch.setattr(stripe_address[1], "busy", False)
    assert isinstance(charge(stripe_case, stripe_case.pays, key="pay:2"), Charged)


def test_the_librarys_global_key_is_never_set(stripe_case):
    charge(stripe_case, stripe_case.pays)
    assert stripe.api_key is None


def test_what_stripe_would_not_know_is_refused_by_the_fake(stripe_address):
    client = make_client("sk_test_ours", "acct_1", stripe_address[0])
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 100, "currency": "usd", "payment_method": "pm_card_visa", "pan": "4242"})
