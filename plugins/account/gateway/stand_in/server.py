"""The stand-in as a server on loopback: in a thread for tests, in a process of its own for the demo."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time

from webob import Request, Response
from webob.exc import HTTPForbidden, HTTPRequestEntityTooLarge

from core.local.stand_ins import hang_up, serving
from plugins.account.gateway.stand_in import accounts, checkout, disputes, events, money
from plugins.account.gateway.stand_in.api import Api
from plugins.account.gateway.stand_in.pages import Pages
from plugins.account.gateway.stand_in.state import Room, State, new_word

STAND_IN_KEY = "sk_test_stand_in"
"""The platform's key where none is set."""
LARGEST_BODY = 100_000
_LOCAL = re.compile(r"(localhost|[a-z0-9-]+\.localhost|127\.0\.0\.1)(:\d+)?")


class StandIn:
    """The stand-in: its state, its API, its pages, and what it does as time goes by."""

    def __init__(self, address: str, file: Path | None = None):
        self.ahead = 0.0
        self.address = address
        self.state = State(address, file, lambda: time() + self.ahead)
        self.api, self.pages = Api(self.state), Pages(self.state)
        self.away = False
        """Whether nobody answers, as in an outage; for tests."""

    def __call__(self, environ, start_response):
        """Answer a request (WSGI)."""
        request = Request(environ)
        response = self._answer(request)
        if environ.get("stand_in.hang_up"):
            hang_up(environ)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if self.away:
            request.environ["stand_in.hang_up"] = True
            return Response()
        if not _LOCAL.fullmatch(request.host):  # a foreign page must not reach us under a name of its own
            return HTTPForbidden()
        if (request.content_length or 0) > LARGEST_BODY:
            return HTTPRequestEntityTooLarge()
        self.work()
        return self.api(request) if request.path_info.startswith("/v1/") else self.pages(request)

    def work(self) -> None:
        """Do what is due by now: bank accounts are debited, pages end, disputes come in, money is paid out."""
        with self.state.change():
            due = self.state.rows.execute("select number, what, id from later where at <= ? order by number", (self.state.now(),)).fetchall()
            for number, what, reference in due:
                self.state.rows.execute("delete from later where number = ?", (number,))
                _do(self.state.room_of(reference), what, reference)

    def pass_time(self, seconds: float) -> None:
        """Let time go by here; for tests."""
        self.ahead += seconds
        self.work()

    def deliver(self, send: events.Send = events.send_by_http, shuffle: random.Random | None = None) -> int:
        """Send the events that are due; returns how many were taken."""
        self.work()
        return events.deliver(self.state, send, shuffle.shuffle if shuffle else None)

    def decide(self, dispute: str, won: bool) -> None:
        """The bank decides a dispute; for tests."""
        with self.state.change():
            room = self.state.room_of(dispute)
            disputes.decided(room, room.get(dispute, "dispute"), won)

    def close(self) -> None:
        """Let go of the file."""
        self.state.close()

    def pay_out(self, account: str, key: str = STAND_IN_KEY) -> None:
        """The balance of an account goes to its bank; for tests."""
        with self.state.change():
            accounts.pay_out(Room(self.state, key, account))

    def listen(self, key: str, url: str, secret: str = "") -> str:
        """Tell an address of everything that happens to connected accounts, once; gives the secret that signs."""
        room = Room(self.state, key, "")
        with self.state.change():
            known = next((one for one in room.all("webhook_endpoint") if one["url"] == url), None)
            fields: dict = {"api_version": None, "application": None, "description": None, "metadata": {}, "connect": True, "enabled_events": ["*"]}
            endpoint = known or room.add("webhook_endpoint", "we", url=url, status="enabled", **fields)
            return room.save(endpoint | {"secret": secret or f"whsec_{new_word(32)}"})["secret"]


def _do(room: Room, what: str, reference: str) -> None:
    thing = room.find(reference)
    if thing is None:
        return
    if what == "debited" and thing["status"] == "processing":
        money.debited(room, thing)
        checkout.settled(room, room.get(reference, "payment_intent"))
    elif what == "page_over" and thing["status"] == "open":
        checkout.expire(room, thing, {})
    elif what in ("refunded", "refund_failed"):
        (money.refunded if what == "refunded" else money.refund_failed)(room, thing)
    elif what == "disputed":
        disputes.disputed(room, thing)
    elif what == "paid_out":
        accounts.paid_out(room, thing)


@contextmanager
def running(port: int = 0, file: Path | None = None) -> Iterator[StandIn]:
    """The stand-in on this port of loopback, or on any free one, while inside. Events are sent only when `deliver` is called."""
    with serving(port, lambda address: StandIn(address, file)) as stand_in:
        yield stand_in
