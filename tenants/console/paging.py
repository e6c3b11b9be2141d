"""Lists that are read a page at a time from where the page before ended: that place, as it stands in an address."""

from datetime import UTC, datetime
from uuid import UUID

from core.audit_search import Place

_MOMENT = "%Y%m%dT%H%M%S.%fZ"


def written_place(place: Place) -> str:
    """The place as a word."""
    return f"{place.at.astimezone(UTC):{_MOMENT}}_{place.id.hex}"


def place_before(request) -> Place | None:
    """Where the page before ended; the first page when the address says nothing that can be read."""
    at, _, id_ = request.GET.get("before", "").partition("_")
    try:
        return Place(datetime.strptime(at, _MOMENT).replace(tzinfo=UTC), UUID(id_))
    except ValueError:
        return None
