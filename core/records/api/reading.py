"""Reading what a system sends: JSON or lines of JSON, packed or not, within limits. Whatever is wrong is said with its place; nothing is guessed."""

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from core.records.api.problems import Problem

MOST_RECORDS = 1_000
MOST_BYTES = 20_000_000
"""So much a batch may have, packed or unpacked."""
JSON, LINES = "application/json", "application/x-ndjson"


@dataclass
class Batch:
    """What was sent to `/api/v1/records`. `pointers` say where each record stands in it."""

    records: list[dict[str, Any]]
    source: str = ""
    run: str = ""
    pointers: list[str] = field(default_factory=list)


def read_batch(request) -> Batch:
    """The batch of a request. Raises Problem."""
    content_type = request.content_type or ""
    if content_type not in (JSON, LINES):
        raise Problem(415, f"Send records as {JSON}, or one on each line as {LINES}.")
    text = _text(request)
    batch = _of_json(text) if content_type == JSON else _of_lines(text, request)
    if not batch.records:
        raise Problem(422, "There is no record in it.", "/records")
    return batch


def read_object(request, schema: type[BaseModel]) -> Any:
    """The object of a request, checked. Raises Problem."""
    if (request.content_type or "") != JSON:
        raise Problem(415, f"Send it as {JSON}.")
    found = _json(_text(request))
    if not isinstance(found, dict):
        raise Problem(422, "It must be one object in JSON.")
    try:
        return schema.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        raise Problem(422, f"{first['msg']}.", "".join(f"/{part}" for part in first["loc"])) from None


class Strict(BaseModel):
    """An object in which nothing stands that is not known."""

    model_config = ConfigDict(extra="forbid")


def _of_json(text: str) -> Batch:
    found = _json(text)
    if not isinstance(found, dict) or not isinstance(found.get("records"), list):
        raise Problem(422, 'Send one object in JSON: {"source": …, "records": […]}.', "" if not isinstance(found, dict) else "/records")
    for name in found:
        if name not in ("source", "run", "records"):
            raise Problem(422, "Beside source, run and records there is nothing that could stand here.", f"/{_escaped(name)}")
    for name in ("source", "run"):
        if not isinstance(found.get(name, ""), str):
            raise Problem(422, "It must be text.", f"/{name}")
    return Batch(found["records"], found.get("source", ""), found.get("run", ""), list(_places(found["records"])))


def _places(records: list[Any]) -> Iterator[str]:
    """Where each record of a list stands. Raises Problem."""
    for place, record in enumerate(records):
        if place == MOST_RECORDS:
            raise _too_many(f"/records/{place}")
        if not isinstance(record, dict):
            raise Problem(422, "A record is an object.", f"/records/{place}")
        yield f"/records/{place}"


def _of_lines(text: str, request) -> Batch:
    batch = Batch([], request.GET.get("source", ""), request.GET.get("run", ""))
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            if len(batch.records) == MOST_RECORDS:
                raise _too_many(f"line {number}")
            record = _json(line, number)
            if not isinstance(record, dict):
                raise Problem(422, "A line holds one record, which is an object.", f"line {number}")
            batch.records.append(record)
            batch.pointers.append(f"line {number}")
    return batch


def _text(request) -> str:
    packing = request.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip"):
        raise Problem(415, "Send it as it is, or packed with gzip.")
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_long()
    body = request.body_file.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise _too_long()
    body = _unpacked(body) if packing == "gzip" else body
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(400, "It must be text in UTF-8.", f"byte {error.start}") from None


def _unpacked(body: bytes) -> bytes:
    # 31: with the header of gzip. What would be longer is never made.
    unpacking = zlib.decompressobj(31)
    try:
        found = unpacking.decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise Problem(400, "It is not packed with gzip, or was damaged on the way.") from None
    if len(found) > MOST_BYTES:
        raise _too_long()
    if not unpacking.eof or unpacking.unused_data:
        raise Problem(400, "What is packed with gzip has no end, or something follows it.")
    return found


def _too_long() -> Problem:
    return Problem(413, f"A batch has at most {MOST_BYTES // 1_000_000} MB, packed or unpacked. Send the others in the next one.")


def _too_many(pointer: str) -> Problem:
    return Problem(413, f"A batch has at most {MOST_RECORDS:,} records. Send the others in the next one.", pointer)


def _json(text: str, line: int = 0) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_without_doubles)
    except _Double as double:
        raise Problem(400, f"One object has the name {str(double)[:60]!r} twice, so that nobody knows which counts.", f"line {line}" if line else "") from None
    except json.JSONDecodeError as error:
        raise Problem(400, "It is no JSON from here on.", f"line {line or error.lineno}, column {error.colno}") from None
    except ValueError as error:
        raise Problem(400, "A number in it is none in JSON, or is too long.", f"line {line}" if line else "") from error
    except RecursionError:
        raise Problem(400, "It is nested too deeply.", f"line {line}" if line else "") from None


class _Double(Exception):
    """One name stands twice in an object."""


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Double(next(name for name, often in Counter(name for name, _ in pairs).items() if often > 1))
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number in JSON")


def _escaped(name: str) -> str:
    """A name as a part of a JSON pointer (RFC 6901)."""
    return name[:60].replace("~", "~0").replace("/", "~1")
