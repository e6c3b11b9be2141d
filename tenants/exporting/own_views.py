"""The page on which patients take their whole record along."""

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.entering import need_proof
from core.auth.realms import OWN
from tenants.exporting import own
from tenants.exporting.download import zip_response
from tenants.exporting.services import DAYS, CannotExport, length
from tenants.looking_again import look_again
from tenants.models import Export

PAGE = "portal.record"
SECONDS = 5


@view_config(route_name=PAGE, permission=OWN, request_method="GET", renderer="portal/record.jinja2")
def page(request):
    """What is in it, how far it is, and the file."""
    _check(request)
    request.audit("portal.record.view", request.person.id)
    return _values(request)


@view_config(route_name=PAGE, permission=OWN, request_method="POST", renderer="portal/record.jinja2")
def start(request):
    """Ask for it; asked for is who it is, because it holds everything."""
    _check(request)
    need_proof(request)
    try:
        own.start(request.db, request.practice_id, request.identity.account_id, request.person.id, own.tabs_of(request.tenant, request.titles_of(request.person)), request.now)
    except CannotExport as refusal:
        request.response.status = "422 Unprocessable Content"
        return _values(request, str(refusal))
    return HTTPSeeOther(request.route_path(PAGE))


@view_config(route_name="portal.record_stop", permission=OWN, request_method="POST")
def stop(request):
    """Make no more of it, or offer it no more."""
    own.stop(request.db, _found(request), request.now)
    request.session.flash("It is stopped. What there was of it is being erased.")
    return HTTPSeeOther(request.route_path(PAGE))


@view_config(route_name="portal.record_download", permission=OWN, request_method="GET")
def download(request):
    """The ZIP, as long as everything that is in it may be seen."""
    export = _found(request)
    if not _is_offered(request, export):
        raise HTTPNotFound()
    need_proof(request)
    request.audit("portal.record.download", export.patient_id, export.id)
    return zip_response(request, export, "my-record" if request.person.is_self else "patient-record")


def _check(request) -> None:
    if request.person is None or not own.may_take(request.person.rights):
        raise HTTPNotFound()


def _found(request) -> Export:
    """The one of the person in view that this account has asked for. Raises HTTPNotFound."""
    _check(request)
    export = own.latest(request.db, request.practice_id, request.identity.account_id, request.person.id)
    if export is None:
        raise HTTPNotFound()
    return export


def _is_offered(request, export: Export) -> bool:
    """Whether it can be downloaded now: a tab that was switched off meanwhile takes it along."""
    is_there = export.state == "ready" and export.until is not None and export.until > request.now
    return is_there and set(export.tabs or ()) <= set(own.tabs_of(request.tenant, request.titles_of(request.person)))


def _values(request, error: str = "") -> dict[str, Any]:
    export = own.latest(request.db, request.practice_id, request.identity.account_id, request.person.id)
    running = export if export and export.state == "running" else None
    on = sorted(request.titles_of(request.person))
    inside = own.tabs_of(request.tenant, on)
    return {
        "running": running, "ready": export if export and _is_offered(request, export) else None, "error": error, "days": DAYS, "length": length,
        "inside": [request.title_of(name) for name in inside], "outside": [request.title_of(name) for name in on if name not in inside],
        "looking": look_again(request, running.asked_at if running else None, SECONDS),
    }  # fmt: skip


def includeme(config) -> None:
    """Add the page."""
    config.add_route(PAGE, "/profile/record")
    config.add_route("portal.record_stop", "/profile/record/stop")
    config.add_route("portal.record_download", "/profile/record/download")
    config.scan("tenants.exporting.own_views")
