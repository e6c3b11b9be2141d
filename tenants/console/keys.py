"""Keys by which systems of the practice speak with the portal: made for one purpose, shown once, made anew, revoked."""

from datetime import datetime, time
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import standing
from core.auth.entering import need_proof
from core.records import title_of
from core.records.api import keys
from core.records.api.models import ApiKey
from core.records.kinds import kinds_at
from core.web.forms import Form, Line, begun_form, read_form
from tenants.console.addresses import need_whole_practice
from tenants.console.patients import id_in_path

CHANGE = "office.keys.change"
ALL, SOME, NONE = "all", "some", "none"
OWN, OTHER = "own", "other"


class KeyForm(BaseModel):
    """What a key is for."""

    name: Line = Field(title="What it is for", max_length=80, json_schema_extra={"missing": "Say which system will use it, such as the name of your practice system."})
    sends: Literal["all", "some", "none"] = Field(title="Sends records", json_schema_extra={"missing": "Choose what it may send."})
    kinds: list[str] = Field([], title="Kinds of record", max_length=200)
    system: Literal["own", "other"] = Field("own", title="Whose system it is")
    reads: bool = Field(False, title="Reads changes")
    last_day: Line = Field("", title="Last day", max_length=10)

    @field_validator("last_day")
    @classmethod
    def _is_a_day(cls, day: str) -> str:
        if day:
            try:
                datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007  (a day only)
            except ValueError:
                raise ValueError("This is no day. Write it like 2027-01-31.") from None
        return day


@view_config(route_name="office.keys", permission=CHANGE, request_method="GET", renderer="console/keys.jinja2")
def keys_page(request):
    """The keys that there are."""
    need_whole_practice(request)
    request.audit("office.keys.view")
    found = keys.of_practice(request.db, request.practice_id)
    names = standing.names_of(request.db, request.practice_id, {key.made_by_id for key in found if key.made_by_id})
    rows = [(key, keys.is_right(key, request.now), [title_of(kind) for kind in key.kinds]) for key in found]
    return {"rows": rows, "names": names, "overlap": keys.OVERLAP, "address": request.registry.portal.address(request.whole_tenant.host)}


@view_config(route_name="office.keys.make", permission=CHANGE, request_method="GET", renderer="console/key_make.jinja2")
def make_page(request):
    """Ask what the key is for."""
    need_whole_practice(request)
    need_proof(request)
    return _values(request, begun_form(request, sends=ALL, system=OWN, reads="yes"), set())


@view_config(route_name="office.keys.make", permission=CHANGE, request_method="POST", renderer="console/key_make.jinja2")
def make(request):
    """Make a key, and show it this once."""
    need_whole_practice(request)
    need_proof(request, keep=KeyForm)
    form = read_form(request, KeyForm)
    made = _made(request, form, form.data) if form.data and _can_be_made(request, form, form.data) else None
    if made is None:
        request.response.status = "422 Unprocessable Content"
        return _values(request, form, set(request.POST.getall("kinds")))
    return made


@view_config(route_name="office.keys.make_anew", permission=CHANGE, request_method="POST", renderer="console/key_made.jinja2")
def make_anew(request):
    """Other words for the same key."""
    key = _key(request)
    need_proof(request, request.route_path("office.keys"))
    if not keys.is_right(key, request.now):
        raise HTTPNotFound()
    request.audit("office.key.make_anew", target_id=key.id)
    return _shown(request, key, keys.make_anew(request.db, key, request.now), is_anew=True)


@view_config(route_name="office.keys.revoke", permission=CHANGE, request_method="POST")
def revoke(request):
    """From now on it opens nothing."""
    key = _key(request)
    need_proof(request, request.route_path("office.keys"))
    keys.revoke(request.db, key, request.now, request.identity.account_id)
    request.audit("office.key.revoke", target_id=key.id)
    request.session.flash("The key is revoked: it opens nothing any more.")
    return HTTPSeeOther(request.route_path("office.keys"))


def _key(request) -> ApiKey:
    need_whole_practice(request)
    key = keys.one(request.db, request.practice_id, id_in_path(request))
    if key is None:
        raise HTTPNotFound()
    return key


def _can_be_made(request, form: Form, typed: KeyForm) -> bool:
    """Whether it would open anything; the form says why not."""
    known = kinds_at(request.registry, request.practice_id)
    if typed.sends == NONE and not typed.reads:
        form.refuse("A key that sends nothing and reads nothing is of no use. Choose one of them.", "sends")
    elif typed.sends == SOME and not (typed.kinds and set(typed.kinds) <= known.keys()):
        form.refuse("Choose which kinds of record it may send.", "kinds")
    elif (ends := _end(request, typed)) and ends <= request.now:
        form.refuse("This day is over. Choose a later one, or none.", "last_day")
    return form.data is not None


def _end(request, typed: KeyForm) -> AwareDatetime | None:
    """The end of its last day by the practice's clock."""
    day = datetime.strptime(typed.last_day, "%Y-%m-%d").date() if typed.last_day else None  # noqa: DTZ007
    return datetime.combine(day, time.max, request.whole_tenant.time_zone) if day else None


def _made(request, form: Form, typed: KeyForm) -> dict | None:
    kinds = None if typed.sends == NONE else typed.kinds if typed.sends == SOME else []
    try:
        key, words = keys.make(
            request.db, request.practice_id, typed.name, request.now, request.identity.account_id, kinds, typed.reads, _end(request, typed), is_second=typed.system == OTHER
        )
    except keys.TooManyKeys as refusal:
        form.refuse(str(refusal))
        return None
    request.audit("office.key.make", target_id=key.id)
    return _shown(request, key, words)


def _shown(request, key: ApiKey, words: str, is_anew: bool = False) -> dict:
    request.override_renderer = "console/key_made.jinja2"
    return {"key": key, "words": words, "is_anew": is_anew, "overlap": keys.OVERLAP, "address": request.registry.portal.address(request.whole_tenant.host)}


def _values(request, form: Form, chosen: set[str]) -> dict:
    return {"form": form, "kinds": [(kind, title_of(kind)) for kind in sorted(kinds_at(request.registry, request.practice_id))], "chosen": chosen}


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.keys", "/office/keys")
    config.add_route("office.keys.make", "/office/keys/make")
    config.add_route("office.keys.make_anew", "/office/keys/{id}/anew")
    config.add_route("office.keys.revoke", "/office/keys/{id}/revoke")
    config.scan("tenants.console.keys")
