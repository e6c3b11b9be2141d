"""The family's page: what needs doing for everyone whose record the account may see, and who they are."""

from pyramid.view import view_config

from core.auth.policy import SIGNED_IN
from core.people import words
from core.people.household import Member, members
from core.plugins.doing import action_items


@view_config(route_name="portal.family", permission=SIGNED_IN, request_method="GET", renderer="family.jinja2")
def family(request):
    """Everything in one list with the names, and a card for each person."""
    people = request.identity.people
    found = members(request.db, request.practice_id, request.identity.account_id, people, request.now)
    by_id = {member.person.id: member for member in found}
    for person in people:
        request.audit("portal.family.view", person.id)
    return {
        "action_items": [(item, by_id[item.person_id]) for item in action_items(request, people)],
        "members": [(member, _allowed(request, member)) for member in found],
    }


def _allowed(request, member: Member) -> str:
    return words.allowed("You", member.periods, request.titles_of(member.person), request.whole_tenant.time_zone)
