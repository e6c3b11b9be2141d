"""The addresses below `/api/v1` by which a practice's system sends records and files."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import Field
from pyramid.httpexceptions import HTTPNoContent
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core import audit
from core.records import Answer, refusals, runs, uploaded
from core.records.api.asking import with_key
from core.records.api.models import ApiKey
from core.records.api.problems import Problem
from core.records.api.reading import Batch, Strict, read_batch, read_object
from core.records.kinds import kinds_at
from core.records.models import RecordsRun
from core.records.snapshots import TooManyGone

NOT_YOURS = "This key may not send records of this kind."


class RunBegins(Strict):
    """What begins a run over several requests. Of the kinds in `snapshot` it will bring all that there is."""

    source: str = Field(pattern=runs.SOURCE)
    snapshot: list[str] = Field([], max_length=100)


class RunEnds(Strict):
    """What ends a run. Of the kinds in `unchanged` the source knows that nothing has changed since they came last."""

    unchanged: list[str] = Field([], max_length=100)
    all_may_go: bool = False


class UploadBegins(Strict):
    """What announces a file."""

    kind: str
    size: int = Field(ge=1)
    content_type: str = Field(max_length=100)
    sha256: str


@view_config(route_name="api.records", permission=NO_PERMISSION_REQUIRED, request_method="POST", require_csrf=False, renderer="json")
@with_key
def send_records(request):
    """Take a batch in, in one transaction; answers in its order."""
    _need(request.api_key.sends, "This key may not send records.")
    batch = read_batch(request)
    run = _run_of(request, batch)
    kinds = kinds_at(request.registry, request.practice_id)
    wrong = [_why_not(request.api_key, run, record) for record in batch.records]
    mine = [record for record, why in zip(batch.records, wrong, strict=True) if not why]
    taken = iter(runs.take_in(request.db, run, kinds, mine, request.now))
    if not batch.run:
        runs.end(request.db, run, kinds, request.now)
    _audit(request, "api.records.send")
    answers = [_refused(record, *why) if why else next(taken) for record, why in zip(batch.records, wrong, strict=True)]
    return {"run": str(run.id), "answers": list(_told(answers, batch.pointers))}


@view_config(route_name="api.runs", permission=NO_PERMISSION_REQUIRED, request_method="POST", require_csrf=False, renderer="json")
@with_key
def begin_run(request):
    """Begin a run over several requests."""
    _need(request.api_key.sends, "This key may not send records.")
    begins = read_object(request, RunBegins)
    known = kinds_at(request.registry, request.practice_id)
    for place, kind in enumerate(begins.snapshot):
        if kind not in known or not request.api_key.may_send(kind):
            raise Problem(422, "There is no such kind of record here, or this key may not send it.", f"/snapshot/{place}")
    run = runs.begin(begins.source, request.now, begins.snapshot)
    runs.keep(request.db, run, request.now)
    _audit(request, "api.run.begin")
    request.response.status_int = 201
    return _run(request.db.get_one(RecordsRun, (request.practice_id, run.id)), request.now)


@view_config(route_name="api.runs.one", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="json")
@with_key
def see_run(request):
    """How a run is."""
    _need(request.api_key.sends, "This key may not send records.")
    row = request.db.get(RecordsRun, (request.practice_id, _id(request)))
    if row is None:
        raise Problem(404, "There is no such run.")
    return _run(row, request.now)


@view_config(route_name="api.runs.end", permission=NO_PERMISSION_REQUIRED, request_method="POST", require_csrf=False, renderer="json")
@with_key
def end_run(request):
    """End a run; of the kinds of which it brought all, what it did not bring is taken out."""
    _need(request.api_key.sends, "This key may not send records.")
    ends = read_object(request, RunEnds)
    run = _going(request, _id(request))
    _need(all(map(request.api_key.may_send, run.snapshot)), "This key may not send records of all kinds of this run.")
    try:
        runs.end(request.db, run, kinds_at(request.registry, request.practice_id), request.now, ends.unchanged, ends.all_may_go)
    except TooManyGone as many:
        raise Problem(409, str(many), "/all_may_go") from None
    _audit(request, "api.run.end")
    return _run(request.db.get_one(RecordsRun, (request.practice_id, run.id)), request.now)


@view_config(route_name="api.uploads", permission=NO_PERMISSION_REQUIRED, request_method="POST", require_csrf=False, renderer="json")
@with_key
def begin_upload(request):
    """Announce a file, and learn where to send it."""
    begins = read_object(request, UploadBegins)
    _need(request.api_key.may_send(begins.kind), NOT_YOURS)
    kinds = kinds_at(request.registry, request.practice_id)
    announced = uploaded.Announced(begins.kind, begins.size, begins.content_type, begins.sha256)
    try:
        begun = uploaded.begin(request.db, request.files, kinds, announced, request.now)
    except uploaded.WrongUpload as wrong:
        raise Problem(422, str(wrong), f"/{wrong.field}" if wrong.field else "") from None
    _audit(request, "api.upload.begin")
    request.response.status_int = 201
    address = begun.address or request.route_url("api.uploads.one", id=begun.id)
    return {"upload": str(begun.id), "state": begun.state, "until": begun.expires_at.isoformat(), "address": address, "headers": dict(begun.headers)}


@view_config(route_name="api.uploads.one", permission=NO_PERMISSION_REQUIRED, request_method="PUT", require_csrf=False)
@with_key
def receive_upload(request):
    """Take the bytes of a file, where they come by the portal itself."""
    _need(request.api_key.sends, "This key may not send records.")
    try:
        uploaded.receive(request.db, request.files, _id(request), request.body_file, request.now)
    except uploaded.NoSuchUpload:
        raise Problem(404, "There is no such upload here, or its time is over: begin a new one.") from None
    except uploaded.WrongUpload as wrong:
        raise Problem(422, str(wrong)) from None
    return HTTPNoContent()


def _need(may: bool, words: str) -> None:
    if not may:
        raise Problem(403, words)


def _run_of(request, batch: Batch) -> runs.Run:
    if batch.run:
        try:
            return replace(_going(request, UUID(batch.run)), is_second=request.api_key.is_second)
        except ValueError:
            raise Problem(422, "It must be the id of a run that you have begun.", "/run") from None
    try:
        return runs.begin(batch.source, request.now, is_second=request.api_key.is_second)
    except runs.WrongSource as wrong:
        raise Problem(422, str(wrong), "/source") from None


def _going(request, run_id: UUID) -> runs.Run:
    try:
        return runs.going(request.db, run_id)
    except runs.UnknownRun as unknown:
        raise Problem(404, str(unknown)) from None


def _id(request) -> UUID:
    try:
        return UUID(request.matchdict["id"])
    except ValueError:
        raise Problem(404, "There is nothing at this address.") from None


def _why_not(key: ApiKey, run: runs.Run, record: dict[str, Any]) -> tuple[str, str] | None:
    """Why a key may not send this record, and which field says so."""
    if not key.may_send(str(record.get("kind", ""))):
        return NOT_YOURS, "kind"
    # The same number may be somebody else in the practice's own system.
    if key.is_second and not str(record.get("external_id", "")).startswith(f"{run.source}:"):
        return f"external_id: the key is of another system than the practice's, so its numbers begin with {run.source}: and are nobody else's.", "external_id"
    return None


def _refused(record: dict[str, Any], why: str, where: str) -> Answer:
    return Answer(str(record.get("kind", "")), str(record.get("external_id", "")), "refused", why, where)


def _told(answers: Iterable[Answer], pointers: Iterable[str]):
    for answer, pointer in zip(answers, pointers, strict=True):
        told = {"kind": answer.kind, "external_id": answer.external_id, "outcome": answer.outcome}
        yield told | ({"reason": answer.reason, "pointer": _pointer(pointer, answer.where)} if answer.outcome == refusals.REFUSED else {})


def _pointer(record: str, where: str) -> str:
    return record + ("/" + where.replace(".", "/") if where else "")


def _run(row: RecordsRun, now) -> dict[str, Any]:
    return {
        "run": str(row.id), "source": row.source, "snapshot": row.snapshot, "state": runs.state_of(row, now), "counts": row.counts, "failure": row.failure,
        "started_at": row.started_at.isoformat(), "ended_at": row.ended_at.isoformat() if row.ended_at else None,
    }  # fmt: skip


def _audit(request, action: str) -> None:
    audit.record(request.db, request.practice_id, action, request.now, target_id=request.api_key.id)


def includeme(config) -> None:
    """Add the addresses."""
    config.add_route("api.records", "/api/v1/records")
    config.add_route("api.runs", "/api/v1/runs")
    config.add_route("api.runs.one", "/api/v1/runs/{id}")
    config.add_route("api.runs.end", "/api/v1/runs/{id}/end")
    config.add_route("api.uploads", "/api/v1/uploads")
    config.add_route("api.uploads.one", "/api/v1/uploads/{id}")
    config.include("core.records.api.changes")
    config.scan("core.records.api.problems")
    config.scan("core.records.api.views")
