"""What pages of this tab have in common: whose images they show, and whether they may be saved."""

from plugins.images.services.gallery import Shelf


def shelf_of(request, person) -> Shelf:
    """The images of a person, as the office's settings show them."""
    return Shelf(request.db, request.practice_id, person.id, request.tenant.settings["images.show_documents"])


def may_download(request) -> bool:
    """Whether the office lets patients save images, and this account may for the person in view."""
    return bool(request.tenant.settings["images.allow_download"] and request.has_permission("images.download"))
