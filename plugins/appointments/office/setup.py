"""Setting the book up: operatories, types of appointment, of recall and of blockout, appointment rules, and confirmation statuses."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import BaseModel, create_model
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import exception_view_config, view_config

from core.web.errors import not_found
from core.web.forms import Form, empty_form, read_form
from plugins.appointments.models import AppointmentType, BlockoutType
from plugins.appointments.office.kinds import KINDS, MEANINGS, READERS, SPECIALS, Kind, WrongLine, values_of
from plugins.appointments.office.patterns import NoPattern, Part, parts_of, pattern_of, typed_parts
from plugins.appointments.office.place import CHANGE, SEE, SETUP, id_in, parts, place_of, refused, whole_practice
from plugins.appointments.services import chairs, warnings

ONES, ADDS = ({name: f"{SETUP}.{name}{act}" for name in KINDS} for act in ("", ".add"))
MOVE, ORDER = f"{SETUP}.move", f"{SETUP}.order"
FIRST = {"type": {"for_existing": "yes"}, "rule": {"is_enabled": "yes"}}
"""What is ticked in an empty form."""
MOVED = ("operatory", "type", "recall_type", "status")


@exception_view_config(chairs.NoSuchRow)
def no_such_row(request):
    """What is not there, or not within reach, is not found."""
    return not_found(request)


@view_config(route_name=SETUP, permission=SEE, request_method="GET", renderer="appointments/office/setup.jinja2")
def setup_page(request):
    """Everything that is set up, and what of it will surprise."""
    place = place_of(request)
    found = {name: _rows(request, kind) for name, kind in KINDS.items()}
    may_change = CHANGE in request.identity.permissions
    request.audit("appointments.setup.view")
    return {
        "place": place, "parts": parts(request, place), "kinds": KINDS, "found": found, "fed": {name: any(one.external_id for one in rows) for name, rows in found.items()},
        "providers": chairs.providers(request.db, request.practice_id), "meanings": MEANINGS, "moved": MOVED,
        "may_change": {name: may_change and (kind.is_clinics or not request.identity.clinic_ids) for name, kind in KINDS.items()},
        "warnings": warnings.about_types(found["type"], found["recall_type"], found["operatory"]),
    }  # fmt: skip


def row_page(request):
    """One row, or an empty form to add one."""
    kind, row = _kind(request), _row(request)
    if row is None:
        first = {"clinic_id": str(place_of(request).clinic_id or "")} if kind.is_clinics else FIRST.get(kind.name, {})
        return _values(request, kind, None, empty_form(**first), {}, parts_of(""))
    values, lists = values_of(kind, row)
    return _values(request, kind, row, empty_form(**values), lists, parts_of(getattr(row, "pattern", "")))


def save(request):
    """Keep what was typed."""
    kind, row = _kind(request), _row(request)
    form: Form = read_form(request, form_of(kind, row is not None and row.external_id is not None))
    typed = typed_parts(request.POST.getall("part_minutes"), request.POST.getall("part_whose"))
    values = _checked(request, kind, row, form, typed)
    if form.data is not None:
        _keep(request, kind, row, form, values)
    if form.data is None:
        lists = {name: set(map(str, request.POST.getall(name))) for name in kind.form.model_fields if name.endswith("_ids")}
        return refused(request, _values(request, kind, row, form, lists, typed or parts_of("")))
    request.audit("appointments.setup.change" if row else "appointments.setup.add")
    request.session.flash(f"The {kind.one} is saved.")
    return HTTPSeeOther(request.route_path(SETUP) + f"#{kind.name}")


@view_config(route_name=MOVE, permission=CHANGE, request_method="POST")
def move(request):
    """Put a row one place up or down."""
    kind, row_id = _asked_kind(request), id_in(request)
    if not (kind and _may_order(request, kind)):
        raise HTTPNotFound()
    found = _rows(request, kind)
    ids = [one.id for one in found]
    if row_id not in ids:
        raise HTTPNotFound()
    place = ids.index(row_id)
    ids.insert(max(0, place + (-1 if request.POST.get("way") == "up" else 1)), ids.pop(place))
    _put_in_order(request, found, ids)
    return HTTPSeeOther(request.route_path(SETUP, _query={"moved": str(row_id)}) + f"#{kind.name}")


@view_config(route_name=ORDER, permission=CHANGE, request_method="POST")
def order(request):
    """Put rows into the order in which they were dragged."""
    kind = _asked_kind(request)
    if kind and _may_order(request, kind):
        _put_in_order(request, _rows(request, kind), _ids(request.POST.getall("row")))
    return HTTPSeeOther(request.route_path(SETUP) + (f"#{kind.name}" if kind else ""))


@cache
def form_of(kind: Kind, is_fed: bool) -> type[BaseModel]:
    """The form of a row; where the practice's system sends it, of what the office may set."""
    if not is_fed:
        return kind.form
    fields: dict[str, Any] = {name: (info.annotation, info) for name, info in kind.form.model_fields.items() if name in kind.open_columns}
    return create_model(f"Open{kind.form.__name__}", **fields)


def _checked(request, kind: Kind, row, form: Form, typed: list[Part]) -> dict[str, Any]:
    """The columns to keep; what cannot be kept is refused in the form."""
    if form.data is None:
        return {}
    values = form.data.model_dump()
    _check_chosen(request, form, values)
    for name, read in READERS.items():
        if name in values:
            values[name] = _tried(form, name, lambda read=read, name=name: read(values[name]), WrongLine)
    if kind.has_pattern and not (row and row.external_id):
        values["pattern"] = _tried(form, "pattern", lambda: pattern_of(typed), NoPattern)
    if values.get("min_age") is not None and values.get("max_age") is not None and values["min_age"] > values["max_age"]:
        form.refuse("The oldest age cannot be less than the youngest.", "max_age")
    if "first_code" in values and values["first_code"] > values["last_code"]:
        form.refuse("The last procedure cannot come before the first.", "last_code")
    if values.get("only_in_blockouts") and not values.get("blockout_type_ids"):
        form.refuse("Choose the blockouts in which it can be booked.", "blockout_type_ids")
    return values


def _tried(form: Form, name: str, read, wrong: type[Exception]) -> Any:
    try:
        return read()
    except wrong as refusal:
        form.refuse(str(refusal), name)
        return None


def _check_chosen(request, form: Form, values: dict[str, Any]) -> None:
    """What was chosen from lists is one of what they hold."""
    choices = _choices(request)
    for name, known in (("provider_id", choices["providers"]), ("hygienist_id", choices["providers"]), ("clinic_id", choices["clinics"])):
        if values.get(name) is not None and values[name] not in known:
            form.refuse("Choose it from the list.", name)
    if "clinic_id" in values and values["clinic_id"] is None and request.identity.clinic_ids:
        form.refuse("Choose the clinic from the list.", "clinic_id")
    for name, found in (("appointment_type_ids", choices["types"]), ("blockout_type_ids", choices["blockouts"])):
        if name in values:
            values[name] = chairs.known(values[name], {one.id for one in found})


def _keep(request, kind: Kind, row, form: Form, values: dict[str, Any]) -> None:
    meaning = values.pop("meaning", None)
    try:
        kept = row or chairs.add(request.db, request.practice_id, kind.model, values)
    except chairs.TooMany as refusal:
        form.refuse(str(refusal))
        return
    if row:
        chairs.change(row, values)
    if meaning is not None:
        chairs.give_meaning(request.db, request.practice_id, kept, meaning)


def _values(request, kind: Kind, row, form: Form, lists: Mapping[str, set[str]], typed: list[Part]) -> dict:
    is_fed = row is not None and row.external_id is not None
    return {
        "kind": kind, "row": row, "form": form, "chosen": lists, "typed": typed, "is_fed": is_fed, "open": kind.open_columns if is_fed else frozenset(kind.form.model_fields),
        "meanings": MEANINGS, "specials": SPECIALS, "minutes": len(row.pattern) * 5 if row and kind.has_pattern else 0,
    } | _choices(request)  # fmt: skip


def _choices(request) -> dict[str, Any]:
    """What can be chosen in forms."""
    return {
        "providers": chairs.providers(request.db, request.practice_id), "clinics": place_of(request).names,
        "types": chairs.rows(request.db, request.practice_id, AppointmentType), "blockouts": chairs.rows(request.db, request.practice_id, BlockoutType),
    }  # fmt: skip


def _kind(request) -> Kind:
    return KINDS[request.matched_route.name.removeprefix(SETUP + ".").removesuffix(".add")]


def _asked_kind(request) -> Kind | None:
    name = str(request.POST.get("kind", ""))
    return KINDS[name] if name in MOVED else None


def _row(request):
    """The row in the address; None where one is added. Raises NoSuchRow, HTTPNotFound."""
    kind = _kind(request)
    if not kind.is_clinics:
        whole_practice(request)
    if "id" not in request.matchdict:
        return None
    row: Any = chairs.row(request.db, request.practice_id, kind.model, id_in(request))
    if kind.is_clinics and request.identity.clinic_ids and row.clinic_id not in request.identity.clinic_ids:
        raise chairs.NoSuchRow
    return row


def _rows(request, kind: Kind) -> list[Any]:
    reach = request.identity.clinic_ids
    found: list[Any] = chairs.rows(request.db, request.practice_id, kind.model)
    return [one for one in found if not reach or one.clinic_id in reach] if kind.is_clinics else found


def _may_order(request, kind: Kind) -> bool:
    return not request.identity.clinic_ids


def _put_in_order(request, found: list[Any], ids: list[UUID]) -> None:
    if chairs.put_in_order(found, ids):
        request.audit("appointments.setup.change")


def _ids(typed: list) -> list[UUID]:
    found = []
    for one in typed:
        try:
            found.append(UUID(str(one)))
        except ValueError:
            continue
    return found


def add_routes(config) -> None:
    """Add the pages: one to add and one to change for each sort."""
    config.add_route(SETUP, "/set-up")
    config.add_route(ORDER, "/set-up/order")
    config.add_route(MOVE, "/set-up/{id}/move")
    for name in KINDS:
        path = name.replace("_", "-")
        config.add_route(ADDS[name], f"/set-up/{path}/new")
        config.add_route(ONES[name], f"/set-up/{path}/{{id}}")
        for route in (ADDS[name], ONES[name]):
            for method, view in (("GET", row_page), ("POST", save)):
                config.add_view(view, route_name=route, permission=CHANGE, request_method=method, renderer="appointments/office/setup_row.jinja2")
