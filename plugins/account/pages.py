"""What the Account pages have in common."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound

from plugins.account.gateway import PaymentGateway, gateway_for

PAY = "account.pay"


def open_gateway(request, person) -> PaymentGateway | None:
    """The gateway that the Pay page can use for this person; None when the office takes no payments in the portal."""
    tenant = request.tenant_of(person)
    gateway = gateway_for(request.registry, tenant) if PAY not in tenant.acts_off else None
    return gateway if gateway and gateway.card_form else None


def may_pay(request, person) -> bool:
    """Whether the office takes payments here, and this account may make one for this person."""
    return request.may(person, PAY) and open_gateway(request, person) is not None


def id_in_address(request, name: str) -> UUID:
    """An id of the address; what is none is not found."""
    try:
        return UUID(request.matchdict[name])
    except ValueError:
        raise HTTPNotFound() from None


def page_number(request) -> int:
    """The page of a list, from 1; what is none is not found."""
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) >= 1):
        raise HTTPNotFound()
    return int(text)
