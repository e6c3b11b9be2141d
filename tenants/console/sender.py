"""The address that the practice's mails come from: which one, what its domain has to say for it, and how that is."""

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.entering import need_proof
from core.auth.limits import Count, windows
from core.web.forms import Form, Line, begun_form, read_form
from tenants.addresses import checking, sender, words
from tenants.addresses.models import MailSender
from tenants.addresses.sender_checking import Relay
from tenants.console.addresses import CHANGE, need_whole_practice
from tenants.console.saving import author

LOOKS = windows("10 per 10 minutes; 60 per 1 day")
CHOICES = windows("20 per 1 day")
TITLES = {"TXT": "To show that the domain is yours", "SPF": "SPF: who may send for it", "DKIM": "DKIM: the key that signs", "DMARC": "DMARC: what becomes of forgeries"}


class SenderForm(BaseModel):
    """A mail address of the practice's own."""

    address: Line = Field(title="Sender address", max_length=254)


@view_config(route_name="office.addresses.sender", permission=CHANGE, request_method="GET", renderer="console/sender.jinja2")
def sender_page(request):
    """The sender, with the records to set, and how they are."""
    need_whole_practice(request)
    return _values(request, begun_form(request))


@view_config(route_name="office.addresses.sender", permission=CHANGE, request_method="POST", renderer="console/sender.jinja2")
def choose(request):
    """Ask for an address."""
    need_whole_practice(request)
    need_proof(request, keep=SenderForm)
    _relay(request)
    form = read_form(request, SenderForm)
    if form.data:
        try:
            address = sender.parse_address(form.data.address, request.registry.portal)
        except sender.CannotSend as refusal:
            form.refuse(str(refusal), "address")
        else:
            request.registry.limiter.take(request.now, Count(CHOICES, request.practice_id, "office.addresses.sender"))
            sender.choose(request.db, request.practice_id, address, author(request), request.now)
            return HTTPSeeOther(request.route_path("office.addresses.sender"))
    request.response.status = "422 Unprocessable Content"
    return _values(request, form)


@view_config(route_name="office.addresses.sender_look", permission=CHANGE, request_method="POST")
def look(request):
    """Look at its records now."""
    row = _row(request)
    request.registry.limiter.take(request.now, Count(LOOKS, request.practice_id, "office.addresses.sender_look"))
    found = sender.look(request.registry.names, _relay(request), row)
    sender.settle(request.db, _row(request, hold=True), found, request.now)
    request.session.flash("We have looked just now.")
    return HTTPSeeOther(request.route_path("office.addresses.sender"))


@view_config(route_name="office.addresses.sender_remove", permission=CHANGE, request_method="POST")
def remove(request):
    """Let mails come from the portal's own address again."""
    _row(request)
    need_proof(request, request.route_path("office.addresses.sender"))
    sender.remove(request.db, request.practice_id, author(request), request.now)
    request.session.flash("Your mails come from the portal’s address again.")
    return HTTPSeeOther(request.route_path("office.addresses.sender"))


def _row(request, hold: bool = False) -> MailSender:
    """The sender that the practice has asked for. Raises HTTPNotFound."""
    need_whole_practice(request)
    row = sender.sender(request.db, request.practice_id, hold)
    if row is None:
        raise HTTPNotFound()
    return row


def _relay(request) -> Relay:
    """What domains have to say of our mail server. Raises HTTPNotFound where the operator has set none up."""
    relay = sender.relay_of(request.registry.portal)
    if relay is None:
        raise HTTPNotFound()
    return relay


def _values(request, form: Form) -> dict:
    row, relay = sender.sender(request.db, request.practice_id), sender.relay_of(request.registry.portal)
    contact = request.whole_tenant.contact
    return {
        "form": form,
        "sender": row,
        "state": words.of_sender(row) if row else None,
        "records": _records(row, relay) if row and relay else [],
        "is_offered": relay is not None,
        "mail_from": request.registry.portal.mail_from,
        "reply_to": contact.email if contact else "",
    }


def _records(row: MailSender, relay: Relay) -> list[tuple]:
    """Each record: its title, type, name and value, what was found, and how it is in words; before the first look as it should be."""
    domain = sender.domain_of(row.address)
    wanted = {
        "TXT": ("TXT", f"{checking.CHALLENGE}.{domain}", checking.proof_of(row.token)),
        "SPF": ("TXT", domain, f"v=spf1 include:{relay.spf} ~all"),
        "DKIM": ("CNAME", f"{relay.selector}._domainkey.{domain}", relay.dkim),
        "DMARC": ("TXT", f"_dmarc.{domain}", "v=DMARC1; p=none"),
    }
    found = {record["kind"]: record for record in row.records.get("records", ())}
    lines = []
    for kind, (type_, name, value) in wanted.items():
        seen = found.get(kind, {})
        [expected] = seen.get("expected", [value])
        lines.append((TITLES[kind], type_, seen.get("name", name), expected, seen, words.of_record(seen.get("state", ""))))
    return lines


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.addresses.sender", "/office/addresses/sender")
    config.add_route("office.addresses.sender_look", "/office/addresses/sender/look")
    config.add_route("office.addresses.sender_remove", "/office/addresses/sender/remove")
    config.scan("tenants.console.sender")
