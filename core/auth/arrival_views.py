"""The pages on which somebody arrives from another office: to tie the two accounts, or to go in.

Two accounts are tied in three steps in one browser: asked for here, agreed to there, made here. So nobody can have a stranger agree
by a link that was sent to them: the last step opens for the account that asked, and for no other. Whoever goes in presses a button
that says as whom: a link alone signs nobody in.
"""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import hand_over, offices, second
from core.auth.entering import enter, need_proof, needs_second
from core.auth.models import Account
from core.auth.offices_views import holder
from core.auth.realms import OWN, PERSON
from core.auth.tickets import BadTicket
from core.tasks import enqueue
from core.web.errors import Trouble, error_response
from core.web.headers import let_forms_lead_to

GONE = Trouble(
    404, "This link can’t be used", "Each one works once, and for a short time. Go back to the other office’s portal and begin again there."
)
TWICE = Trouble(
    409,
    "These accounts can’t be linked",
    "One office would be on your list with two accounts. Take it off at one of your offices, then try again.",
)
HERE = "For your safety, please sign in here yourself this time."


@view_config(route_name="auth.offices_link", permission=OWN, request_method="GET", renderer="offices_link.jinja2")
def link_page(request):
    """Ask whether the two accounts are to be tied; looking uses nothing up."""
    try:
        arrival = hand_over.look_at_link(request.db, holder(request), request.matchdict["token"], request.now)
    except BadTicket:
        return error_response(request, GONE)
    need_proof(request)
    other = request.registry.tenants.current(arrival.sender.practice_id)
    let_forms_lead_to(request, [request.registry.portal.address(other.host)])
    return {"office": other.practice_name, "is_last": arrival.kind == hand_over.ANSWER}


@view_config(route_name="auth.offices_link", permission=OWN, request_method="POST")
def link(request):
    """Agree, which leads back to the office where it began; there, tie the two."""
    need_proof(request)
    offices.hold(request.db)
    try:
        arrival = hand_over.use_link(request.db, holder(request), request.matchdict["token"], request.now)
    except BadTicket:
        return error_response(request, GONE)
    return _tie(request, arrival) if arrival.kind == hand_over.ANSWER else _agree(request, arrival)


def _agree(request, arrival: hand_over.Arrival) -> HTTPSeeOther:
    since = request.visitor.row.created_at
    token = hand_over.give(request.db, hand_over.ANSWER, holder(request), *arrival.sender, since, request.now)
    request.audit("auth.offices.agree")
    host = request.registry.tenants.current(arrival.sender.practice_id).host
    return HTTPSeeOther(f"{request.registry.portal.address(host)}/profile/offices/link/{token}")


def _tie(request, arrival: hand_over.Arrival):
    mine = holder(request)
    try:
        tied = offices.join(request.db, mine, arrival.sender, request.now)
    except offices.TwoAccountsAtOneOffice:
        return error_response(request, TWICE)
    if tied:
        request.audit("auth.offices.link")
        enqueue(request.db, "auth.tell_of_change", account_id=str(mine.account_id), change="offices")
    for other in tied:
        offices.tell(request.db, other, "link")
    request.session.flash("Your accounts are linked.")
    return HTTPSeeOther(request.route_path("auth.offices"))


@view_config(route_name="auth.offices_enter", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="offices_enter.jinja2")
def entry_page(request):
    """A button that says who would go in; whoever is in already goes on."""
    try:
        account = _account(request, hand_over.look_at_entry(request.db, request.practice_id, request.matchdict["token"], request.now))
    except BadTicket:
        return error_response(request, GONE)
    if request.identity and request.identity.account_id == account.id:
        return HTTPSeeOther(request.route_path("portal.home"))
    return {"user_name": account.user_name}


@view_config(route_name="auth.offices_enter", permission=NO_PERMISSION_REQUIRED, request_method="POST")
def go_in(request):
    """Go in. The second factor of this office is asked for here: what was proven at the other one does not count."""
    try:
        arrival = hand_over.use_entry(request.db, request.practice_id, request.matchdict["token"], request.now)
        account = _account(request, arrival)
    except BadTicket:
        return error_response(request, GONE)
    if _is_unfinished(request, account):
        request.session.flash(HERE)
        return HTTPSeeOther(request.route_path("auth.sign_in"))
    request.audit_of(account.id, "auth.offices.enter")
    return enter(request, account, since=arrival.signed_in_at)


def _account(request, arrival: hand_over.Arrival) -> Account:
    """The account that would go in. Raises BadTicket when there is none any more."""
    account = request.db.get(Account, (request.practice_id, arrival.account_id))
    if account is None or account.closed_at or account.kind != PERSON:
        raise BadTicket
    return account


def _is_unfinished(request, account: Account) -> bool:
    """Whether a password or a second factor is still to be set up: by somebody who has proven this account's password, and nobody else."""
    return account.is_first or (needs_second(request, account) and not second.has_factor(request.db, account))


def includeme(config) -> None:
    """Add the addresses."""
    config.add_route("auth.offices_link", "/profile/offices/link/{token}")
    config.add_route("auth.offices_enter", "/sign-in/over/{token}")
    config.scan("core.auth.arrival_views")
