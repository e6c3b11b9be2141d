"""Saved treatment plans with what they cost, and signing them."""

from functools import partial

from core.people.charts import move_rows
from core.plugins import ActionItem, Card, Count, Permission, PortalPlugin, Question, Tab, hookimpl
from plugins.plan import changes, exporting, office, tasks
from plugins.plan.models import Decline, Signature, TreatmentPlan
from plugins.plan.planned import planned
from plugins.plan.records import KINDS
from plugins.plan.services import reading, standing
from plugins.plan.settings import PlanSettings
from plugins.plan.views import may_sign


class PlanPlugin(PortalPlugin):
    """Saved treatment plans with what they cost, and signing them."""

    name = "plan"
    title = "Plan"
    summary = "Saved treatment plans with what they cost, and signing them."

    def includeme(self, config) -> None:
        """The list of plans, one page for each, signing it, and the signed copies."""
        config.add_route("plan.home", "", inherit_slash=True)
        config.add_route("plan.plan", "/{plan_id}")
        config.add_route("plan.sign", "/{plan_id}/sign")
        config.add_route("plan.signed", "/signed/{signature_id}")
        config.scan("plugins.plan.views")

    def include_office(self, config) -> None:
        """Add the page of what was signed."""
        office.include(config)

    @hookimpl
    def portal_tab(self, request):
        """The tab, with the number of plans that wait for a signature."""
        return Tab("Plan", "plan.home", "clipboard2-pulse", 30, badge=_waiting(request))

    @hookimpl
    def portal_action_items(self, request, people):
        """One item for each person whose plans wait for a signature of somebody who may give it."""
        asked = [person for person in people if may_sign(request, person)]
        asking = standing.asking_of({person.id: request.tenant_of(person) for person in asked}, request.now)
        about = {"practice_id": request.practice_id, "plan_people": [person.id for person in asked], **asking.parameters}
        return Question(standing.WAITING_OF, about, partial(_items, request))

    @hookimpl
    def portal_permissions(self):
        """Looking, and answering."""
        return [Permission("plan.see", "See treatment plans"), Permission("plan.sign", "Sign treatment plans", acts=True)]

    @hookimpl
    def portal_notice_kinds(self):
        """The way to a signed copy."""
        return [tasks.SIGNED]

    @hookimpl
    def portal_change_kinds(self):
        """Plans that are signed or declined."""
        return changes.KINDS

    @hookimpl
    def portal_office_settings(self):
        """The note about estimates, and what is signed how."""
        return PlanSettings

    @hookimpl
    def portal_planned(self, db, practice_id, patient_id):
        """The saved plans of a patient."""
        return planned(db, practice_id, patient_id) if patient_id else []

    @hookimpl
    def portal_record_kinds(self):
        """Plans and their procedures."""
        return KINDS

    @hookimpl
    def portal_home_card(self, request, person):
        """The newest plan with the patient's part."""
        if not request.may_see("plan"):
            return None
        newest = reading.newest_plan(request.db, request.practice_id, person.id)
        return Card("plan/card.jinja2", {"plan": newest}, order=30) if newest else None

    @hookimpl
    def portal_patients_merged(self, db, practice_id, kept, absorbed):
        """Plans go to the kept chart, their procedures with them, and what was answered to them."""
        move_rows(db, practice_id, kept, absorbed, TreatmentPlan, Signature, Decline)

    @hookimpl
    def portal_export(self, db, practice_id, person_id):
        """Treatment plans, and the copies of what was signed."""
        if person_id:
            yield from exporting.files(db, practice_id, person_id)

    @hookimpl
    def portal_erase(self, db, practice_id, person_id):
        """Plans have nothing outside the portal."""
        exporting.erase(db, practice_id, person_id)


def _waiting(request) -> int | Count:
    person = request.person
    if not may_sign(request, person):
        return 0
    asking = standing.asking_of({person.id: request.tenant}, request.now)
    return Count(standing.WAITING, {"practice_id": request.practice_id, "patient_id": person.id, **asking.parameters})


def _items(request, person, rows: list[dict]) -> list[ActionItem]:
    whose = "your" if person.is_self else f"{person.short_name}’s"
    return [_item(request, person, row, whose) for row in rows]


def _item(request, person, row: dict, whose: str) -> ActionItem:
    if row["plans"] == 1:
        path = request.route_path("plan.plan", plan_id=row["plan_id"])
        return ActionItem(person.id, f"Sign {whose} treatment plan", "The office asks you to read it, and to sign it.", path, "pen", 35)
    return ActionItem(person.id, f"Sign {whose} {row['plans']} treatment plans", "The office asks you to read them, and to sign them.", request.route_path("plan.home"), "pen", 35)


plugin = PlanPlugin()
