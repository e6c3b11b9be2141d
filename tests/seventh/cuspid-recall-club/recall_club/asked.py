"""What several parts of one page ask: answered once."""

from recall_club import services


def membership(request, person):
    """The membership of a person, or None; at most one statement a page."""
    kept = request.__dict__.setdefault("recallclub_membership", {})
    if person.id not in kept:
        kept[person.id] = services.membership(request.db, request.practice_id, person.id)
    return kept[person.id]
