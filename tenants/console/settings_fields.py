"""The form of a part's settings, made from its schema: which control each has, and what was typed as changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo
from webob.multidict import MultiDict

from core.plugins import PluginHost
from core.settings import TabName
from core.web.forms import Form, Line, read_form
from tenants.settings import Change
from tenants.settings.values import holds_for_all
from tenants.settings.words import value_in_words

LONG = 120
"""Text that may be longer has a box of several lines."""
OWN, FOLLOW = "own", "follow"

Kept = Mapping[tuple[UUID | None, str], Any]


@dataclass(frozen=True)
class Control:
    """One setting on the page: how it is asked, and what holds without an answer."""

    name: str
    field: str
    title: str
    help: str
    kind: str
    options: tuple[tuple[str, str], ...]
    more: dict[str, Any]
    inherited: str
    unit: str = ""
    span: str = ""


def fields(schema: type[BaseModel], at_clinic: bool) -> dict[str, FieldInfo]:
    """The settings that this page asks for: none that has a page of its own, and at a clinic none that holds for the whole practice."""
    asked = {name: info for name, info in schema.model_fields.items() if _kind(info) and not _extra(info).get("on_page")}
    return {name: info for name, info in asked.items() if not (at_clinic and holds_for_all(schema, name))}


def needs_proof(schema: type[BaseModel]) -> bool:
    """Whether something of a part is changed only by somebody who has just shown who it is."""
    return any(_extra(info).get("needs_proof") for info in schema.model_fields.values())


def controls(host: PluginHost, part: str, kept: Kept, place: UUID | None) -> list[Control]:
    """The settings of a part, as the page asks them for a practice or a clinic."""
    schema = host.settings[part]
    assert schema
    return [_control(host, part, name, info, kept, place) for name, info in fields(schema, place is not None).items()]


def _control(host: PluginHost, part: str, name: str, info: FieldInfo, kept: Kept, place: UUID | None) -> Control:
    default = info.get_default(call_default_factory=True)
    inherited = kept.get((None, f"{part}.{name}"), default) if place else default
    limits = {
        "min" if isinstance(one, Ge) else "max": one.ge if isinstance(one, Ge) else one.le
        for one in info.metadata
        if isinstance(one, Ge | Le)
    }
    longest = next((one.max_length for one in info.metadata if isinstance(one, MaxLen)), None)
    more = limits if _kind(info) == "number" else {"maxlength": longest} if longest and _kind(info) in ("text", "textarea") else {}
    unit = str(_extra(info).get("unit", ""))
    words = value_in_words(host, info, inherited)
    told = (info.title or name, info.description or "", _kind(info), _options(host, info), more, words, unit, _span(limits, unit))
    return Control(name, f"set_{name}", *told)


def _span(limits: Mapping[str, Any], unit: str) -> str:
    """From where to where a number goes, in words."""
    least, most = limits.get("min"), limits.get("max")
    words = f"From {least:,} to {most:,}" if least is not None and most is not None else ""
    words = words or (f"At least {least:,}" if least is not None else f"At most {most:,}" if most is not None else "")
    return f"{words} {unit}".strip() + "." if words else ""


def _options(host: PluginHost, info: FieldInfo) -> tuple[tuple[str, str], ...]:
    if _kind(info) == "tabs":
        return tuple((name, host.plugins[name].title) for name in host.tabs)
    words = _extra(info).get("words")
    return (
        tuple((one, str(words.get(one, one)) if isinstance(words, dict) else one) for one in get_args(info.annotation))
        if _kind(info) == "select"
        else ()
    )


def _kind(info: FieldInfo) -> str:
    annotation = info.annotation
    if get_origin(annotation) is Literal and all(isinstance(one, str) for one in get_args(annotation)):
        return "select"
    if get_origin(annotation) is list:
        return "tabs" if get_args(annotation) == (TabName,) else ""
    return {bool: "switch", int: "number", str: "text" if _is_line(info) else "textarea", NoneType: ""}.get(annotation or NoneType, "")


def _is_line(info: FieldInfo) -> bool:
    """Whether a text is one line: declared so (core.web.forms.Line), or short."""
    return any(one in info.metadata for one in get_args(Line)[1:]) or any(isinstance(one, MaxLen) and one.max_length <= LONG for one in info.metadata)


def _extra(info: FieldInfo) -> dict:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


@cache
def form_model(schema: type[BaseModel], at_clinic: bool) -> type[BaseModel]:
    """The form: each setting under a name that nothing else in a form has."""
    asked: dict[str, Any] = {f"set_{name}": (info.annotation, info) for name, info in fields(schema, at_clinic).items()}
    return create_model(f"{schema.__name__}Form", **asked)


def shown(host: PluginHost, part: str, kept: Kept, place: UUID | None) -> tuple[Form, dict[str, list[str]], set[str]]:
    """The form as things are: plain values, the chosen ones of lists, and which settings a clinic has of its own."""
    schema = host.settings[part]
    assert schema
    form: Form = Form()
    lists: dict[str, list[str]] = {}
    for name, info in fields(schema, place is not None).items():
        whole = kept.get((None, f"{part}.{name}"), info.get_default(call_default_factory=True))
        value = kept.get((place, f"{part}.{name}"), whole)
        if isinstance(value, list):
            lists[name] = [str(one) for one in value]
        form.values[f"set_{name}"] = ("yes" if value else "") if isinstance(value, bool) else str(value)
    return form, lists, {name for name in fields(schema, True) if place and (place, f"{part}.{name}") in kept}


def begun(host: PluginHost, part: str, place: UUID | None, typed: MultiDict) -> tuple[Form, dict[str, list[str]], set[str]]:
    """The form as it was typed before somebody had to show who it is; it has not been looked at yet."""
    schema = host.settings[part]
    assert schema
    form: Form = Form(values={name: typed.getall(name)[-1] for name in typed})
    return form, _lists(schema, place, typed), _own(schema, place, typed)


def _own(schema: type[BaseModel], place: UUID | None, typed: MultiDict) -> set[str]:
    return {name for name in fields(schema, place is not None) if typed.get(f"own_{name}") == OWN}


def _lists(schema: type[BaseModel], place: UUID | None, typed: MultiDict) -> dict[str, list[str]]:
    boxes = [name for name, info in fields(schema, place is not None).items() if _kind(info) == "tabs"]
    return {name: [one for one in typed.getall(f"set_{name}") if isinstance(one, str)] for name in boxes}


def sent(request, part: str, place: UUID | None) -> tuple[Form, dict[str, list[str]], set[str]]:
    """The form as it was typed; a clinic's settings that follow the practice are not looked at."""
    schema = request.registry.plugins.settings[part]
    form = read_form(request, form_model(schema, place is not None))
    own = _own(schema, place, request.POST)
    if place:
        form.errors = {name: words for name, words in form.errors.items() if name.removeprefix("set_") in own}
    return form, _lists(schema, place, request.POST), own


def changes(request, part: str, kept: Kept, place: UUID | None, own: set[str]) -> list[Change]:
    """What was typed as changes; only for a form without errors."""
    schema = request.registry.plugins.settings[part]
    found = []
    for name, info in fields(schema, place is not None).items():
        key, default = f"{part}.{name}", info.get_default(call_default_factory=True)
        typed = _typed(request, name, info) if not place or name in own else None
        if isinstance(typed, list):  # boxes come in the order of the page, which means nothing
            typed = next((one for one in (kept.get((place, key)), default) if isinstance(one, list) and set(one) == set(typed)), typed)
        # The practice does not keep what is the default, so that it goes with the plugin's.
        wish = None if not place and typed == default else typed
        if wish != kept.get((place, key)):
            found.append(Change(place, key, wish))
    return found


def _typed(request, name: str, info: FieldInfo) -> Any:
    answers = [one for one in request.POST.getall(f"set_{name}") if isinstance(one, str)]
    if _kind(info) == "switch":
        return "yes" in answers
    if _kind(info) == "tabs":
        return answers
    text = answers[-1].replace("\r\n", "\n").strip() if answers else ""
    if _kind(info) == "number":
        return int(text) if text else info.get_default(call_default_factory=True)
    return text if text or _kind(info) != "select" else info.get_default(call_default_factory=True)
