"""Full exports at the office: asking for one of the practice or of a patient, how far it is, and taking it along."""

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import standing
from core.auth.entering import need_proof
from tenants import closing
from tenants.console.patients import id_in_path, patient_of
from tenants.exporting import services
from tenants.exporting.download import zip_response
from tenants.exporting.services import CannotExport
from tenants.looking_again import look_again
from tenants.models import Export

MAKE = "office.exports.make"
SECONDS = 5
"""So often the page looks again by itself."""
STATES = {"running": ("Being made", "info"), "ready": ("Ready", "good"), "stopped": ("Stopped", ""), "erased": ("Erased", "")}


@view_config(route_name="office.exports", permission=MAKE, request_method="GET", renderer="console/exports.jinja2")
def exports_page(request):
    """What is being made, and what can be downloaded."""
    return _values(request)


@view_config(route_name="office.exports", permission=MAKE, request_method="POST", renderer="console/exports.jinja2")
def start(request):
    """Ask for an export of the whole practice; whoever looks after some clinics only may not."""
    need_proof(request)
    if request.identity.clinic_ids:
        raise HTTPNotFound()
    return _started(request, None)


@view_config(route_name="office.patients.export", permission=MAKE, request_method="POST", renderer="console/exports.jinja2")
def start_of_patient(request):
    """Ask for an export of one patient."""
    patient = patient_of(request)
    need_proof(request, request.route_path("office.patients.one", id=patient.id))
    return _started(request, patient.id)


@view_config(route_name="office.exports.stop", permission=MAKE, request_method="POST")
def stop(request):
    """Make no more of it, or offer it no more."""
    export = _found(request)
    services.stop(request.db, request.practice_id, export.id, request.now, request.identity.account_id)
    request.session.flash("The export is stopped. What there was of it is being erased.")
    return HTTPSeeOther(request.route_path("office.exports"))


@view_config(route_name="office.exports.download", permission=MAKE, request_method="GET")
def download(request):
    """The ZIP; asked for is who it is, because it holds everything."""
    export = _found(request)
    if export.state != "ready" or export.until is None or export.until <= request.now:
        raise HTTPNotFound()
    need_proof(request)
    request.audit("office.export.download", export.patient_id, export.id)
    return zip_response(request, export, "patient-record" if export.patient_id else f"{request.tenant.slug}-everything")


def _found(request) -> Export:
    """The export of the address. Raises HTTPNotFound for one of a patient of another clinic."""
    export = services.find(request.db, request.practice_id, request.identity.clinic_ids, id_in_path(request))
    if export is None:
        raise HTTPNotFound()
    return export


def _started(request, patient_id) -> Any:
    try:
        services.start(request.db, request.practice_id, request.identity.account_id, request.now, patient_id)
    except CannotExport as refusal:
        request.response.status = "422 Unprocessable Content"
        return _values(request, str(refusal))
    request.session.flash("The export is being made. You get a mail when it is ready.")
    return HTTPSeeOther(request.route_path("office.exports"))


def _values(request, error: str = "") -> dict[str, Any]:
    found = services.listed(request.db, request.practice_id, request.identity.clinic_ids)
    names = standing.names_of(request.db, request.practice_id, {one.asked_by for one, _ in found if one.asked_by})
    running = next((pair for pair in found if pair[0].state == "running"), None)
    request.audit("office.exports.view")
    return {
        "rows": [pair for pair in found if pair is not running], "running": running, "names": names, "states": STATES, "error": error, "days": services.DAYS,
        "length": services.length, "erase_after": closing.how_far(request.db, request.practice_id).erase_after if request.whole_tenant.is_closing else None,
        "looking": look_again(request, running[0].asked_at if running else None, SECONDS),
    }  # fmt: skip


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.exports", "/office/exports")
    config.add_route("office.exports.stop", "/office/exports/{id}/stop")
    config.add_route("office.exports.download", "/office/exports/{id}/download")
    config.add_route("office.patients.export", "/office/patients/{id}/export")
    config.scan("tenants.console.exports")
