"""The pages on which people see who may see a record, give access to it, and end it."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, create_model
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import standing
from core.auth.email_change import check_email
from core.auth.entering import need_proof
from core.auth.realms import OWN
from core.people import offers, sharing
from core.people.giving import Day, Giver, giver_of
from core.people.models import Grant
from core.people.names import LONGEST, check_name
from core.web.forms import Form, begun_form, read_form

TOO_FAR = timedelta(days=366 * 50)
NO_TAB = "Choose at least one tab that this person may see."


class GiveForm(BaseModel):
    """Whom access is offered to, and for how long; a field for each tab comes to it."""

    name: Annotated[str, AfterValidator(check_name)] = Field(max_length=LONGEST)
    email: Annotated[str, AfterValidator(check_email)] = Field(title="E-mail address")
    relation: Literal[tuple(offers.RELATIONS)] = Field(json_schema_extra={"missing": "Choose who this person is."})  # type: ignore[valid-type]
    until: date | None = Field(None, title="day on which it ends")


class Choice(NamedTuple):
    """A tab that can be given; `levels` are "none", "see" and, where there is something to do, "act"."""

    field: str
    plugin: str
    title: str
    levels: tuple[str, ...]


def day_of(request) -> Day:
    """Today on the practice's calendar."""
    whole = request.whole_tenant
    return Day(request.now, request.now.astimezone(whole.time_zone).date(), whole.settings["portal.adult_age"])


def _giver(request) -> Giver:
    """Whoever is signed in, as somebody who has a say in the record in view. Raises HTTPForbidden."""
    giver = giver_of(request.db, request.practice_id, request.identity.account_id, request.person.id, day_of(request))
    if giver is None:
        raise HTTPForbidden()
    return giver


@view_config(route_name="portal.grants", permission=OWN, request_method="GET", renderer="grants.jinja2")
def grants_page(request):
    """Who may see the record in view, who could, and what is offered."""
    giver = _giver(request)
    holders = standing.holders(request.db, request.practice_id, request.person.id)
    found = offers.waiting(request.db, request.practice_id, request.person.id, request.now)
    titles, zone = request.titles_of(request.person), request.whole_tenant.time_zone
    request.audit("portal.grants.view", request.person.id)
    return {
        "giver": giver,
        "shares": sharing.current(holders, request.now, titles, zone),
        "former": sharing.former(holders, request.now, titles),
        "waiting": [(one, sharing.offered(one.offer, titles)) for one in found],
        "me": request.identity.account_id,
    }


@view_config(route_name="portal.grants", permission=OWN, request_method="POST")
def change_offer(request):
    """Send an offer again, or withdraw it."""
    need_proof(request)
    giver, wanted = _giver(request), request.POST.get("send") or request.POST.get("withdraw") or ""
    offer = offers.find_waiting(request.db, request.practice_id, request.person.id, uuid_of(wanted))
    if offer is None or giver.hindrance:
        raise HTTPNotFound()
    if request.POST.get("send"):
        offers.send(request.db, request.registry.limiter, offer, request.now, _lives(request))
        request.session.flash("A new link is on its way. The one from before opens nothing any more.")
    else:
        offers.withdraw(request.db, offer, request.now)
        request.session.flash("The offer is withdrawn. Its link opens nothing any more.")
    request.audit("portal.grant.send" if request.POST.get("send") else "portal.grant.withdraw", request.person.id, offer.id)
    return HTTPSeeOther(request.route_path("portal.grants"))


@view_config(route_name="portal.grant_give", permission=OWN, request_method="GET", renderer="grant_give.jinja2")
def give_page(request):
    """Ask whom, what and how long."""
    need_proof(request)
    return _give(request, _giver(request), begun_form(request))


@view_config(route_name="portal.grant_give", permission=OWN, request_method="POST", renderer="grant_give.jinja2")
def give(request):
    """Offer access by mail."""
    giver = _giver(request)
    choices = _choices(request, giver)
    schema = _schema(choices)
    need_proof(request, keep=schema)
    form = read_form(request, schema)
    offer = _offer(request, giver, form, choices) if form.data else None
    if offer is None:
        request.response.status = "422 Unprocessable Content"
        return _give(request, giver, form)
    request.audit("portal.grant.offer", request.person.id, offer.id)
    request.session.flash(f"We have sent a link to {offer.email}. Tell {offer.name} that it comes from us, and that the birthdate is asked for.")
    return HTTPSeeOther(request.route_path("portal.grants"))


def _offer(request, giver: Giver, form: Form, choices: list[Choice]):
    """The offer, or None with what is wrong said in the form. Raises TooManyAttempts."""
    typed: Any = form.data
    levels = {choice.plugin: getattr(typed, choice.field) for choice in choices}
    rights = frozenset(f"{plugin}.{level}" for plugin, level in levels.items() if level != "none")
    if not rights:
        form.refuse(NO_TAB)
    today = day_of(request).today
    if typed.until and not today < typed.until <= today + TOO_FAR:
        form.refuse("Choose a day that is still to come, within the next fifty years.", "until")
    if form.errors:
        return None
    wanted = offers.Offered(typed.name, typed.email, typed.relation, rights, _midnight(request, typed.until))
    try:
        return offers.make(request.db, request.registry.limiter, giver, wanted, request.now, _lives(request))
    except offers.CannotGive as refusal:
        form.refuse(str(refusal))
        return None


def _give(request, giver: Giver, form: Form) -> dict:
    return {"form": form, "giver": giver, "choices": _choices(request, giver), "relations": list(offers.RELATIONS.items())}


def _choices(request, giver: Giver) -> list[Choice]:
    """The tabs that are on for this person and that the giver has, with what can be given of each."""
    acts = {name for name, permissions in request.registry.plugins.permissions.items() if any(one.acts for one in permissions)}
    return [
        Choice(f"tab_{plugin}", plugin, title, ("none", "see", "act") if plugin in acts else ("none", "see"))
        for plugin, title in request.titles_of(request.person).items()
        if giver.most(f"{plugin}.see", None, request.now)[0]
    ]


def _schema(choices: list[Choice]) -> type[GiveForm]:
    fields: dict[str, Any] = {choice.field: (Literal[choice.levels], Field("none", title=choice.title)) for choice in choices}
    return create_model("GiveTabsForm", __base__=GiveForm, **fields)


@view_config(route_name="portal.grant_end", permission=OWN, request_method="GET", renderer="grant_end.jinja2")
def end_page(request):
    """Ask whether the access is to end."""
    need_proof(request)
    grant = _grant(request)
    names = standing.names_of(request.db, request.practice_id, [grant.account_id])
    return {"is_mine": grant.account_id == request.identity.account_id, "who": names[grant.account_id], "whose": _whose(request, grant)}


@view_config(route_name="portal.grant_end", permission=OWN, request_method="POST")
def end(request):
    """End it."""
    need_proof(request)
    grant = _grant(request)
    is_mine = grant.account_id == request.identity.account_id
    offers.end(request.db, grant, request.identity.account_id, request.now)
    request.audit("portal.grant.end", grant.patient_id, grant.id)
    request.session.flash("You have given this access up." if is_mine else "The access has ended.")
    return HTTPSeeOther(request.route_path("portal.family" if is_mine else "portal.grants"))


def _grant(request) -> Grant:
    """The grant in the address, if this account may end it. Raises HTTPNotFound."""
    try:
        return offers.find_grant(request.db, request.practice_id, uuid_of(request.matchdict["grant_id"]), request.identity.account_id, day_of(request))
    except offers.NoSuchGrant:
        raise HTTPNotFound() from None


def _whose(request, grant: Grant):
    return next((person for person in request.identity.people if person.id == grant.patient_id), request.person)


def _lives(request) -> timedelta:
    return timedelta(days=request.whole_tenant.settings["portal.invitation_days"])


def _midnight(request, day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=request.whole_tenant.time_zone) if day else None


def uuid_of(text: str) -> UUID:
    """An id that a form or an address holds. Raises HTTPNotFound."""
    try:
        return UUID(text)
    except (ValueError, AttributeError):
        raise HTTPNotFound() from None


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("portal.grants", "/family/access")
    config.add_route("portal.grant_give", "/family/access/give")
    config.add_route("portal.grant_end", "/family/access/end/{grant_id}")
    config.scan("core.people.access_views")
