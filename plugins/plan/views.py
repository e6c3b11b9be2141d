"""The pages of the Plan tab: plans to read, to print and to sign."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.identity import Person
from core.web.file_views import send_file
from core.web.forms import Form, Line, empty_form, read_form
from plugins.plan.models import Signature
from plugins.plan.services import reading, signing, standing
from plugins.plan.services.signing import CONSENT, NotToBeSigned, Signer
from plugins.plan.signed_pdf import CONTENT_TYPE

ONE, SIGN, COPY = "plan.plan", "plan.sign", "plan.signed"
TOO_LATE = "This plan was signed or changed in the meantime, so nothing was done. What you see here is how it is now."
SIGNED = "Thank you. The plan is signed, and the office has it. You can open and keep your copy."
DECLINED = "You have declined this plan, and the office knows. If you change your mind, you can still sign it."


class AnswerForm(BaseModel):
    """The answer to a plan. `shown` is the hash of the terms on the page."""

    act: Literal["sign", "decline"] = Field("sign", title="answer")
    name: Line = Field("", title="name", max_length=120)
    agrees: bool = Field(False, title="agreement")
    consents: bool = Field(False, title="consent")
    why: Annotated[str, AfterValidator(lambda text: text.replace("\0", "")), Field(max_length=500, title="reason")] = ""
    shown: str = Field("", max_length=64)


@view_config(route_name="plan.home", permission="plan.see", request_method="GET", renderer="plan/home.jinja2")
def home(request):
    """All saved plans of the person in view, and the copies of what was signed."""
    about = (request.db, request.practice_id, request.person.id)
    plans, copies = reading.saved_plans(*about, _asking(request)), reading.signatures(*about)
    request.audit("plan.plan.view", request.person.id)
    return {"plans": plans, "copies": copies, "words": standing.WORDS, "may_sign": may_sign(request, request.person), "estimate_note": request.tenant.settings["plan.estimate_note"]}


@view_config(route_name=ONE, permission="plan.see", request_method="GET", renderer="plan/plan.jinja2")
def plan(request):
    """One plan, to read, to print and to sign."""
    found = _find(request)
    request.audit("plan.plan.view", request.person.id, found.id)
    return _values(request, found, empty_form())


@view_config(route_name=SIGN, permission="plan.sign", request_method="POST", renderer="plan/plan.jinja2")
def answer(request):
    """Sign a plan, or decline it."""
    if not may_sign(request, request.person):
        raise HTTPForbidden()
    found, form = _find(request), read_form(request, AnswerForm)
    _check(form)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _values(request, found, form)
    try:
        words = _act(request, found, form.data)
    except NotToBeSigned:
        words = TOO_LATE
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(ONE, plan_id=found.id))


@view_config(route_name=COPY, permission="plan.see", request_method="GET")
def copy(request):
    """A signed copy, as it was made when somebody signed."""
    try:
        signature = request.db.get(Signature, (request.practice_id, UUID(request.matchdict["signature_id"])))
    except ValueError:
        raise HTTPNotFound() from None
    if signature is None or signature.patient_id != request.person.id:
        raise HTTPNotFound()
    request.audit("plan.signature.download", request.person.id, signature.id)
    return send_copy(request, signature)


def send_copy(request, signature: Signature):
    """The file, shown by the browser."""
    return send_file(request, signature.file_key, CONTENT_TYPE, "Signed treatment plan.pdf", "signed.pdf", signature.file_size, inline=True)


def may_sign(request, person: Person) -> bool:
    """Whether the signed-in account may sign plans of this person."""
    return request.may(person, "plan.sign") and signing.is_old_enough(person, request.tenant_of(person), request.now)


def _act(request, found: reading.Plan, data: AnswerForm) -> str:
    """Do it; in words. Raises NotToBeSigned."""
    person, place = request.person, request.tenant
    signer = Signer(request.identity.account_id, data.name, request.remote_addr or "", data.shown)
    if data.act == "decline":
        signing.decline(request.db, person, place, found.id, signer, data.why, _asking(request), request.now)
        request.audit("plan.plan.decline", person.id, found.id)
        return DECLINED
    logo = request.registry.tenants.picture(request.practice_id, place.theme.logo)
    signing.sign(request.db, request.files, person, place, logo, found.id, signer, _asking(request), request.now)
    request.audit("plan.plan.sign", person.id, found.id)
    return SIGNED


def _check(form: Form[AnswerForm]) -> None:
    data = form.data
    if data is None or data.act != "sign":
        return
    if not data.agrees:
        form.refuse("Say that you have read the plan and agree, or decline it below.", "agrees")
    if not data.consents:
        form.refuse("Say that you want to sign electronically, or sign on paper at the office.", "consents")
    if not data.name:
        form.refuse("Type your full name: it is your signature.", "name")


def _values(request, found: reading.Plan, form: Form) -> dict:
    """What the page of a plan shows."""
    person, settings = request.person, request.tenant.settings
    copies = [one for one in reading.signatures(request.db, request.practice_id, person.id) if one.plan_id == found.id]
    return {
        "plan": found, "form": form, "copies": copies, "copy": next((one for one in copies if one.plan_sha256 == found.sha256), None),
        "may_sign": may_sign(request, person), "too_young": not signing.is_old_enough(person, request.tenant, request.now),
        "shown": signing.terms_of(found, person, request.tenant).sha256, "statement": settings["plan.sign_statement"], "consent": CONSENT,
        "estimate_note": settings["plan.estimate_note"],
    }  # fmt: skip


def _asking(request) -> standing.Asking:
    return standing.asking_of({request.person.id: request.tenant}, request.now)


def _find(request) -> reading.Plan:
    """The plan of the address. Raises HTTPNotFound."""
    try:
        return reading.saved_plan(request.db, request.practice_id, request.person.id, UUID(request.matchdict["plan_id"]), _asking(request))
    except (ValueError, reading.PlanNotFound):
        raise HTTPNotFound() from None
