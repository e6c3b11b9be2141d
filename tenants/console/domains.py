"""The practice's own domains: asking for one, the records to set, looking at once, the main address, giving one up."""

from pydantic import BaseModel, Field, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import exception_view_config, view_config

from core.auth.entering import need_proof
from core.auth.limits import Count, windows
from core.web.errors import not_found
from core.web.forms import Line, empty_form, read_form
from tenants.addresses import certificate, checking, domains, names, words
from tenants.addresses.models import Domain
from tenants.console.addresses import CHANGE, ONLY_PASSKEY, addresses, can_sign_in_at, moved, need_whole_practice
from tenants.console.patients import id_in_path
from tenants.console.saving import author

LOOKS = windows("10 per 10 minutes; 60 per 1 day")
ADDS = windows("20 per 1 day")
NO_CERTIFICATE = "Browsers find no certificate at this domain yet, so patients could not get in. Check again in a few minutes."


class DomainForm(BaseModel):
    """A domain of the practice's own."""

    domain: Line = Field(title="Domain", max_length=260)

    @field_validator("domain")
    @classmethod
    def _is_one(cls, typed: str) -> str:
        return names.parse(typed)


@exception_view_config(domains.NoSuchDomain)
def no_such_domain(request):
    """What is not there is not found."""
    return not_found(request)


@view_config(route_name="office.addresses.domains", permission=CHANGE, request_method="POST", renderer="console/addresses.jinja2")
def add(request):
    """Ask for a domain."""
    need_whole_practice(request)
    form = read_form(request, DomainForm)
    if form.data:
        request.registry.limiter.take(request.now, Count(ADDS, request.practice_id, "office.addresses.domains"))
        try:
            made = domains.add(request.db, request.registry.portal, request.practice_id, form.data.domain, author(request), request.now)
        except domains.CannotAdd as refusal:
            form.refuse(str(refusal), "domain")
        else:
            return HTTPSeeOther(request.route_path("office.addresses.domain", id=made.id))
    request.response.status = "422 Unprocessable Content"
    return addresses(request, form)


@view_config(route_name="office.addresses.domain", permission=CHANGE, request_method="GET", renderer="console/domain.jinja2")
def domain_page(request):
    """One domain with the records to set, and how they are."""
    return _values(request, _row(request))


@view_config(route_name="office.addresses.look", permission=CHANGE, request_method="POST")
def look(request):
    """Look at the domain now."""
    row = _row(request)
    request.registry.limiter.take(request.now, Count(LOOKS, request.practice_id, "office.addresses.look"))
    found = domains.look(request.registry.names, request.registry.portal, row)
    domains.settle(request.db, _row(request, hold=True), found, request.now)
    request.session.flash("We have looked just now.")
    is_kept = row in request.db and row not in request.db.deleted
    return HTTPSeeOther(request.route_path("office.addresses.domain", id=row.id) if is_kept else request.route_path("office.addresses"))


@view_config(route_name="office.addresses.primary", permission=CHANGE, request_method="POST", renderer="console/domain.jinja2")
def make_primary(request):
    """Have mails and links use this domain, and every other address lead to it."""
    row = _row(request)
    need_proof(request, request.route_path("office.addresses.domain", id=row.id))
    if refusal := _cannot_lead(request, row):
        request.response.status = "422 Unprocessable Content"
        return _values(request, row, refusal)
    is_new = domains.make_primary(request.db, request.practice_id, row.id, author(request), request.now)
    return moved(request, row.host, is_new)


@view_config(route_name="office.addresses.short_again", permission=CHANGE, request_method="POST", renderer="console/addresses.jinja2")
def use_short_again(request):
    """Let the short address count again; the domains serve beside it."""
    need_whole_practice(request)
    need_proof(request, request.route_path("office.addresses"))
    host = f"{request.whole_tenant.slug}.{request.registry.portal.base_domain}"
    if not can_sign_in_at(request, host):
        form = empty_form(slug=request.whole_tenant.slug)
        form.refuse(ONLY_PASSKEY)
        request.response.status = "422 Unprocessable Content"
        return addresses(request, form)
    return moved(request, host, domains.make_primary(request.db, request.practice_id, None, author(request), request.now))


@view_config(route_name="office.addresses.remove", permission=CHANGE, request_method="POST")
def remove(request):
    """Give a domain up; the main address is given up by choosing another one first."""
    row = _row(request, hold=True)
    need_proof(request, request.route_path("office.addresses.domain", id=row.id))
    if row.is_primary:
        raise HTTPNotFound()
    domains.remove(request.db, row, author(request), request.now)
    request.session.flash(f"{names.readable(row.host)} is removed.")
    return HTTPSeeOther(request.route_path("office.addresses"))


def _row(request, hold: bool = False) -> Domain:
    """Whose page it is. Raises NoSuchDomain."""
    need_whole_practice(request)
    return domains.domain(request.db, request.practice_id, id_in_path(request), hold)


def _cannot_lead(request, row: Domain) -> str:
    """Why this cannot be the main address, or nothing."""
    if row.verified_at is None or row.failing_since:
        return "This domain is not verified. Set its records first."
    if request.registry.portal.secure and row.certificate.get("state") != certificate.READY:
        return NO_CERTIFICATE
    return "" if can_sign_in_at(request, row.host) else ONLY_PASSKEY


def _values(request, row: Domain, refusal: str = "") -> dict:
    portal, form = request.registry.portal, empty_form()
    if refusal:
        form.refuse(refusal)
    found = {record["kind"]: record for record in row.records.get("records", ())}
    return {
        "form": form,
        "domain": row,
        "readable": names.readable(row.host),
        "address": portal.address(row.host),
        "state": words.of_domain(row),
        "lost_at": words.lost_at(row),
        "records": [(kind, name, value, found.get(kind, {}), words.of_record(found.get(kind, {}).get("state", ""))) for kind, name, value in _wanted(row, portal)],
        "bare": portal.target_addresses,
        "certificate": words.of_certificate(row.certificate, request.now) if portal.secure and row.verified_at else None,
    }


def _wanted(row: Domain, portal) -> list[tuple[str, str, str]]:
    """The records to set: kind, name and value."""
    return [("TXT", f"{checking.CHALLENGE}.{row.host}", checking.proof_of(row.token)), ("CNAME", row.host, portal.target_host)]


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.addresses.domains", "/office/addresses/domains")
    config.add_route("office.addresses.short_again", "/office/addresses/short-again")
    config.add_route("office.addresses.domain", "/office/addresses/domains/{id}")
    for act in ("look", "primary", "remove"):
        config.add_route(f"office.addresses.{act}", f"/office/addresses/domains/{{id}}/{act}")
    config.scan("tenants.console.domains")
