"""What the stand-in tells those who listen: events, signed as Stripe signs them, sent again with growing delay until they are taken."""

import hashlib
import hmac
import json
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from stripe._api_version import _ApiVersion

from plugins.account.gateway.stand_in.state import Room, State, shown

FIRST_DELAY, LONGEST_DELAY, GIVE_UP_AFTER = 1.0, 3600.0, 40
"""Seconds until an event is sent again, doubled each time; and after how many tries it is left."""


def tell(room: Room, kind: str, thing: dict) -> dict:
    """Something has happened to a thing: an event, for everybody who listens to this account."""
    event = room.add(
        "event",
        "evt",
        type=kind,
        api_version=_ApiVersion.CURRENT,
        data={"object": shown(thing, room.state.address)},
        pending_webhooks=0,
        request={"id": None, "idempotency_key": None},
        **({"account": room.account} if room.account else {}),
    )
    body = json.dumps(event)
    for endpoint in room.platform().all("webhook_endpoint"):
        listens = endpoint["status"] == "enabled" and bool(room.account) == endpoint["connect"]
        if listens and {kind, "*"} & set(endpoint["enabled_events"]):
            room.state.rows.execute(
                "insert into delivery (url, secret, body, at) values (?, ?, ?, ?)", (endpoint["url"], endpoint["secret"], body, room.state.now())
            )
    return event


def signature(body: bytes, secret: str, at: int) -> str:
    """What stands in the header `Stripe-Signature`; https://docs.stripe.com/webhooks#verify-manually"""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


Send = Callable[[str, bytes, str], int]


def send_by_http(url: str, body: bytes, signed: str) -> int:
    """Send an event, and return the status of the answer; 0 when there was none."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signed, "User-Agent": "Stripe/1.0"}
    request = Request(url, body, headers)  # noqa: S310  (an address that whoever runs the stand-in named)
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310  (the same)
            return answer.status
    except HTTPError as refused:
        return refused.code
    except OSError:
        return 0


def deliver(state: State, send: Send = send_by_http, shuffled: Callable[[list], None] | None = None) -> int:
    """Send what is due; returns how many were taken. `shuffled` may change the order."""
    with state.change():
        due = state.rows.execute("select number, url, secret, body, tries from delivery where at <= ? order by number", (state.now(),)).fetchall()
    if shuffled:
        shuffled(due)
    return sum([_deliver(state, send, *one) for one in due])


def _deliver(state: State, send: Send, number: int, url: str, secret: str, text: str, tries: int) -> bool:
    body = text.encode()
    taken = 200 <= send(url, body, signature(body, secret, int(state.now()))) < 300
    with state.change():
        if taken or tries + 1 >= GIVE_UP_AFTER:
            state.rows.execute("delete from delivery where number = ?", (number,))
        else:
            delay = min(FIRST_DELAY * 2**tries, LONGEST_DELAY)
            state.rows.execute("update delivery set at = ?, tries = tries + 1 where number = ?", (state.now() + delay, number))
    return taken
