"""Where the practice's system is told that changes wait for it: the address, its secret, a test, what was sent last, and who reads the changes."""

from typing import NamedTuple

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.entering import need_proof
from core.auth.limits import Count, windows
from core.plugins import OfficeItem
from core.records import changes
from core.records.api import keys
from core.records.changes import webhooks
from core.records.changes.models import RecordsChangeReader, RecordsWebhook
from core.records.changes.reading import LATE
from core.web.forms import Form, Line, begun_form, read_form
from tenants.console.addresses import need_whole_practice
from tenants.console.keys import CHANGE

MOST_SHOWN = 20
TESTS = windows("10 per 10 minutes; 60 per 1 day")
PAUSED = OfficeItem(
    "office.webhooks.paused", "The webhook is paused", "Your practice system could not be told of changes for a whole day.", "exclamation-triangle", "office.webhooks", CHANGE, webhooks.PAUSED, 6
)
WAITING = OfficeItem(
    "office.webhooks.waiting", "Changes wait for a practice system", "What was done in the portal was not fetched for two days.", "hourglass-split", "office.webhooks", CHANGE, LATE, 7
)


class AddressForm(BaseModel):
    """Where to tell."""

    address: Line = Field(title="Address", max_length=500)


class Reader(NamedTuple):
    """Who reads the changes: its name, how many wait for it, and the row."""

    name: str
    waiting: int
    row: RecordsChangeReader


@view_config(route_name="office.webhooks", permission=CHANGE, request_method="GET", renderer="console/webhooks.jinja2")
def webhook_page(request):
    """How it is."""
    need_whole_practice(request)
    request.audit("office.webhook.view")
    return _values(request, begun_form(request, address=getattr(webhooks.hook_of(request.db, request.practice_id), "address", "")))


@view_config(route_name="office.webhooks", permission=CHANGE, request_method="POST", renderer="console/webhooks.jinja2")
def set_address(request):
    """Tell this address from now on; the first time its secret is shown."""
    need_whole_practice(request)
    need_proof(request, keep=AddressForm)
    form = read_form(request, AddressForm)
    try:
        secret = webhooks.set_address(request.db, request.practice_id, form.data.address, _signing(request), request.now) if form.data else None
    except ValueError as wrong:
        form.refuse(str(wrong), "address")
        secret = None
    if secret is None:
        request.response.status = "422 Unprocessable Content"
        return _values(request, form)
    request.audit("office.webhook.change")
    if secret:
        return _shown(request, secret)
    return _back(request, "The address is changed. Its secret stays as it is.")


@view_config(route_name="office.webhooks.rotate", permission=CHANGE, request_method="POST", renderer="console/webhook_secret.jinja2")
def rotate(request):
    """Another secret, shown this once."""
    hook = _hook(request)
    need_proof(request, request.route_path("office.webhooks"))
    secret = webhooks.rotate(request.db, hook, _signing(request), request.now)
    request.audit("office.webhook.rotate")
    return _shown(request, secret, is_anew=True)


@view_config(route_name="office.webhooks.test", permission=CHANGE, request_method="POST")
def send_test(request):
    """Send a message that says nothing."""
    _hook(request)
    request.registry.limiter.take(request.now, Count(TESTS, request.practice_id, "office.webhooks.test"))
    webhooks.send_test(request.db, request.practice_id, request.now)
    request.audit("office.webhook.test")
    return _back(request, "The test is on its way. Load this page again in a few seconds to see what came of it.")


@view_config(route_name="office.webhooks.resume", permission=CHANGE, request_method="POST")
def resume(request):
    """Tell again of all that waits."""
    webhooks.go_on(request.db, _hook(request))
    request.audit("office.webhook.resume")
    return _back(request, "Your practice system is told again.")


@view_config(route_name="office.webhooks.remove", permission=CHANGE, request_method="POST")
def remove(request):
    """Tell nobody any more."""
    hook = _hook(request)
    need_proof(request, request.route_path("office.webhooks"))
    webhooks.remove(request.db, hook)
    request.audit("office.webhook.remove")
    return _back(request, "Nobody is told any more. Changes can be fetched as before.")


def _hook(request) -> RecordsWebhook:
    need_whole_practice(request)
    hook = webhooks.hook_of(request.db, request.practice_id, hold=True)
    if hook is None:
        raise HTTPNotFound()
    return hook


def _signing(request) -> webhooks.Signing:
    return webhooks.Signing(request.registry.portal.secret_key, request.registry.portal.webhooks_inside)


def _shown(request, secret: str, is_anew: bool = False) -> dict:
    request.override_renderer = "console/webhook_secret.jinja2"
    return {"secret": secret, "is_anew": is_anew}


def _back(request, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path("office.webhooks"))


def _values(request, form: Form) -> dict:
    sent = webhooks.deliveries(request.db, request.practice_id, MOST_SHOWN)
    return {"form": form, "hook": webhooks.hook_of(request.db, request.practice_id), "sent": sent, "readers": _readers(request), "titles": request.registry.change_kinds}


def _readers(request) -> list[Reader]:
    names = {name: plugin.title for name, plugin in request.registry.plugins.plugins.items()}
    names |= {key.reader: key.name for key in keys.of_practice(request.db, request.practice_id)}
    return [Reader(names.get(row.name, row.name), waiting, row) for row, waiting in changes.readers(request.db, request.practice_id)]


def includeme(config) -> None:
    """Add the page, and what waits on it to the first page."""
    config.add_office_item(PAUSED)
    config.add_office_item(WAITING)
    config.add_route("office.webhooks", "/office/webhooks")
    for part in ("rotate", "test", "resume", "remove"):
        config.add_route(f"office.webhooks.{part}", f"/office/webhooks/{part}")
    config.scan("tenants.console.webhooks")
