"""The Recall Club: a tab of somebody else, for patients who want to be told when a check-up is due."""

from datetime import timedelta
from functools import partial

from core.plugins import ActionItem, Card, Permission, PortalPlugin, Question, Tab, hookimpl
from core.records import RecordKind
from core.tasks import Periodic
from recall_club import services
from recall_club.asked import membership
from recall_club.models import Member
from recall_club.records import MemberRecord
from recall_club.settings import RecallClubSettings


class RecallClubPlugin(PortalPlugin):
    """The Recall Club tab."""

    name = "recallclub"
    title = "Recall Club"
    summary = "Patients are told when a check-up is due."

    def includeme(self, config) -> None:
        """One page, and joining."""
        config.add_route("recallclub.home", "", inherit_slash=True)
        config.add_route("recallclub.join", "/join")
        config.scan("recall_club.views")

    @hookimpl
    def portal_tab(self, request):
        """The tab; its badge invites whoever has not joined."""
        badge = 0 if membership(request, request.person) else 1
        return Tab("Recall Club", "recallclub.home", "recallclub/recallclub.svg#heart", 70, badge)

    @hookimpl
    def portal_action_items(self, request, people):
        """Joining, as long as it is to be done."""
        about = {"practice_id": request.practice_id, "recallclub_people": [person.id for person in people]}
        return Question(services.MEMBERS, about, partial(_items, request))

    @hookimpl
    def portal_home_card(self, request, person):
        """A card for members."""
        member = membership(request, person)
        return (
            Card("recallclub/card.jinja2", {"member": member, "months": request.tenant.settings["recallclub.months"]}, 70)
            if member
            else None
        )

    @hookimpl
    def portal_permissions(self):
        """Seeing the club, and joining it."""
        return [Permission("recallclub.see", "See the Recall Club"), Permission("recallclub.join", "Join the Recall Club", acts=True)]

    @hookimpl
    def portal_office_settings(self):
        """How many months lie between two check-ups."""
        return RecallClubSettings

    @hookimpl
    def portal_record_kinds(self):
        """Members whom the practice's system knows already."""
        return [RecordKind("recall_club_member", MemberRecord, Member, {"patient": "patient"})]

    @hookimpl
    def portal_periodic_tasks(self):
        """A look at who is due."""
        return [Periodic("recallclub.count_due", timedelta(days=1))]

    @hookimpl
    def portal_patients_merged(self, db, practice_id, kept, absorbed):
        """Whoever was a member with either chart is one with the kept one."""
        services.move(db, practice_id, kept, absorbed)


def _items(request, person, rows: list[dict]) -> list[ActionItem]:
    path = request.route_path("recallclub.home")
    return [] if rows else [ActionItem(person.id, "Join the Recall Club", "We tell you when it is time.", path, "bell", 90)]


plugin = RecallClubPlugin()
