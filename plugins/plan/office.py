"""The office's page of treatment plans that patients have signed or declined in the portal."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config
from sqlalchemy import Select, and_, select

from core.people.finding import patient_at, seen_at
from core.people.models import Patient
from core.web.forms import page_number
from core.web.office import OfficePage
from plugins.plan.models import Decline, Signature, TreatmentPlan
from plugins.plan.services.standing import FINGERPRINT
from plugins.plan.views import send_copy
from tenants.console.patients import id_in_path

SEE = "office.plans.see"
LIST, FILE = "plan.office.signatures", "plan.office.file"
PAGE = OfficePage("Signed plans", LIST, "pen", SEE, 22, "Treatment plans that patients have signed or declined")
SHOWN, LAST_PAGE = 50, 200
MOST_DECLINED = 20


@view_config(route_name=LIST, permission=SEE, request_method="GET", renderer="plan/office_signatures.jinja2")
def signatures_page(request):
    """What was signed, the newest first, and what was declined lately."""
    page, who = page_number(request, LAST_PAGE), seen_at(request.practice_id, request.identity.clinic_ids)
    signed = request.db.execute(_of(Signature, who).order_by(Signature.signed_at.desc(), Signature.id.desc()).limit(SHOWN + 1).offset((page - 1) * SHOWN)).all()
    declined = request.db.execute(_of(Decline, who).order_by(Decline.declined_at.desc(), Decline.id.desc()).limit(MOST_DECLINED)).all() if page == 1 else []
    request.audit("plan.signature.list.view")
    return {"found": signed[:SHOWN], "more": len(signed) > SHOWN, "page": page, "declined": declined}


@view_config(route_name=FILE, permission=SEE, request_method="GET")
def file(request):
    """A signed copy."""
    signature = request.db.get(Signature, (request.practice_id, id_in_path(request)))
    if signature is None or patient_at(request.db, request.practice_id, signature.patient_id, request.identity.clinic_ids) is None:
        raise HTTPNotFound()
    request.audit("plan.signature.download", signature.patient_id, signature.id)
    return send_copy(request, signature)


def _of(model, who: tuple) -> Select:
    """Answers with patient and plan, and whether the plan is still what it was then."""
    patient = and_(Patient.practice_id == model.practice_id, Patient.id == model.patient_id)
    plan = and_(TreatmentPlan.practice_id == model.practice_id, TreatmentPlan.id == model.plan_id)
    query = select(model, Patient, TreatmentPlan.heading, (model.plan_sha256 == FINGERPRINT).label("is_same"))
    return query.join(Patient, patient).join(TreatmentPlan, plan).where(*who)


def include(config) -> None:
    """Add the pages, below `/office/plan`, and what stands in the bar."""
    config.add_route(LIST, "/signatures")
    config.add_route(FILE, "/signatures/{id}/file")
    config.scan("plugins.plan.office")
    config.add_office_page(PAGE)
