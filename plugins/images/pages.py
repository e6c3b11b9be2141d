"""What pages of this tab have in common: whose images they show."""

from plugins.images.services.gallery import Shelf


def shelf_of(request, person) -> Shelf:
    """The images of a person, as the office's settings show them."""
    return Shelf(request.db, request.practice_id, person.id, request.tenant.settings["images.show_documents"])
