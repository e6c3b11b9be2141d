"""The API for people and programs that want to learn it: its description in OpenAPI, a schema for each kind, and a page to read."""

import json
from collections.abc import Iterator, Mapping

from pyramid.httpexceptions import HTTPNotFound
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.records import title_of
from core.records.api import openapi
from core.records.kinds import kinds_at

_WORDS = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "nothing (null)", "object": "object", "date": "date, such as 2026-01-31",
    "date-time": "time with its offset, such as 2026-01-31T09:00:00-07:00", "uuid": "id (UUID)",
}  # fmt: skip


@view_config(route_name="api.openapi", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="json")
def openapi_document(request):
    """The whole API as OpenAPI 3.1."""
    return _document(request)


@view_config(route_name="api.schema", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="json")
def schema(request):
    """The JSON Schema of one kind of record."""
    kinds, name = kinds_at(request.registry, request.practice_id), request.matchdict["kind"]
    if name not in kinds:
        raise HTTPNotFound()
    return openapi.schema_of(kinds, name)


@view_config(route_name="api.developers", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="developers.jinja2")
def developers_page(request):
    """How to send records and read changes, with an example of each kind."""
    document = _document(request)
    schemas = document["components"]["schemas"]
    here = sorted(kinds_at(request.registry, request.practice_id).items())
    kinds = [(name, title_of(name), schemas[name], list(_fields(schemas[name], schemas, kind.references)), _example(schemas[name])) for name, kind in here]
    changes = [(one["properties"]["kind"]["const"], one["title"]) for one in schemas["Change"]["oneOf"]]
    return {"kinds": kinds, "paths": document["paths"], "changes": changes, "address": document["servers"][0]["url"]}


def _document(request) -> openapi.Schema:
    tenant, registry = request.tenant, request.registry
    return openapi.document(tenant.name, registry.portal.address(tenant.host), kinds_at(registry, request.practice_id), registry.change_kinds)


def _fields(schema: openapi.Schema, parts: Mapping[str, openapi.Schema], references: Mapping[str, str], within: str = "") -> Iterator[tuple[str, bool, str, str]]:
    """Each field, and those of the objects in it: its name, whether it must be there, what it is, and what for. `references` are kinds that fields name."""
    for name, about in schema.get("properties", {}).items():
        if name != "kind" or within:
            sort = _sort(about)
            sort = sort.replace("text", f"your number of the {title_of(references[name]).lower()}") if name in references else sort
            yield within + name, name in schema.get("required", ()), sort, about.get("description", "").replace("`", "")
            inner, mark = _inner(about)
            if inner in parts and not within:
                yield from _fields(parts[inner], parts, {}, f"{name}{mark}.")


def _inner(about: openapi.Schema) -> tuple[str, str]:
    """Which object a field holds, and the mark of a list of them."""
    if "anyOf" in about:
        return next((found for one in about["anyOf"] if (found := _inner(one))[0]), ("", ""))
    if "items" in about:
        return _inner(about["items"])[0], "[]"
    return about.get("$ref", "").rsplit("/", 1)[-1], ""


def _sort(about: openapi.Schema) -> str:
    """What a field is, in a few words."""
    if "anyOf" in about:
        return " or ".join(_sort(one) for one in about["anyOf"])
    if "enum" in about:
        return " | ".join(map(str, about["enum"]))
    if "const" in about:
        return str(about["const"])
    if "$ref" in about:
        return _WORDS.get(about["$ref"].rsplit("/", 1)[1], "object")
    if about.get("type") == "array":
        return f"list of {_sort(about.get('items', {}))}"
    return _WORDS.get(about.get("format", ""), "") or _WORDS.get(about.get("type", ""), str(about.get("type", "anything")))


def _example(schema: openapi.Schema) -> str:
    """The first example of a kind as it is sent; nothing where there is none."""
    return json.dumps(schema["examples"][0], indent=2, ensure_ascii=False) if schema.get("examples") else ""


def includeme(config) -> None:
    """Add the addresses."""
    config.add_route("api.openapi", "/api/v1/openapi.json")
    config.add_route("api.schema", "/api/v1/schemas/{kind}.json")
    config.add_route("api.developers", "/developers")
    config.scan("core.records.api.pages")
