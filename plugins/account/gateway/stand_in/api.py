"""The stand-in's API: who asks, what for, with which idempotency key; and the answer in Stripe's form."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from webob import Request, Response

from plugins.account.gateway.stand_in import accounts, checkout, customers, money, payments
from plugins.account.gateway.stand_in.cards import known_by
from plugins.account.gateway.stand_in.faults import Fault, missing, wrong
from plugins.account.gateway.stand_in.parameters import check, read
from plugins.account.gateway.stand_in.state import Room, State, new_word, shown

KEYS_HELD = 24 * 3600
"""Seconds for which an idempotency key gives the first answer again."""

Create = Callable[[Room, dict], dict]
Act = Callable[[Room, dict, dict], dict]


def _new_endpoint(room: Room, asked: dict) -> dict:
    fields = {"api_version": None, "application": None, "description": asked.get("description"), "metadata": asked.get("metadata", {})}
    own = {"url": asked["url"], "enabled_events": asked["enabled_events"], "connect": asked.get("connect", False)}
    return room.add("webhook_endpoint", "we", **fields, **own, secret=f"whsec_{new_word(32)}", status="enabled")


CREATE: dict[str, tuple[str, Create]] = {
    "customers": ("_customer_create_params.CustomerCreateParams", customers.create),
    "payment_intents": ("_payment_intent_create_params.PaymentIntentCreateParams", payments.create),
    "setup_intents": ("_setup_intent_create_params.SetupIntentCreateParams", customers.new_setup),
    "refunds": ("_refund_create_params.RefundCreateParams", money.give_back),
    "checkout/sessions": ("checkout._session_create_params.SessionCreateParams", checkout.create),
    "accounts": ("_account_create_params.AccountCreateParams", accounts.create),
    "account_links": ("_account_link_create_params.AccountLinkCreateParams", accounts.create_link),
    "webhook_endpoints": ("_webhook_endpoint_create_params.WebhookEndpointCreateParams", _new_endpoint),
}
ACT: dict[tuple[str, str], tuple[str, Act]] = {
    ("payment_intents", "cancel"): ("_payment_intent_cancel_params.PaymentIntentCancelParams", payments.cancel),
    ("payment_methods", "attach"): ("_payment_method_attach_params.PaymentMethodAttachParams", customers.attach),
    ("payment_methods", "detach"): ("_payment_method_detach_params.PaymentMethodDetachParams", customers.detach),
    ("checkout/sessions", "expire"): ("checkout._session_expire_params.SessionExpireParams", checkout.expire),
}
KIND = {
    "accounts": "account",
    "balance_transactions": "balance_transaction",
    "charges": "charge",
    "checkout/sessions": "checkout.session",
    "customers": "customer",
    "disputes": "dispute",
    "events": "event",
    "payment_intents": "payment_intent",
    "payment_methods": "payment_method",
    "payouts": "payout",
    "refunds": "refund",
    "setup_intents": "setup_intent",
    "webhook_endpoints": "webhook_endpoint",
}
_FILTERS = ("customer", "payment_intent", "charge", "type", "status", "source", "payout")


def types_of(place: str, verb: str) -> str:
    """What the library calls the parameters of a list, or of one thing."""
    module, _, word = KIND[place].rpartition(".")
    name = "".join(part.title() for part in word.split("_"))
    return f"{module + '.' if module else ''}_{word}_{verb}_params.{name}{verb.title()}Params"


@dataclass(frozen=True, slots=True)
class Heard:
    """A request and its answer."""

    method: str
    path: str
    account: str
    asked: dict
    status: int
    body: dict


class Api:
    """Answers what stripe-python asks."""

    def __init__(self, state: State):
        self.state = state
        self.hears: Callable[[Heard], None] | None = None
        """For tests, which look at every field that leaves us, and at every answer."""

    def __call__(self, request: Request) -> Response:
        """Answer one request; the line goes dead where the answer is to be lost."""
        path = request.path_info.removeprefix("/v1/").strip("/")
        asked: dict = {}
        try:
            asked = read(request.query_string if request.method == "GET" else request.body.decode())
            room = self._room(request)
            with self.state.change():
                status, body = self._once(room, request, path, asked)
        except Fault as fault:
            status, body = fault.status, fault.body
        body = shown(body, self.state.address)
        if self.hears:
            self.hears(Heard(request.method, path, request.headers.get("Stripe-Account", ""), asked, status, body))
        response = Response(json.dumps(body), status=status, content_type="application/json", charset="utf-8")
        response.headers["Request-Id"] = f"req_{new_word(14)}"
        return response

    def _room(self, request: Request) -> Room:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key.startswith("sk_test_"):
            raise Fault(401, "invalid_request_error", "Invalid API Key provided: ****")
        platform = Room(self.state, key, "")
        account = request.headers.get("Stripe-Account", "")
        if account:
            with self.state.change():
                if platform.find(account, "account") is None and not account.startswith(accounts.READY_FROM_THE_START):
                    raise Fault(403, "invalid_request_error", f"The provided key does not have access to account '{account}'.", "account_invalid")
                accounts.find(platform, account)
        return Room(self.state, key, account)

    def _once(self, room: Room, request: Request, path: str, asked: dict) -> tuple[int, dict]:
        word = request.headers.get("Idempotency-Key", "")
        if request.method != "POST" or not word:
            return self._answer(room, request.method, path, asked)
        kept = self._kept(room, word, wanted := json.dumps([path, asked], sort_keys=True))
        if kept is None:
            kept = self._answer(room, request.method, path, asked)
            row = (room.key, room.account, word, wanted, kept[0], json.dumps(kept[1]), room.now)
            if kept[0] != 400 or "code" not in kept[1]["error"] or not kept[1]["error"]["code"].startswith("parameter_"):
                self.state.rows.execute("insert or replace into answer values (?, ?, ?, ?, ?, ?, ?)", row)
        self._lose(room, request, kept[1])
        return kept

    def _kept(self, room: Room, word: str, wanted: str) -> tuple[int, dict] | None:
        query = "select asked, status, body from answer where key = ? and account = ? and word = ? and at > ?"
        row = self.state.rows.execute(query, (room.key, room.account, word, room.now - KEYS_HELD)).fetchone()
        if row is None:
            return None
        if row[0] != wanted:
            raise Fault(400, "idempotency_error", "Keys for idempotent requests can only be used with the same parameters they were first used with.")
        return row[1], json.loads(row[2])

    def _lose(self, room: Room, request: Request, body: dict) -> None:
        method = room.find(body.get("payment_method") or "", "payment_method") if body.get("object") == "payment_intent" else None
        if method and not known_by(method).answers:
            request.environ["stand_in.hang_up"] = True

    def _answer(self, room: Room, method: str, path: str, asked: dict) -> tuple[int, dict]:
        try:
            found = self._do(room, method, path, asked)
        except Fault as fault:
            return fault.status, fault.body
        for way in asked.get("expand", []):
            _expand(room, found, way.split("."))
        return 200, found

    def _do(self, room: Room, method: str, path: str, asked: dict) -> dict:
        place, reference, act = parts(path)
        if method == "GET":
            return self._retrieve(room, place, reference, asked) if reference else _list(room, place, asked)
        if not reference and place in CREATE:
            types, create = CREATE[place]
            return create(room, check(asked, types))
        if reference and (place, act) in ACT:
            types, do = ACT[place, act]
            return do(room, room.get(reference, KIND[place]), check(asked, types))
        raise Fault(404, "invalid_request_error", f"Unrecognized request URL ({method}: /v1/{path}).")

    def _retrieve(self, room: Room, place: str, reference: str, asked: dict) -> dict:
        if place == "customers" and reference.endswith("/payment_methods"):
            customer = room.get(reference.partition("/")[0], "customer")
            types = "_customer_payment_method_list_params.CustomerPaymentMethodListParams"
            return _page(room, "payment_methods", check(asked, types) | {"customer": customer["id"]})
        check(asked, types_of(place, "retrieve"))
        return accounts.find(room, reference) if place == "accounts" else room.get(reference, KIND[place])


def parts(path: str) -> tuple[str, str, str]:
    """What a path is about: the kind of thing, which one, and what is to be done with it."""
    place = next((name for name in [*KIND, "account_links"] if path == name or path.startswith(f"{name}/")), None)
    if place is None:
        raise Fault(404, "invalid_request_error", f"Unrecognized request URL (/v1/{path}).")
    reference = path.removeprefix(place).strip("/")
    first, _, act = reference.partition("/")
    return (place, reference, "") if act == "payment_methods" else (place, first, act)


def _list(room: Room, place: str, asked: dict) -> dict:
    if place == "accounts" and not asked:
        raise missing("account", "")
    return _page(room, place, check(asked, types_of(place, "list")))


def _page(room: Room, place: str, asked: dict) -> dict:
    """A page of a list, the newest first."""
    found = room.all(KIND[place])
    for name in _FILTERS:
        if name in asked:
            found = [thing for thing in found if thing.get(name) == asked[name]]
    found = [thing for thing in found if _is_made(thing["created"], asked.get("created", {}))]
    references = [thing["id"] for thing in found]
    if asked.get("starting_after"):
        if asked["starting_after"] not in references:
            raise wrong(f"No such object: '{asked['starting_after']}'", "starting_after", "resource_missing")
        found = found[references.index(asked["starting_after"]) + 1 :]
    limit = asked.get("limit", 10)
    if not 1 <= limit <= 100:
        raise wrong("This value must be between 1 and 100 (inclusive).", "limit", "parameter_invalid_integer")
    return {"object": "list", "url": f"/v1/{place}", "has_more": len(found) > limit, "data": found[:limit]}


def _is_made(created: int, when) -> bool:
    if isinstance(when, int):
        return created == when
    tests = {"gt": created.__gt__, "gte": created.__ge__, "lt": created.__lt__, "lte": created.__le__}
    return all(tests[name](limit) for name, limit in when.items())


def _expand(room: Room, thing, way: list[str]) -> None:
    if isinstance(thing, list):
        for each in thing:
            _expand(room, each, way)
        return
    first, *rest = way
    if not isinstance(thing, dict) or first not in thing:
        raise wrong(f"This property cannot be expanded ({first}).", "expand")
    if isinstance(thing[first], str):
        thing[first] = room.find(thing[first]) or thing[first]
    if rest and thing[first] is not None:
        _expand(room, thing[first], rest)
