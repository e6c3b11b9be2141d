"""My other offices: the list of the accounts that somebody has elsewhere, going over, adding one, taking one off the list."""

from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import hand_over, offices
from core.auth.entering import need_proof
from core.auth.realms import OWN as OWN_ACCOUNT
from core.web.forms import Form, begun_form, read_form
from core.web.headers import let_forms_lead_to
from core.web.request import plain_host

UNKNOWN = "We don’t know an office at this address. Please copy it from that office’s portal: it looks like {example}."
OWN = "This is the office that you are at. Type the address of another one."
LISTED = "This office is on your list already."


class OfficeForm(BaseModel):
    """The address of an office's portal, as people copy or type it."""

    address: str = Field(title="address", max_length=300)


class Office(NamedTuple):
    """Another office as its own patients know it. `id` is that of the link."""

    id: UUID
    practice_id: UUID
    account_id: UUID
    name: str
    host: str
    address: str


@view_config(route_name="auth.offices", permission=OWN_ACCOUNT, request_method="GET", renderer="offices.jinja2")
def offices_page(request):
    """The offices that this account is linked with."""
    found = other_offices(request)
    let_forms_lead_to(request, [office.address for office in found])
    return {"offices": found}


@view_config(route_name="auth.offices_go", permission=OWN_ACCOUNT, request_method="POST")
def go(request):
    """Lead over to another office by a link that is good for a moment."""
    office, mine = _chosen(request), holder(request)
    since = request.visitor.row.created_at
    token = hand_over.give(request.db, hand_over.ENTER, mine, office.practice_id, office.account_id, since, request.now)
    request.audit("auth.offices.go")
    return HTTPSeeOther(f"{office.address}/sign-in/over/{token}")


@view_config(route_name="auth.offices_unlink", permission=OWN_ACCOUNT, request_method="POST")
def unlink(request):
    """Take an office off the list, here and at every other office on it."""
    left = offices.unlink(request.db, holder(request), _chosen(request).id)
    if left is None:
        raise HTTPNotFound()
    offices.tell(request.db, left, "leave")
    request.audit("auth.offices.leave")
    request.session.flash("The office is off your list.")
    return HTTPSeeOther(request.route_path("auth.offices"))


@view_config(route_name="auth.offices_add", permission=OWN_ACCOUNT, request_method="GET", renderer="offices_add.jinja2")
def add_page(request):
    """Ask for the office's address."""
    need_proof(request)
    return {"form": begun_form(request), "office": None}


@view_config(route_name="auth.offices_add", permission=OWN_ACCOUNT, request_method="POST", renderer="offices_add.jinja2")
def add(request):
    """Show the office that was found, with the way there; the account there has to agree."""
    need_proof(request, keep=OfficeForm)
    form = read_form(request, OfficeForm)
    practice_id = _found(request, form, form.data.address) if form.data else None
    if practice_id is None:
        request.response.status = "422 Unprocessable Content"
        return {"form": form, "office": None}
    since = request.visitor.row.created_at
    token = hand_over.give(request.db, hand_over.LINK, holder(request), practice_id, None, since, request.now)
    request.audit("auth.offices.ask")
    tenant = request.registry.tenants.current(practice_id)
    address = request.registry.portal.address(tenant.host)
    return {"form": form, "office": tenant.practice_name, "host": tenant.host, "href": f"{address}/profile/offices/link/{token}"}


def holder(request) -> offices.Holder:
    """The account that is signed in here."""
    return offices.Holder(request.practice_id, request.identity.account_id)


def other_offices(request) -> list[Office]:
    """The other offices of whoever is signed in, in one statement; what they are called is kept in memory."""
    return [_office(request, link) for link in offices.others(request.db, holder(request))]


def _office(request, link: offices.Linked) -> Office:
    tenant = request.registry.tenants.tenant(link.practice_id, None, link.version)
    address = request.registry.portal.address(tenant.host)
    return Office(link.id, link.practice_id, link.account_id, tenant.practice_name, tenant.host, address)


def _chosen(request) -> Office:
    """The office on the list whose button was pressed. Raises HTTPNotFound."""
    found = next((office for office in other_offices(request) if str(office.id) == request.POST.get("office")), None)
    if found is None:
        raise HTTPNotFound()
    return found


def _found(request, form: Form, typed: str) -> UUID | None:
    """The practice at an address, or None with what is wrong said in the form."""
    base = request.registry.portal.base_domain
    host = host_of(typed, base)
    practice_id = request.registry.tenants.practice_at(host) if host and host != base else None
    if practice_id is None:
        form.refuse(UNKNOWN.format(example=f"smile-dental.{base}"), "address")
    elif practice_id == request.practice_id:
        form.refuse(OWN, "address")
    elif any(office.practice_id == practice_id for office in other_offices(request)):
        form.refuse(LISTED, "address")
    return None if form.errors else practice_id


def host_of(typed: str, base_domain: str) -> str:
    """The host name in what somebody typed: a whole address, a host name, or only its first word; nothing when there is none in it."""
    name = typed.strip().rpartition("://")[2]
    for mark in "/?#":
        name = name.partition(mark)[0]
    name = plain_host(name.partition(":")[0].rstrip("."))
    return f"{name}.{base_domain}" if name and "." not in name else name


def includeme(config) -> None:
    """Add the addresses, and the task behind them."""
    from core.auth import offices_tasks  # noqa: F401  (declares it)

    config.add_route("auth.offices", "/profile/offices")
    config.add_route("auth.offices_add", "/profile/offices/add")
    config.add_route("auth.offices_go", "/profile/offices/go")
    config.add_route("auth.offices_unlink", "/profile/offices/unlink")
    config.scan("core.auth.offices_views")
