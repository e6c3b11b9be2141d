"""What a browser sends, before any page looks at it."""

from pyramid.events import BeforeTraversal
from pyramid.httpexceptions import HTTPBadRequest

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def read_form_body(event) -> None:
    """A form that cannot be taken apart is told so here. A file counts as an empty field: no form of ours asks for one yet."""
    request = event.request
    if request.method != "POST" or request.content_type not in FORMS:
        return
    try:
        fields = request.POST
    except ValueError:
        raise HTTPBadRequest() from None
    for name in {name for name, value in fields.items() if not isinstance(value, str)}:
        fields[name] = ""


def includeme(config) -> None:
    """Look at every form, after its address was found to be one of ours."""
    config.add_subscriber(read_form_body, BeforeTraversal)
