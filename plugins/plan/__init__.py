"""Saved treatment plans with what they cost."""

from core.people.charts import move_rows
from core.plugins import Card, Permission, PortalPlugin, Tab, hookimpl
from plugins.plan import exporting, services
from plugins.plan.models import TreatmentPlan
from plugins.plan.planned import planned
from plugins.plan.records import KINDS
from plugins.plan.settings import PlanSettings


class PlanPlugin(PortalPlugin):
    """Saved treatment plans with what they cost."""

    name = "plan"
    title = "Plan"
    summary = "Saved treatment plans with what they cost."

    def includeme(self, config) -> None:
        """The list of plans, and one page for each."""
        config.add_route("plan.home", "", inherit_slash=True)
        config.add_route("plan.plan", "/{plan_id}")
        config.scan("plugins.plan.views")

    @hookimpl
    def portal_tab(self, request):
        """The tab; nothing in it waits for an answer, so it has no badge."""
        return Tab(title="Plan", route="plan.home", icon="clipboard2-pulse", order=30)

    @hookimpl
    def portal_permissions(self):
        """Looking is all that can be done here."""
        return [Permission("plan.see", "See treatment plans")]

    @hookimpl
    def portal_office_settings(self):
        """The note about estimates."""
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
        newest = services.newest_plan(request.db, request.practice_id, person.id)
        return Card("plan/card.jinja2", {"plan": newest}, order=30) if newest else None

    @hookimpl
    def portal_patients_merged(self, db, practice_id, kept, absorbed):
        """Plans go to the kept chart, and their procedures with them."""
        move_rows(db, practice_id, kept, absorbed, TreatmentPlan)

    @hookimpl
    def portal_export(self, db, practice_id, person_id):
        """Treatment plans."""
        if person_id:
            yield from exporting.files(db, practice_id, person_id)

    @hookimpl
    def portal_erase(self, db, practice_id, person_id):
        """Plans have nothing outside the portal."""
        exporting.erase(db, practice_id, person_id)


plugin = PlanPlugin()
