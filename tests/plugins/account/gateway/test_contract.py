"""Every request of ours, and every answer of the stand-in, held against what Stripe's library says of them; and every field that leaves us."""

import json
import os
import re
import typing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from secrets import token_hex

import pytest
import stripe
from pydantic import ConfigDict, TypeAdapter

from core.db import uuid7
from plugins.account.gateway.asking import Ask, CardServiceRefused
from plugins.account.gateway.stand_in.api import ACT, CREATE, parts, types_of

BACK = "http://practice.localhost/account/payments/"
LONG_AGO = datetime.now(UTC) - timedelta(days=1)
LISTED = "_customer_payment_method_list_params.CustomerPaymentMethodListParams"


def ask(**more):
    payment = str(uuid7())
    return Ask(payment, 5000, "USD", f"pay:{payment}:1", f"{BACK}{payment}", **more)


def all_that_is_asked(service, payer, stand_in):
    """Everything that the portal can ask of its card service."""
    customer = service.new_customer(str(uuid7()), token_hex(8))
    page = service.open_keeping_page(str(uuid7()), token_hex(8), f"{BACK}methods", customer, ("card", "bank"))
    payer.card(page)
    method = service.kept_on(page.checkout).method.reference
    for number in ("4000000000000002", "4000000000000259", "4000002760003184"):
        page = service.open_page(asked := ask(customer=customer), True, ("card", "bank"))
        payer.card(page, number)
        seen = service.look_up(None, page.checkout, asked.payment, LONG_AGO)
        service.declines(seen.reference)
        service.close_page(page.checkout)
    page = service.open_page(ask(), False, ("bank",))
    payer.bank_account(page, "000111111116")
    stand_in.pass_time(60)
    paid = service.charge(asked := ask(customer=customer), method, payer_is_here=True)
    service.charge(ask(customer=customer), method, payer_is_here=False)
    service.look_up(paid.reference, None, asked.payment, LONG_AGO)
    service.look_up(None, None, str(uuid7()), LONG_AGO)
    refund = service.refund(paid.reference, 1500, str(uuid7()), token_hex(8))
    service.seen_refund(refund.reference)
    service.call_off(paid.reference)
    with pytest.raises(CardServiceRefused):
        service.refund(paid.reference, 5000, str(uuid7()), token_hex(8))
    for found in (service.payments_since(LONG_AGO), service.refunds_since(LONG_AGO), service.balance_since(LONG_AGO)):
        assert list(found)
    (dispute,) = service.disputes_since(LONG_AGO)
    service.seen_dispute(dispute.reference)
    stand_in.decide(dispute.reference, won=True)
    stand_in.pay_out(service.card_account)
    [payout] = service.payouts()
    assert sum(line.amount_cents - line.fee_cents for line in service.lines_of(payout.reference)) == payout.amount_cents
    assert len(service.methods(customer)) == 2
    service.forget_method(method)
    service.account()
    service.onboarding_page(f"{BACK}on", f"{BACK}again")


@pytest.fixture
def heard(service, payer, stand_in, monkeypatch):
    """What went to and fro in all of that."""
    found = []
    monkeypatch.setattr(stand_in.api, "hears", found.append)
    all_that_is_asked(service, payer, stand_in)
    return found


def types_of_request(one) -> str:
    place, reference, act = parts(one.path)
    if reference.endswith("/payment_methods"):
        return LISTED
    if one.method == "GET":
        return types_of(place, "retrieve" if reference else "list")
    return ACT[place, act][0] if act else CREATE[place][0]


def adapter(name: str) -> TypeAdapter:
    """The library's own type, checked by a library that is not the stand-in."""
    module_name, _, word = name.rpartition(".")
    module = import_module(f"stripe.params.{module_name}")
    kind = getattr(module, word)
    kind.__pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    made = TypeAdapter(kind)
    made.rebuild(force=True, _types_namespace={**vars(module), **vars(typing), "StripeContext": stripe.StripeContext})
    return made


def faults(value, hint, place: str) -> list[str]:
    """What is wrong with part of an answer, by an annotation of the library; the values that it lists are all there are."""
    if isinstance(hint, typing.ForwardRef | str):
        hint = getattr(stripe, getattr(hint, "__forward_arg__", hint), typing.Any)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is typing.Any:
        return []
    if origin is typing.Union:
        listed = any(typing.get_origin(option) is typing.Literal for option in inner)
        return min((faults(value, option, place) for option in inner if not (listed and option is str)), key=len)
    if origin is list and isinstance(value, list):
        return [fault for each in value for fault in faults(each, inner[0], f"{place}[]")]
    if origin is None and isinstance(hint, type) and issubclass(hint, stripe.StripeObject):
        return of_class(value, hint, place)
    fits = value in inner if origin is typing.Literal else isinstance(value, dict) and origin is not list if origin else type(value) is hint
    return [] if fits else [f"{place}: {value!r} is no {hint}"]


def of_class(value, kind: type, place: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{place}: no {kind.__name__}"]
    hints = {name: hint for name, hint in kind.__annotations__.items() if typing.get_origin(hint) is not typing.ClassVar and not name.startswith("_")}
    if not hints:
        return []
    may_lack = {name for name, hint in hints.items() if type(None) in typing.get_args(hint)}
    missing = [f"{place}.{name} is missing" for name in hints.keys() - may_lack - value.keys()]
    unknown = [f"{place}.{name} is unknown" for name in value.keys() - hints.keys()]
    return missing + unknown + [fault for name in value.keys() & hints.keys() for fault in faults(value[name], hints[name], f"{place}.{name}")]


CLASSES = {
    "account": stripe.Account, "account_link": stripe.AccountLink, "balance_transaction": stripe.BalanceTransaction, "charge": stripe.Charge, "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer, "dispute": stripe.Dispute, "event": stripe.Event, "payment_intent": stripe.PaymentIntent, "payment_method": stripe.PaymentMethod,
    "payout": stripe.Payout, "refund": stripe.Refund, "setup_intent": stripe.SetupIntent,
}  # fmt: skip


def objects_in(body):
    return body["data"] if body.get("object") == "list" else [body]


def test_every_request_is_one_that_stripes_library_knows(heard):
    made = {}
    for one in heard:
        name = types_of_request(one)
        made.setdefault(name, adapter(name)).validate_python(one.asked)
    assert len(made) > 15


def test_every_answer_is_one_that_stripes_library_knows(heard, stand_in, service):
    wrong, seen = [], set()
    rooms = [room for room in stand_in.state.rooms() if room.account == service.card_account]
    told = [event | {"data": {"object": {}}} for room in rooms for event in room.all("event")]
    for thing in [*(thing for one in heard if one.status == 200 for thing in objects_in(one.body)), *told]:
        seen.add(thing["object"])
        wrong += of_class(thing, CLASSES[thing["object"]], thing["object"])
    assert sorted(set(wrong)) == []
    assert seen | {"charge", "setup_intent"} == set(CLASSES), "those two come within others"


UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
THERE = r"(acct|cus|pm|pi|cs_test|seti|re|du|po)_[A-Za-z0-9]+"
NUMBER, WORDS = r"[0-9]+", r"true|card|us_bank_account|usd|payment|setup|off_session|account_onboarding"
EXPANDED = r"(data\.)?(source|latest_charge|payment_intent\.latest_charge|setup_intent\.payment_method)"


def leaves(value, place=""):
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for name, each in pairs for leaf in leaves(each, f"{place}.{name}")]
    return [(place, value)]


def test_nothing_leaves_us_but_amounts_our_ids_and_the_practices_name(heard, practice, registry):
    name = registry.tenants.current(practice.id).practice_name
    ours = re.compile("|".join(f"(?:{part})" for part in (UUID, THERE, NUMBER, WORDS, EXPANDED, rf"{re.escape(BACK)}({UUID}|methods|on|again)", f"Payment to {re.escape(name)}")))
    found = [(place, value) for one in heard for place, value in leaves(one.asked)]
    assert [leaf for leaf in found if not ours.fullmatch(leaf[1])] == []
    assert len(found) > 100
    # A customer is known by our id alone, and addresses hold references of things there.
    assert [one.asked.keys() for one in heard if one.path == "customers"] == [{"metadata"}]
    assert all(re.fullmatch(rf"[a-z_/]+(/({THERE})(/[a-z_]+)?)?", one.path) for one in heard)


@pytest.mark.skipif(not os.environ.get("CUSPID_STRIPE_SPEC"), reason="CUSPID_STRIPE_SPEC names no file with Stripe's OpenAPI description")
def test_every_request_is_in_stripes_own_description(heard):
    paths = json.loads(Path(os.environ["CUSPID_STRIPE_SPEC"]).read_text())["paths"]
    for one in heard:
        pattern = next(path for path in paths if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", path), f"/v1/{one.path}") and one.method.lower() in paths[path])
        described = paths[pattern][one.method.lower()]
        form = described.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {}).get("schema", {}).get("properties", {})
        assert one.asked.keys() <= form.keys() | {parameter["name"] for parameter in described.get("parameters", [])}, pattern
