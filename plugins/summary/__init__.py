"""Summary: the patient's care summary as a page and as a document, and care documents from outside."""

from core.people.charts import move_rows
from core.plugins import Card, Permission, PortalPlugin, Tab, hookimpl
from plugins.summary import exporting, records
from plugins.summary.models import OF_PATIENTS
from plugins.summary.services import glance


class SummaryPlugin(PortalPlugin):
    """The Summary tab."""

    name = "summary"
    title = "Summary"
    record = "care summary"
    summary = "Allergies, medicines, conditions and procedures in one place, as a page and as a Continuity of Care Document."

    def includeme(self, config) -> None:
        """The summary, its download, and the documents from outside."""
        config.add_route("summary.home", "", inherit_slash=True)
        config.add_route("summary.download", "/download")
        config.add_route("summary.document", "/documents/{document_id}")
        config.add_route("summary.document_body", "/documents/{document_id}/body")
        config.add_route("summary.document_download", "/documents/{document_id}/download")
        config.scan("plugins.summary.views")

    @hookimpl
    def portal_tab(self, request):
        """The tab; nothing in it waits for an answer, so it has no badge."""
        return Tab("Summary", "summary.home", "file-earmark-medical", 50)

    @hookimpl
    def portal_home_card(self, request, person):
        """What the summary holds, in numbers."""
        return Card("summary/card.jinja2", {"glance": glance.count(request.db, request.practice_id, person.id)}, 50)

    @hookimpl
    def portal_permissions(self):
        """Seeing the summary, and taking it along; both are looking, not acting."""
        return [Permission("summary.see", "See the care summary"), Permission("summary.download", "Download the care summary")]

    @hookimpl
    def portal_record_kinds(self):
        """What a practice system sends for the summary."""
        return records.KINDS

    @hookimpl
    def portal_patients_merged(self, db, practice_id, kept, absorbed):
        """Everything in the summary goes to the kept chart."""
        move_rows(db, practice_id, kept, absorbed, *OF_PATIENTS)

    @hookimpl
    def portal_export(self, db, practice_id, person_id):
        """The summary's lists, and the documents from outside."""
        yield from exporting.files(db, practice_id, person_id)

    @hookimpl
    def portal_erase(self, db, practice_id, person_id):
        """The summary has nothing outside the portal."""
        exporting.erase(db, practice_id, person_id)


plugin = SummaryPlugin()
