"""Mails and text messages that did not get through, at the office: to whom, why, and what to do with them."""

from functools import partial
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import deliveries
from core.auth.second_views import typed
from core.db import after_commit
from core.plugins import OfficeItem
from core.tasks import name_of_mail, nudge
from core.web.forms import page_number

SEE, SETTLE = "office.deliveries.see", "office.deliveries.settle"
LAST_PAGE = 200
WAITING = OfficeItem(
    "office.deliveries", "Failed deliveries", "Mails and text messages that did not get through.", "envelope-exclamation", "office.deliveries", SEE, deliveries.HOW_MANY, 60
)


@view_config(route_name="office.deliveries", permission=SEE, request_method="GET", renderer="console/deliveries.jinja2")
def deliveries_page(request):
    """Those that were given up, the newest first, and those that are still being tried."""
    about = (request.db, request.practice_id, request.identity.clinic_ids)
    page = page_number(request, LAST_PAGE)
    failed, more = deliveries.failed(*about, page)
    request.audit("office.deliveries.view")
    return {"failed": failed, "trying": deliveries.trying(*about) if page == 1 else [], "page": page, "more": more, "name_of": name_of_mail}


@view_config(route_name="office.deliveries.again", permission=SETTLE, request_method="POST")
def try_again(request):
    """Try one again, or all that were given up: the address was mended, or the mail server is back."""
    row_id = _id(request) if typed(request, "delivery") else None
    chosen = deliveries.try_again(request.db, request.practice_id, request.identity.clinic_ids, row_id)
    if row_id and not chosen:
        raise HTTPNotFound()
    for one in chosen:
        request.audit("office.delivery.again", target_id=one)
        after_commit(request.db, partial(nudge, str(one), str(request.practice_id)))
    return _done(request, "It is tried again now." if row_id else "All of them are tried again now.")


@view_config(route_name="office.deliveries.dealt", permission=SETTLE, request_method="POST")
def mark_dealt(request):
    """Take one off the list: whoever should have got it was told in another way."""
    chosen = deliveries.deal_with(request.db, request.practice_id, request.identity.clinic_ids, _id(request), request.now)
    if not chosen:
        raise HTTPNotFound()
    request.audit("office.delivery.dealt", target_id=chosen[0])
    return _done(request, "It is off the list.")


def _id(request) -> UUID:
    try:
        return UUID(typed(request, "delivery"))
    except ValueError:
        raise HTTPNotFound() from None


def _done(request, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path("office.deliveries"))


def includeme(config) -> None:
    """Add the pages, and what waits on them to the first page."""
    config.add_office_item(WAITING)
    config.add_route("office.deliveries", "/office/deliveries")
    config.add_route("office.deliveries.again", "/office/deliveries/again")
    config.add_route("office.deliveries.dealt", "/office/deliveries/dealt")
    config.scan("tenants.console.deliveries")
