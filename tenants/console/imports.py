"""Files of records at the office: sent, checked, looked at, and only then taken in; the work is done behind the request (core/records/importing)."""

import re
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import standing
from core.auth.entering import need_proof
from core.files import NoSuchFile
from core.records import OUTCOMES, title_of
from core.records.importing import imports
from core.records.importing.imports import By, CannotNow, Sent, WrongFile
from core.records.importing.keeping import AT_WORK, DAYS
from core.records.importing.readers import Columns, Matching, Reader, WrongChoice, readers_at
from core.records.importing.taking import Report
from core.records.importing.work import MOST_TOLD, length
from core.records.models import SOURCE, RecordsImport
from core.web.forms import Form, Line, begun_form, empty_form, read_form
from tenants.console.addresses import need_whole_practice
from tenants.console.patients import id_in_path
from tenants.looking_again import look_again

MAKE = "office.imports.make"
SECONDS = 3
"""So often the page looks again by itself."""
MOST_MAPPING = 100_000
STATES = {
    "matching": ("Columns to match", "warn"), "checking": ("Being checked", "info"), "checked": ("Checked", "info"), "taking": ("Being taken in", "info"),
    "done": ("Taken in", "good"), "stopped": ("Stopped", ""), "failed": ("Failed", "bad"),
}  # fmt: skip


class FileForm(BaseModel):
    """What is said with a file: what reads it, with what its reader asks, behind a colon; where it comes from; and whose numbers stand in it."""

    what: Line = Field(title="What it is", max_length=100, json_schema_extra={"missing": "Say what the file is."})
    source: Line = Field(title="Where it comes from", max_length=60, json_schema_extra={"missing": "Give the system that the file comes from a short name, such as dentrix."})
    whose: Literal["own", "second"] = Field(title="Whose numbers", json_schema_extra={"missing": "Say whose numbers stand in the file."})

    @field_validator("source")
    @classmethod
    def _can_be_called_so(cls, words: str) -> str:
        source = re.sub("[^a-z0-9._-]+", "-", words.lower()).strip("-")
        if not re.fullmatch(SOURCE, source):
            raise ValueError("Give the system a short name that begins with a letter, such as dentrix.")
        return source


class ShownReport(NamedTuple):
    """A report as it is shown. `rows` are the kinds with their numbers, `outcomes` the columns."""

    report: Report
    outcomes: dict[str, str]
    rows: list[tuple[str, list[int]]]
    is_cut: bool


@view_config(route_name="office.imports", permission=MAKE, request_method="GET", renderer="console/imports.jinja2")
def imports_page(request):
    """What was taken in, and the form for the next file."""
    need_whole_practice(request)
    return _values(request, begun_form(request, whose="own"))


@view_config(route_name="office.imports", permission=MAKE, request_method="POST", renderer="console/imports.jinja2")
def send(request):
    """Keep a file, and have it checked; a table's columns are matched first."""
    need_whole_practice(request)
    form = read_form(request, FileForm)
    one = _sent(request, form, form.data) if form.data else None
    if one is None:
        request.response.status = "422 Unprocessable Content"
        return _values(request, form)
    return HTTPSeeOther(request.route_path("office.imports.one", id=one.id))


@view_config(route_name="office.imports.one", permission=MAKE, request_method="GET", renderer="console/import.jinja2")
def import_page(request):
    """How far a file is, and what came of it; or its columns, to be matched."""
    one = _found(request)
    request.audit("office.import.view", target_id=one.id)
    return _shown(request, one, empty_form(**{f"column-{number}": one.columns.get(name, "") for number, name in enumerate(one.headings)}))


@view_config(route_name="office.imports.match", permission=MAKE, request_method="POST", renderer="console/import.jinja2")
def match(request):
    """Which column is what, as somebody says; then the file is checked."""
    one = _found(request, is_changed=True)
    matching = _matching(request, one)
    if one.state != "matching" or one.erased_at or matching is None:
        return _back(request, one)
    form: Form = Form(values={f"column-{number}": _field(request, number) for number in range(len(one.headings))})
    fields = {name: field for number, name in enumerate(one.headings) if name and (field := form.values[f"column-{number}"])}
    try:
        imports.match(request.db, matching, one, fields, request.whole_tenant.time_zone, _by(request))
    except (WrongChoice, CannotNow) as wrong:
        form.refuse(str(wrong))
        request.response.status = "422 Unprocessable Content"
        return _shown(request, one, form)
    request.audit("office.import.match", target_id=one.id)
    return _back(request, one)


@view_config(route_name="office.imports.again", permission=MAKE, request_method="POST")
def do_again(request):
    """Match the columns anew, check a file once more, or have work go on that broke off."""
    one = _found(request, is_changed=True)
    if one.erased_at:
        return _back(request, one)
    if request.POST.get("what") == "match":
        imports.match_anew(one)
    elif imports.is_broken(one, request.now):
        imports.go_on(request.db, one)
    elif one.state in ("stopped", "failed", "checked") and one.run_id is None:
        _try(request, lambda: imports.check(request.db, one, _by(request)))
    return _back(request, one)


@view_config(route_name="office.imports.take", permission=MAKE, request_method="POST")
def take(request):
    """Take in what was checked, or go on where it was stopped."""
    one = _found(request, is_changed=True)
    need_proof(request, request.route_path("office.imports.one", id=one.id))
    may = one.state == "checked" or (one.state in ("stopped", "failed") and one.run_id is not None)
    if may and not one.erased_at:
        _try(request, lambda: imports.take(request.db, one, _by(request)))
    return _back(request, one)


@view_config(route_name="office.imports.stop", permission=MAKE, request_method="POST")
def stop(request):
    """Check or take in no more of it."""
    one = _found(request, is_changed=True)
    imports.stop(request.db, one, _by(request))
    return _back(request, one)


@view_config(route_name="office.imports.discard", permission=MAKE, request_method="POST")
def discard(request):
    """Throw the file away; what came of it stays."""
    one = _found(request, is_changed=True)
    if _try(request, lambda: imports.discard(request.db, request.files, one, _by(request))):
        request.session.flash("The file is thrown away. What came of it stays on this list.")
        return HTTPSeeOther(request.route_path("office.imports"))
    return _back(request, one)


def _sent(request, form: Form, typed: FileForm) -> RecordsImport | None:
    """The import of the file that was sent; None, with what is wrong said in the form."""
    name, _, choice = typed.what.partition(":")
    reader, file, mapping = readers_at(request.registry, request.practice_id).get(name), request.POST.get("file", ""), request.POST.get("mapping", "")
    if reader is None or choice not in ("", *reader.choices):
        form.refuse("Say what the file is.", "what")
        return None
    if not getattr(file, "filename", ""):
        form.refuse("Choose the file.", "file")
        return None
    words = mapping.file.read(MOST_MAPPING + 1) if getattr(mapping, "filename", "") and reader.takes_mapping and not choice else b""
    try:
        sent = Sent(file.filename, file.file, choice, typed.source, typed.whose == "second", words)
        with request.db.begin_nested():
            return imports.begin(request.db, request.files, reader, sent, request.whole_tenant.time_zone, _by(request))
    except WrongFile as wrong:
        form.refuse(str(wrong), "file")
    except WrongChoice as wrong:
        form.refuse(str(wrong), "mapping" if reader.takes_mapping and not choice else "file")
    except CannotNow as wrong:
        form.refuse(str(wrong))
    return None


def _found(request, is_changed: bool = False) -> RecordsImport:
    """The import of the address. Raises HTTPNotFound."""
    need_whole_practice(request)
    one = imports.find(request.db, request.practice_id, id_in_path(request), is_changed)
    if one is None:
        raise HTTPNotFound()
    return one


def _by(request) -> By:
    return By(request.identity.account_id, request.now)


def _back(request, one: RecordsImport) -> HTTPSeeOther:
    return HTTPSeeOther(request.route_path("office.imports.one", id=one.id))


def _try(request, do) -> bool:
    try:
        do()
    except CannotNow as refusal:
        request.session.flash(str(refusal))
        return False
    return True


def _field(request, number: int) -> str:
    value = request.POST.get(f"column-{number}", "")
    return value if isinstance(value, str) else ""


def _reader(request, one: RecordsImport) -> Reader | None:
    return readers_at(request.registry, request.practice_id).get(one.reader)


def _matching(request, one: RecordsImport) -> Matching | None:
    reader = _reader(request, one)
    return reader.matching if reader else None


def _columns(request, one: RecordsImport) -> Columns | None:
    matching = _matching(request, one)
    if one.state != "matching" or one.erased_at or matching is None:
        return None
    try:
        return imports.columns_of(request.files, matching, one, request.whole_tenant.time_zone)
    except (NoSuchFile, WrongChoice):
        return None


def _what(readers: dict[str, Reader], one: RecordsImport) -> str:
    """A file in words."""
    reader = readers.get(one.reader)
    if reader is None:
        return one.reader.capitalize()
    return f"{reader.title}: {reader.choices[one.choice]}" if one.choice in reader.choices else reader.title


def _options(readers: dict[str, Reader]) -> list[tuple[str, str]]:
    """What a file may be: each reader, with each of what it asks besides."""
    found = []
    for reader in readers.values():
        found += [(f"{reader.name}:{choice}", f"{reader.title}: {words}") for choice, words in reader.choices.items()]
        if reader.takes_mapping or not reader.choices:
            title = f"{reader.title}, told by a file of your own" if reader.choices else reader.title
            found.append((f"{reader.name}:" if reader.takes_mapping else reader.name, title))
    return found


def _report(one: RecordsImport) -> ShownReport | None:
    report = Report.of(MOST_TOLD, one.report)
    if not report.whole and not report.left_out:
        return None
    there: dict[str, str] = {outcome: words for outcome, words in OUTCOMES.items() if any(outcome in of_kind for of_kind in report.counts.values())}
    kinds = sorted({*report.counts, *report.looked_at})
    rows = [(title_of(kind), [report.counts.get(kind, {}).get(outcome, 0) for outcome in there] + ([report.looked_at[kind]] if report.looked_at else [])) for kind in kinds]
    return ShownReport(report, {**there, **({"": "only looked at"} if report.looked_at else {})}, rows, bool(one.report.get("is_cut")))


def _shown(request, one: RecordsImport, form: Form) -> dict[str, Any]:
    readers = readers_at(request.registry, request.practice_id)
    reader = readers.get(one.reader)
    return {
        "one": one, "form": form, "what": _what(readers, one), "states": STATES, "report": _report(one), "columns": _columns(request, one), "days": DAYS,
        "length": length(reader, one) if reader else one.size, "is_at_work": one.state in AT_WORK, "is_broken": imports.is_broken(one, request.now),
        "names": standing.names_of(request.db, request.practice_id, {one.asked_by_id} if one.asked_by_id else set()), "most_told": MOST_TOLD,
        "looking": look_again(request, one.began_at if one.state in AT_WORK else None, SECONDS),
    }  # fmt: skip


def _values(request, form: Form) -> dict[str, Any]:
    rows, readers = imports.listed(request.db, request.practice_id), readers_at(request.registry, request.practice_id)
    names = standing.names_of(request.db, request.practice_id, {one.asked_by_id for one in rows if one.asked_by_id})
    request.audit("office.imports.view")
    return {
        "form": form, "rows": [(one, _what(readers, one), Report.of(MOST_TOLD, one.report)) for one in rows], "names": names, "states": STATES, "options": _options(readers), "readers": readers.values(),
        "days": DAYS, "most_bytes": imports.MOST_BYTES, "accept": ",".join(sorted({suffix for reader in readers.values() for suffix in reader.suffixes})),
    }  # fmt: skip


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.imports", "/office/imports")
    config.add_route("office.imports.one", "/office/imports/{id}")
    for act in ("match", "again", "take", "stop", "discard"):
        config.add_route(f"office.imports.{act}", f"/office/imports/{{id}}/{act}")
    config.take_files("office.imports", "file", "mapping")
    config.scan("tenants.console.imports")
