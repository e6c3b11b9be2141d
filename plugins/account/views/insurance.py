"""Insurance: the plans of the person in view, what is left of this year, and the claims."""

from pyramid.view import view_config

from plugins.account.pages import parts
from plugins.account.services import insurance


@view_config(route_name="account.insurance", permission="account.see", request_method="GET", renderer="account/insurance.jinja2")
def insurance_page(request):
    """Every plan with what is left, and the last claims."""
    about = request.db, request.practice_id, request.person.id
    request.audit("account.insurance.view", request.person.id)
    return {
        "plans": [(one, insurance.maximum(one), insurance.deductible(one)) for one in insurance.coverages(*about)],
        "claims": insurance.claims(*about),
        "masked": insurance.masked,
        "parts": parts(request),
    }
