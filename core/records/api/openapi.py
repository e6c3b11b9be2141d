"""What the API takes and gives, described for programs: OpenAPI 3.1, and a JSON Schema (2020-12) for each kind of record."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic.json_schema import models_json_schema

from core.records import OUTCOMES, Record, RecordKind
from core.records.api.problems import CONTENT_TYPE
from core.records.api.reading import JSON, LINES, MOST_RECORDS
from core.records.changes import MOST, ChangeKind
from core.records.models import SOURCE

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLACE = "#/components/schemas/{model}"


def schemas_of(kinds: Mapping[str, RecordKind]) -> dict[str, Schema]:
    """A schema for each kind by its name, as a record of it is sent, and those of their parts; a reference leads to the components of the whole."""
    return dict(_schemas(tuple((name, kind.schema) for name, kind in sorted(kinds.items()))))


@lru_cache(maxsize=200)
def _schemas(models: tuple[tuple[str, type[Record]], ...]) -> dict[str, Schema]:
    # Made once for each choice of tabs: it takes a tenth of a second, and anybody may ask for it.
    keys, found = models_json_schema([(model, "validation") for _, model in models], ref_template=_PLACE)
    parts: dict[str, Schema] = found.get("$defs", {})
    for name, model in models:
        title = keys[(model, "validation")]["$ref"].rsplit("/", 1)[1]
        schema = parts.pop(title)
        schema["properties"] = {"kind": {"const": name}, **schema["properties"]}
        schema["required"] = ["kind", *schema.get("required", ())]
        if examples := schema.pop("examples", None):
            schema["examples"] = [{"kind": name} | example for example in examples]
        parts[name] = schema | {"title": name}
    return parts


def schema_of(kinds: Mapping[str, RecordKind], name: str) -> Schema:
    """The schema of one kind, whole in itself."""
    parts = schemas_of({name: kinds[name]})
    whole = parts.pop(name)
    return _moved({"$schema": DIALECT, **whole, **({"$defs": parts} if parts else {})})


def document(practice: str, address: str, kinds: Mapping[str, RecordKind], changes: Mapping[str, ChangeKind]) -> Schema:
    """The whole API of a practice, as the tabs are that it has on."""
    return {
        "openapi": "3.1.0",
        "info": {"title": f"The patient portal of {practice}", "version": "1", "description": "Records in, changes out. Every request brings a key of the practice."},
        "servers": [{"url": f"{address}/api/v1"}],
        "security": [{"key": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key that the office has made: cuspid_… With one that was made for another system than the practice's, the numbers of its records begin with the source and a colon, and people are matched with those who are here."}},
            "schemas": schemas_of(kinds) | _own(sorted(kinds)) | _changes(changes),
            "responses": {"Problem": {"description": "It was refused as a whole, and nothing of it was kept.", "content": {CONTENT_TYPE: _ref("Problem")}}},
        },
    }


def _moved(value: Any) -> Any:
    """The same with references within itself."""
    if isinstance(value, dict):
        return {name: part.replace("#/components/schemas/", "#/$defs/") if name == "$ref" else _moved(part) for name, part in value.items()}
    return [_moved(one) for one in value] if isinstance(value, list) else value


def _ref(name: str) -> Schema:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _object(required: str = "", **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, **({"required": required.split()} if required else {})}


TEXT, TIME, ID, YES_NO = {"type": "string"}, {"type": "string", "format": "date-time"}, {"type": "string", "format": "uuid"}, {"type": "boolean"}
_KINDS = {"type": "array", "items": TEXT}


def _own(kinds: list[str]) -> dict[str, Schema]:
    source = {"type": "string", "pattern": SOURCE, "description": "What the office reads as where they come from."}
    deleted = _object("kind external_id deleted", kind=TEXT | {"enum": kinds}, external_id=TEXT | {"maxLength": 200}, deleted={"const": True})
    return {
        "Record": {"oneOf": [*({"$ref": _PLACE.format(model=kind)} for kind in kinds), {"$ref": _PLACE.format(model="Deleted")}]},
        "Deleted": deleted | {"description": "What is not there any more in the practice's system."},
        "Batch": _object("records", source=source, run=ID, records={"type": "array", "minItems": 1, "maxItems": MOST_RECORDS, "items": {"$ref": _PLACE.format(model="Record")}}),
        "Answer": _object(
            "kind external_id outcome", kind=TEXT, external_id=TEXT, outcome=TEXT | {"enum": list(OUTCOMES)}, reason=TEXT, pointer=TEXT | {"description": "The place in what was sent."}
        ),
        "Answers": _object("run answers", run=ID, answers={"type": "array", "items": {"$ref": _PLACE.format(model="Answer")}}),
        "RunBegins": _object("source", source=source, snapshot=_KINDS | {"description": "Kinds of which the run brings all that there is."}),
        "RunEnds": _object(unchanged=_KINDS, all_may_go=YES_NO),
        "Run": _object("run source state counts", run=ID, source=TEXT, snapshot=_KINDS, state=TEXT, counts={"type": "object"}, failure=TEXT, started_at=TIME, ended_at={"type": ["string", "null"], "format": "date-time"}),
        "UploadBegins": _object("kind size content_type sha256", kind=TEXT, size={"type": "integer", "minimum": 1}, content_type=TEXT, sha256=TEXT | {"pattern": "^[0-9a-f]{64}$"}),
        "Upload": _object("upload state until address headers", upload=ID, state=TEXT, until=TIME, address=TEXT | {"format": "uri"}, headers={"type": "object", "additionalProperties": TEXT}),
        "Problem": _object("type title status detail reference", type=TEXT, title=TEXT, status={"type": "integer"}, detail=TEXT, pointer=TEXT, reference=TEXT),
    }  # fmt: skip


def _changes(kinds: Mapping[str, ChangeKind]) -> dict[str, Schema]:
    models = {name: kind.schema for name, kind in sorted(kinds.items())}
    keys, found = models_json_schema([(model, "serialization") for model in dict.fromkeys(models.values())], ref_template=_PLACE)
    data = {name: keys[(model, "serialization")] for name, model in models.items()}
    thing = _object("portal_id external_id", portal_id=ID, external_id={"type": ["string", "null"]})
    about: Schema = {"number": {"type": "integer"}, "id": ID, "at": TIME, "patient": {"oneOf": [thing, {"type": "null"}]}, "target_kind": TEXT, "target": thing}
    each = [_object("number id kind at data", kind={"const": name}, data=schema, **about) | {"title": kinds[name].title} for name, schema in data.items()]
    return {**found.get("$defs", {}), "Change": {"oneOf": each}, "Changes": _object("changes acknowledged", acknowledged={"type": "integer", "description": "Up to which number this key has dealt with all."}, changes={"type": "array", "items": {"$ref": _PLACE.format(model="Change")}})}


def _paths() -> dict[str, Any]:
    one_run = [{"name": "id", "in": "path", "required": True, "schema": ID}]
    packed = {"name": "Content-Encoding", "in": "header", "description": "The body may be packed.", "schema": TEXT | {"enum": ["gzip", "identity"]}}
    lines = {"name": "source", "in": "query", "description": "For lines of JSON: what else stands beside the records.", "schema": TEXT}
    pages = [{"name": "after", "in": "query", "schema": {"type": "integer"}}, {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": MOST}}]
    return {
        "/records": {"post": _operation("Send a batch of records", "Batch", "Answers", 200, parameters=[lines, lines | {"name": "run"}, packed], also={LINES: {"schema": TEXT}})},
        "/runs": {"post": _operation("Begin a run over several batches", "RunBegins", "Run", 201)},
        "/runs/{id}": {"get": _operation("See how a run is", "", "Run", 200, parameters=one_run)},
        "/runs/{id}/end": {"post": _operation("End a run", "RunEnds", "Run", 200, parameters=one_run)},
        "/uploads": {"post": _operation("Announce a file", "UploadBegins", "Upload", 201)},
        "/uploads/{id}": {"put": _operation("Send a file", "File", "", 204, parameters=one_run)},
        "/changes": {"get": _operation("Read what was done in the portal", "", "Changes", 200, parameters=pages)},
        "/changes/{id}/file": {"get": _operation("Fetch the file of a change", "", "Bytes", 200, parameters=one_run)},
        "/changes/acknowledge": {"post": _operation("Say up to where you have dealt with it", "Until", "", 204)},
    }


def _operation(summary: str, asks: str, answers: str, status: int, parameters: Any = (), also: Mapping[str, Any] | None = None) -> Schema:
    found: Schema = {"summary": summary, "operationId": summary.lower().replace(" ", "_"), "parameters": list(parameters)}
    if asks == "File":
        found["requestBody"] = {"required": True, "content": {"*/*": {}}}
    elif asks:
        schema = _ref(asks) if asks != "Until" else {"schema": _object("until", until={"type": "integer"})}
        found["requestBody"] = {"required": True, "content": {JSON: schema, **(also or {})}}
    content: Schema = {"*/*": {}} if answers == "Bytes" else {JSON: _ref(answers)} if answers else {}
    good = {"description": "Done", **({"content": content} if content else {})}
    return found | {"responses": {str(status): good, "default": {"$ref": "#/components/responses/Problem"}}}
