"""The steps of a payment, as the processes that take them come to them: at each, a process asks at the door whether it may go on.

Nothing of this is in the portal itself: a process of the crash test (`web.py`, `inside.py`) wraps what the portal does anyway, and starts it.
"""

import functools
import os
import re
import socket
import threading
from collections.abc import Callable
from typing import Any

DOOR = "CUSPID_CRASHES_DOOR"
"""Names the socket at which the command of the crash test waits."""

_doing = threading.local()

PAGES = (
    ("POST", r"/account/pay", "paying"),
    ("GET", r"/account/payments/[^/]+", "coming back"),
    ("POST", r"/account/payments/[^/]+/call-off", "calling off"),
    ("POST", r"/account/plans/[^/]+/automatic", "agreeing to automatic payments"),
    ("POST", r"/account/methods", "keeping a card"),
    ("GET", r"/account/methods/back", "coming back with a card"),
    ("GET", r"/account/pay-now/receipts/[^/]+", "a guest coming back"),
    ("POST", r"/account/pay-now/[^/]+", "a guest paying"),
    ("POST", r"/office/account/online/[^/]+/refund", "giving back"),
    ("POST", r"/office/account/online/process", "processing"),
    ("POST", r"/hooks/account/stripe", "hearing of it"),
)
ASKED = ("open_page", "charge", "look_up", "close_page", "call_off", "refund", "new_customer", "open_keeping_page", "methods", "seen_refund", "seen_dispute")
LISTED = ("payments_since", "refunds_since", "disputes_since")
OTHERS_TASKS = {"account.clear_guests", "account.clear_events", "account.tell_of_payments"}


def at(step: str, what: str = "") -> None:
    """A process has come to this step. It goes on once it is told so, or never."""
    what = what or getattr(_doing, "what", "")
    if not what:
        return
    with socket.socket(socket.AF_UNIX) as door:
        try:
            door.connect(os.environ[DOOR])
            door.sendall(f"{what}: {step}\n".encode())
            door.recv(1)
        except OSError:  # the crash test is over
            pass


def during(what: str, do: Callable[[], Any]) -> Any:
    """Do something whose steps are counted by this name."""
    before = getattr(_doing, "what", "")
    _doing.what = what
    try:
        return do()
    finally:
        _doing.what = before


def around(owner: Any, name: str, before: str, after: str) -> None:
    """Let what this function does begin and end with a step."""
    real = getattr(owner, name)

    @functools.wraps(real)
    def wrapped(*arguments, **more):
        if before:
            at(before)
        answer = real(*arguments, **more)
        if after:
            at(after)
        return answer

    setattr(owner, name, wrapped)


def set_in_portal() -> None:
    """The steps that web and worker have in common: what is committed, asked of the card service, taken in, booked, nudged and mailed."""
    from sqlalchemy import event

    from core import mail, tasks
    from core.db import PortalSession
    from plugins.account.gateway.stripe_cards import StripeCardService
    from plugins.account.services import posting, settling

    event.listen(PortalSession, "before_commit", functools.partial(_unless_nested, "before the commit"))
    event.listen(PortalSession, "after_commit", functools.partial(_unless_nested, "after the commit"), insert=True)
    for name in ASKED:
        around(StripeCardService, name, f"before {name}", f"after {name}")
    for name in LISTED:
        around(StripeCardService, name, f"before {name}", "")
    for name in ("take_in", "take_in_refund", "take_in_dispute"):
        around(settling, name, "", f"after {name}")
    around(posting, "_enter", "before an entry", "after an entry")
    around(tasks, "nudge", "before the nudge", "after the nudge")
    around(mail.MailboxMail, "send", "before the mail", "after the mail")


def _unless_nested(step: str, session) -> None:
    if not session.in_nested_transaction():
        at(step)


def in_web(app):
    """A WSGI application whose requests about money are counted."""

    def counted(environ, start_response):
        what = next((name for method, path, name in PAGES if environ["REQUEST_METHOD"] == method and re.fullmatch(path, environ["PATH_INFO"])), "")
        return during(what, lambda: _answered(app, environ, start_response)) if what else app(environ, start_response)

    return counted


def _answered(app, environ, start_response):
    at("the request came")
    answer = list(app(environ, start_response))
    at("before the answer")
    return answer


def set_in_tasks() -> None:
    """The steps of tasks."""
    from core import tasks

    real = tasks.run

    def run(registry, session, row):
        if not row.task.startswith("account.") or row.task in OTHERS_TASKS:
            return real(registry, session, row)
        # Its commit comes when this has returned; the next task gives another name.
        _doing.what = row.task
        at("the row is taken")
        return real(registry, session, row)

    tasks.run = run


def set_in_stand_in() -> None:
    """The steps of the card service: its answers, its pages, its events; each is done before it is answered."""
    from plugins.account.gateway.stand_in import events
    from plugins.account.gateway.stand_in.api import Api
    from plugins.account.gateway.stand_in.pages import Pages

    for kind, word in ((Api, "asked"), (Pages, "a page")):
        _count_requests(kind, word)
    real = events._deliver

    def deliver(*arguments):
        return during("the card service", lambda: _delivered(real, arguments))

    events._deliver = deliver  # type: ignore[assignment]


def _delivered(real, arguments):
    at("before an event")
    taken = real(*arguments)
    at("after an event")
    return taken


def _count_requests(kind: type, word: str) -> None:
    real = kind.__call__

    def answer(self, request):
        if request.method != "POST":
            return real(self, request)
        place = re.sub(r"/(?:[a-z]+_)+[A-Za-z0-9]+", "", request.path_info.removeprefix("/v1/"))
        at(f"before {word} ({place.strip('/')})", "the card service")
        response = real(self, request)
        at(f"after {word} ({place.strip('/')})", "the card service")
        return response

    kind.__call__ = answer  # type: ignore[method-assign]
