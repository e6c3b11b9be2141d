"""Where patients find the portal: the short address, what becomes of the one before, and the overview of all."""

from pydantic import BaseModel, Field, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import second
from core.auth.entering import need_proof
from core.auth.limits import Count, windows
from core.auth.models import Account
from core.web.forms import Form, Line, begun_form, read_form
from tenants.addresses import domains, history, names, sender, slugs, words
from tenants.console.saving import author

CHANGE = "office.addresses.change"
MOVES = windows("5 per 1 day")
ONLY_PASSKEY = "Your passkey works at the present address only. Set up an authenticator app under Profile and security first, else you could not sign in at the new address."


class SlugForm(BaseModel):
    """The short address that is wanted."""

    slug: Line = Field(title="Short address", max_length=63)

    @field_validator("slug")
    @classmethod
    def _in_small_letters(cls, slug: str) -> str:
        return slug.lower()


@view_config(route_name="office.addresses", permission=CHANGE, request_method="GET", renderer="console/addresses.jinja2")
def addresses_page(request):
    """The addresses of the portal."""
    return addresses(request, begun_form(request, slug=request.whole_tenant.slug))


@view_config(route_name="office.addresses.move", permission=CHANGE, request_method="POST", renderer="console/addresses.jinja2")
def move(request):
    """Take another short address. Nothing leads there by itself: a browser lets no form lead to another address."""
    need_whole_practice(request)
    need_proof(request, request.route_path("office.addresses"), keep=SlugForm)
    form = read_form(request, SlugForm)
    is_new = form.data is not None and _move(request, form, form.data.slug)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return addresses(request, form)
    if _has_main_domain(request):
        request.session.flash("The short address is changed. It leads to your main address.")
        return HTTPSeeOther(request.route_path("office.addresses"))
    return moved(request, f"{form.data.slug}.{request.registry.portal.base_domain}", is_new)


def moved(request, host: str, is_new: bool) -> dict:
    """Say where the portal is from now on, in place of leading there."""
    request.override_renderer = "console/addresses_moved.jinja2"
    return {"is_new": is_new, "address": request.registry.portal.address(host)}


def need_whole_practice(request) -> None:
    """Addresses are those of the whole practice: who works at some of its clinics changes none. Raises HTTPNotFound."""
    if request.identity.clinic_ids:
        raise HTTPNotFound()


def _move(request, form: Form, slug: str) -> bool:
    """Whether the practice has the address from now on and did not before; the form says why not."""
    if slug == request.whole_tenant.slug:
        return False
    if not _has_main_domain(request) and not can_sign_in_at(request, f"{slug}.{request.registry.portal.base_domain}"):
        form.refuse(ONLY_PASSKEY)
        return False
    request.registry.limiter.take(request.now, Count(MOVES, request.practice_id, "office.addresses.move"))
    try:
        return slugs.move(request.db, request.practice_id, slug, author(request), request.now)
    except slugs.CannotTake as refusal:
        form.refuse(str(refusal), "slug")
        return False


def _has_main_domain(request) -> bool:
    tenant = request.whole_tenant
    return tenant.host != f"{tenant.slug}.{request.registry.portal.base_domain}"


def can_sign_in_at(request, host: str) -> bool:
    """Whether who is signed in finds a way in at another address, too, or would set one up there; recovery codes are for an emergency."""
    account = request.db.get_one(Account, (request.practice_id, request.identity.account_id))
    return bool(set(second.ways_of(request.db, account, host)) - {second.RECOVERY}) or not second.has_factor(request.db, account)


def addresses(request, form: Form) -> dict:
    """What the page shows."""
    portal, practice_id = request.registry.portal, request.practice_id
    own = [(one, names.readable(one.host), words.of_domain(one)) for one in domains.domains(request.db, practice_id)]
    values = {"form": form, "address": portal.address, "base_domain": portal.base_domain, "domains": own, "most": domains.MOST}
    form.values.setdefault("slug", request.whole_tenant.slug)
    values |= {"former": slugs.former(request.db, practice_id), "changes": history.latest(request.db, practice_id), "acts": history.ACTS}
    mails = sender.sender(request.db, practice_id)
    values |= {"sender": mails, "sender_state": words.of_sender(mails) if mails else None, "mail_from": portal.mail_from}
    return {**values, "may_change": not request.identity.clinic_ids, "main": request.whole_tenant.host}


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.addresses", "/office/addresses")
    config.add_route("office.addresses.move", "/office/addresses/short")
    config.scan("tenants.console.addresses")
