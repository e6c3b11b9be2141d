"""Taking back that two charts were made one: what goes back, what stays, and doing it."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.entering import need_proof
from core.people.models import MergedChart, Patient
from core.people.moved import Back, accounts_of, counts_of
from core.people.unmerging import CannotUnmerge, can_undo, unmerge
from core.web.forms import Form, begun_form, read_form
from tenants.console.merging import MERGE, Merged, ReasonForm
from tenants.console.patients import clinic_names, id_in, patient_of, tab_titles


@view_config(route_name="office.patients.unmerge", permission=MERGE, request_method="GET", renderer="console/unmerge.jinja2")
def unmerge_page(request):
    """What taking a merge back does."""
    patient, merged = _both(request)
    need_proof(request)
    return _page(request, patient, merged, begun_form(request))


@view_config(route_name="office.patients.unmerge", permission=MERGE, request_method="POST", renderer="console/unmerge.jinja2")
def do(request):
    """Make two charts of the one again."""
    patient, merged = _both(request)
    need_proof(request, keep=ReasonForm)
    form, chart_id = read_form(request, ReasonForm), merged.id
    if form.data is None or not _unmerge(request, patient.id, chart_id, form.data.reason, form):
        request.response.status = "422 Unprocessable Content"
        return _page(request, *_both(request), form)
    request.session.flash("There are two charts again, and this is the one that had become part of the other. Look at who may see it.")
    return HTTPSeeOther(request.route_path("office.patients.one", id=chart_id))


def _unmerge(request, kept: UUID, chart: UUID, reason: str, form: Form) -> bool:
    """Whether it could be done; what it began is undone otherwise."""
    host = request.registry.plugins
    try:
        with request.db.begin_nested():
            unmerge(request.db, host, request.practice_id, kept, chart, reason, request.now, request.identity.account_id)
    except CannotUnmerge as refusal:
        form.refuse(str(refusal))
    return not form.errors


def _both(request) -> tuple[Patient, MergedChart]:
    """The chart and the one that is part of it. Raises HTTPNotFound when one of them is not seen, or the merge cannot be undone by the office."""
    patient = patient_of(request)
    merged = request.db.get(MergedChart, (request.practice_id, id_in(request.matchdict["other"])))
    if merged is None or merged.patient_id != patient.id or not can_undo(merged):
        raise HTTPNotFound()
    clinic, reach = Merged.of(merged).clinic_id, request.identity.clinic_ids
    if reach and clinic and clinic not in reach:
        raise HTTPNotFound()
    return patient, merged


def _page(request, patient: Patient, row: MergedChart, form: Form) -> dict:
    db, practice_id, plugins = request.db, request.practice_id, request.registry.plugins.plugins
    request.audit("office.patients.compare", patient.id)
    titles = tab_titles(request)
    counts = counts_of(db, Back(practice_id, row.id, patient.id, row.merged_at), plugins)
    return {
        "patient": patient, "merged": Merged.of(row), "form": form, "counts": [(titles[name], number) for name, number in counts.items()],
        "accounts": accounts_of(db, practice_id, row.id), "clinics": clinic_names(request),
    }  # fmt: skip


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.patients.unmerge", "/office/patients/{id}/unmerge/{other}")
    config.scan("tenants.console.unmerging")
