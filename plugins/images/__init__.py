"""Images: X-rays, photos and documents that the office shares."""

from core.plugins import Card, Permission, PortalPlugin, Tab, hookimpl
from plugins.images import exporting, records, shown
from plugins.images.pages import shelf_of
from plugins.images.readers import READERS
from plugins.images.services import gallery, moving
from plugins.images.settings import ImagesSettings

NEWEST = 4


class ImagesPlugin(PortalPlugin):
    """The Images tab."""

    name = "images"
    title = "Images"
    record = "images"
    summary = "X-rays, photos and documents in the folders that the office shares."

    def includeme(self, config) -> None:
        """Add the tab's addresses."""
        config.add_route("images.home", "", inherit_slash=True)
        config.add_route("images.image", "/{image_id}")
        config.add_route("images.thumbnail", "/{image_id}/thumbnail")
        config.add_route("images.display", "/{image_id}/display")
        config.add_route("images.open", "/{image_id}/file")
        config.add_route("images.download", "/{image_id}/download")
        config.scan("plugins.images.views")

    @hookimpl
    def portal_tab(self, request):
        """The tab; nothing in it waits for an answer, so it has no badge."""
        return Tab("Images", "images.home", "images", 60)

    @hookimpl
    def portal_home_card(self, request, person):
        """The newest images; no card while there are none."""
        rows = gallery.newest(shelf_of(request, person), NEWEST)
        if not rows:
            return None
        return Card("images/card.jinja2", {"tiles": [shown.tile(row) for row in rows], "newest": rows[0].taken_on}, 60)

    @hookimpl
    def portal_permissions(self):
        """Looking at images, and saving them; both are looking, not acting."""
        return [Permission("images.see", "See images"), Permission("images.download", "Download images")]

    @hookimpl
    def portal_office_settings(self):
        """The tab's settings."""
        return ImagesSettings

    @hookimpl
    def portal_record_kinds(self):
        """Folders, and images whose files follow."""
        return records.KINDS

    @hookimpl
    def portal_readers(self):
        """Archives of images that are named by a rule."""
        return READERS

    @hookimpl
    def portal_patients_merged(self, db, practice_id, kept, absorbed):
        """Images go to the kept chart; their files stay where they are."""
        moving.move(db, practice_id, kept, absorbed)

    @hookimpl
    def portal_export(self, db, practice_id, person_id):
        """Images with their files."""
        yield from exporting.files(db, practice_id, person_id)

    @hookimpl
    def portal_erase(self, db, practice_id, person_id):
        """Images have nothing outside the portal."""
        exporting.erase(db, practice_id, person_id)


plugin = ImagesPlugin()
