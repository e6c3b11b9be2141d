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

from core.plugins import PluginHost
from core.settings import TabName
from core.web.forms import Form, read_form
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
    words = value_in_words(host, info, inherited)
    return Control(name, f"set_{name}", info.title or name, info.description or "", _kind(info), _options(host, info), more, words)


def _options(host: PluginHost, info: FieldInfo) -> tuple[tuple[str, str], ...]:
    if _kind(info) == "tabs":
        return tuple((name, plugin.title) for name, plugin in host.plugins.items())
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
    longest = next((one.max_length for one in info.metadata if isinstance(one, MaxLen)), LONG + 1)
    return {bool: "switch", int: "number", str: "text" if longest <= LONG else "textarea", NoneType: ""}.get(annotation or NoneType, "")


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


def sent(request, part: str, place: UUID | None) -> tuple[Form, dict[str, list[str]], set[str]]:
    """The form as it was typed; a clinic's settings that follow the practice are not looked at."""
    schema = request.registry.plugins.settings[part]
    asked, post = fields(schema, place is not None), request.POST
    form = read_form(request, form_model(schema, place is not None))
    own = {name for name in asked if post.get(f"own_{name}") == OWN}
    if place:
        form.errors = {name: words for name, words in form.errors.items() if name.removeprefix("set_") in own}
    lists = {
        name: [one for one in post.getall(f"set_{name}") if isinstance(one, str)] for name, info in asked.items() if _kind(info) == "tabs"
    }
    return form, lists, own


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
