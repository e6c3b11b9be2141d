"""What a new practice does first: a card on the office's first page, until everything is done or somebody wants it no more."""

from dataclasses import dataclass

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import BindParameter, bindparam, exists, func, select, update

from core.auth.models import Account, InvitationBatch
from core.auth.realms import STAFF
from core.people.models import Patient
from core.prepared import Prepared
from core.tenant import Tenant, touch
from tenants.models import Practice

CHANGE = "office.settings.change"
_PRACTICE: BindParameter = bindparam("practice")
_DONE = Prepared(
    select(
        exists().where(Patient.practice_id == _PRACTICE),
        exists().where(InvitationBatch.practice_id == _PRACTICE),
        select(func.count()).where(Account.practice_id == _PRACTICE, Account.kind == bindparam("kind")).scalar_subquery(),
    )
)


@dataclass(frozen=True)
class Step:
    """One thing to do, where it is done, and whether it is."""

    title: str
    text: str
    icon: str
    route: str
    is_done: bool


def steps_left(request) -> list[Step]:
    """The steps of a new practice for whoever runs it; none once all are done, or nobody wants to see them. One statement, and only then."""
    whole, identity = request.whole_tenant, request.identity
    if whole.is_set_up or CHANGE not in identity.permissions or identity.clinic_ids or identity.support:
        return []
    has_patient, has_invited, staff = _DONE.one(request.db, {"practice": request.practice_id, "kind": STAFF})
    steps = _steps(whole, has_patient, has_invited, staff > 1)
    return [] if all(step.is_done for step in steps) else steps


def _steps(whole: Tenant, has_patient: bool, has_invited: bool, has_others: bool) -> list[Step]:
    reached = all(clinic.phone or clinic.email for clinic in whole.clinics)
    opens = all(any(day.opens for day in clinic.hours) for clinic in whole.clinics)
    return [
        Step("Add the first patient", "By hand, with an invitation; or let your practice system send the charts.", "person-plus", "office.add_patient", has_patient),
        Step("Your look", "Logo and colors, as patients see them.", "palette", "office.branding", bool(whole.theme.logo)),
        Step("How to reach you", "Phone, e-mail and address of each clinic.", "telephone", "office.clinics", reached),
        Step("Opening hours", "When each clinic is open.", "clock", "office.clinics", opens),
        Step("Who else works here", "Invite them, each with a role.", "person-badge", "office.staff.invite", has_others),
        Step("Invite the rest", "Many patients at once.", "envelope", "office.invitations", has_invited),
    ]


@view_config(route_name="office.first_steps.close", permission=CHANGE, request_method="POST")
def close(request):
    """Show them no more, to anybody here."""
    request.db.execute(update(Practice).where(Practice.id == request.practice_id).values(is_set_up=True))
    touch(request.db, request.practice_id)
    request.audit("office.first_steps.close")
    request.session.flash("The first steps are not shown any more. Everything is in the list of pages.")
    return HTTPSeeOther(request.route_path("office.home"))


def includeme(config) -> None:
    """Add the address."""
    config.add_route("office.first_steps.close", "/office/first-steps/close")
    config.scan("tenants.console.first_steps")
