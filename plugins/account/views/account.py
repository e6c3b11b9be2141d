"""The account at a glance."""

from pyramid.view import view_config

from plugins.account.pages import may_pay, parts, seen_people, today_of
from plugins.account.services import owed
from plugins.account.services.entering import keeps_books


@view_config(route_name="account.home", permission="account.see", request_method="GET", renderer="account/home.jinja2")
def home(request):
    """What is owed now, and why; the latest charges and payments, and the last statements."""
    people = {person.id: person for person in seen_people(request)}
    asked = request.practice_id, request.person.id, people, request.tenant.time_zone, today_of(request)
    account = owed.account(request.db, *asked)
    for patient_id in account.family or [request.person.id]:
        request.audit("account.ledger.view", patient_id)
    return {
        "account": account,
        "as_of": (None if keeps_books(request.tenant) else account.came_at) or request.now,
        "overview": account.overview,
        "family": [(people[id_], figures) for id_, figures in account.family.items()],
        "parts": parts(request),
        "may_pay": may_pay(request, request.person),
    }
