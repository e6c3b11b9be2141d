"""What a browser sends, before any page looks at it."""

from pyramid.events import BeforeTraversal
from pyramid.httpexceptions import HTTPBadRequest

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def read_form_body(event) -> None:
    """A form that cannot be taken apart is told so here. A file counts as an empty field, where its route has not said that it takes one there."""
    request = event.request
    if request.method != "POST" or request.content_type not in FORMS:
        return
    try:
        fields = request.POST
    except ValueError:
        raise HTTPBadRequest() from None
    taken = request.registry.file_fields.get(request.matched_route.name if request.matched_route else "", frozenset())
    for name in {name for name, value in fields.items() if not isinstance(value, str)} - taken:
        fields[name] = ""


def take_files(config, route: str, *names: str) -> None:
    """`config.take_files("office.branding", "logo")`: let a form of this route bring files under these names."""
    config.registry.file_fields[route] = frozenset(names)


def includeme(config) -> None:
    """Look at every form, after its address was found to be one of ours."""
    config.registry.file_fields = {}
    config.add_directive("take_files", take_files)
    config.add_subscriber(read_form_body, BeforeTraversal)
