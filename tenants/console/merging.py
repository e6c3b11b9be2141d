"""Making one chart of two: choosing the other one, seeing both side by side, and doing it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import standing
from core.auth.entering import need_proof
from core.auth.likeness import likenesses
from core.auth.matching import Typed
from core.people import charts
from core.people.alike import letters
from core.people.finding import find, patient_at
from core.people.merging import FOLLOWED, LONGEST_REASON, SHORTEST_REASON, CannotMerge, merge
from core.people.models import MergedChart, Patient
from core.people.pictures import KEPT
from core.people.unmerging import can_undo, merged_into
from core.people.wanted import LONGEST, read_wanted
from core.web.asked import read_asked, write_asked
from core.web.forms import Form, begun_form, empty_form, read_form
from tenants.console.patients import clinic_names, patient_of, tab_titles

MERGE, ABOUT = "office.patients.merge", "merge"


@dataclass(frozen=True)
class Merged:
    """A chart that became part of another one, as the office reads of it. `name` and `birthdate` are known for 90 days; `by` is an account, or
    None where the practice's system did it."""

    id: UUID
    number: str | None
    name: str
    birthdate: date | None
    clinic_id: UUID | None
    at: datetime
    reason: str
    by: UUID | None
    is_followed: bool
    can_undo: bool

    @classmethod
    def of(cls, row: MergedChart) -> "Merged":
        """A row as it is read."""
        chart = (row.was or {}).get("chart", {})
        born, clinic = chart.get("birthdate"), chart.get("clinic_id")
        return cls(
            row.id, row.external_id, f"{chart.get('first_name', '')} {chart.get('last_name', '')}".strip(), date.fromisoformat(born) if born else None,
            UUID(clinic) if clinic else None, row.merged_at, row.reason, row.merged_by_id, row.reason == FOLLOWED, can_undo(row),
        )  # fmt: skip


class OtherForm(BaseModel):
    """Which chart is the same person’s."""

    find: str = Field(title="other chart", max_length=LONGEST, json_schema_extra={"missing": "Type what you know: a name, a birthdate, a number."})


class ReasonForm(BaseModel):
    """Why two charts are of one person, or are not."""

    reason: str = Field(title="Reason", min_length=SHORTEST_REASON, max_length=LONGEST_REASON, json_schema_extra={"missing": "Say why it is so."})

    @field_validator("reason", mode="before")
    @classmethod
    def _can_be_kept(cls, reason: object) -> object:
        return reason.replace("\0", "").strip() if isinstance(reason, str) else reason


class MergeForm(ReasonForm):
    """Why, and that it is meant."""

    confirmation: str = Field(title="confirmation", max_length=200, json_schema_extra={"missing": "Type what stands above the field, to show that it is meant."})


@view_config(route_name="office.patients.merge", permission=MERGE, request_method="GET", renderer="console/merge_choose.jinja2")
def choose_page(request):
    """Ask which other chart it is; those that look alike are offered."""
    typed = read_asked(request, ABOUT).get("find", "")
    return _choice(request, empty_form(find=typed), typed)


@view_config(route_name="office.patients.merge", permission=MERGE, request_method="POST", renderer="console/merge_choose.jinja2")
def choose(request):
    """Look for another chart."""
    patient_of(request)
    form = read_form(request, OtherForm)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _choice(request, form, "")
    asked = write_asked(request, ABOUT, {"find": form.data.find})
    return HTTPSeeOther(request.route_path("office.patients.merge", id=request.matchdict["id"], _query={"asked": asked}))


@view_config(route_name="office.patients.merge_with", permission=MERGE, request_method="GET", renderer="console/merge.jinja2")
def compare_page(request):
    """Both side by side, and what merging them does."""
    both = _both(request)
    need_proof(request)
    return _comparison(request, *both, begun_form(request))


@view_config(route_name="office.patients.merge_with", permission=MERGE, request_method="POST", renderer="console/merge.jinja2")
def do(request):
    """Make one chart of the two."""
    kept, absorbed = _both(request)
    need_proof(request, keep=MergeForm)
    form = read_form(request, MergeForm)
    if form.data and letters(form.data.confirmation) != letters(_word_of(absorbed)):
        form.refuse(f"Type {_word_of(absorbed)} here, to show that this is the chart that will be gone.", "confirmation")
    if form.data is None or not _merge(request, kept.id, absorbed.id, form):
        request.response.status = "422 Unprocessable Content"
        return _comparison(request, *_both(request), form)
    request.session.flash("The two charts are one now. Everything of the other one stands here.")
    return HTTPSeeOther(request.route_path("office.patients.one", id=kept.id))


def _merge(request, kept: UUID, absorbed: UUID, form: Form) -> bool:
    """Whether it could be done; what it began is undone otherwise."""
    host, reason = request.registry.plugins, form.values["reason"].replace("\0", "").strip()
    try:
        with request.db.begin_nested():
            merge(request.db, host, request.practice_id, kept, absorbed, reason, request.now, request.identity.account_id)
    except CannotMerge as refusal:
        form.refuse(str(refusal))
    return not form.errors


def _both(request) -> tuple[Patient, Patient]:
    """The chart that is kept and the other one. Raises HTTPNotFound when one of them is not seen, or is the other."""
    kept = patient_of(request)
    try:
        other = patient_at(request.db, request.practice_id, UUID(request.matchdict["other"]), request.identity.clinic_ids)
    except ValueError:
        other = None
    if other is None or other.id == kept.id:
        raise HTTPNotFound()
    return kept, other


def _choice(request, form: Form, typed: str) -> dict:
    patient, clinics = patient_of(request), request.identity.clinic_ids
    wanted = read_wanted(typed, request.now.astimezone(request.tenant.time_zone).date())
    found = find(request.db, request.practice_id, wanted, clinics).patients if wanted else _alike(request, patient)
    if wanted:
        request.audit("office.patients.find")
    others = [one for one in found if one.id != patient.id]
    states = standing.states(request.db, request.practice_id, [one.id for one in others], request.now) if others else {}
    merged = [Merged.of(row) for row in merged_into(request.db, request.practice_id, patient.id)]
    who = standing.names_of(request.db, request.practice_id, {row.by for row in merged if row.by}) if merged else {}
    return {
        "patient": patient, "form": form, "typed": typed, "found": others, "states": states, "clinics": clinic_names(request), "merged": merged, "who": who, "days": KEPT.days,
    }  # fmt: skip


def _alike(request, patient: Patient) -> list[Patient]:
    if patient.birthdate is None:
        wanted = read_wanted(f"{patient.first_name} {patient.last_name}", request.now.date())
        return find(request.db, request.practice_id, wanted, request.identity.clinic_ids).patients
    typed = Typed(patient.first_name, patient.last_name, patient.birthdate, patient.email or patient.phone)
    return [one.patient for one in likenesses(request.db, request.practice_id, typed, request.identity.clinic_ids)]


def _comparison(request, kept: Patient, absorbed: Patient, form: Form) -> dict:
    db, practice_id, ids = request.db, request.practice_id, [kept.id, absorbed.id]
    seeing = {id_: {one.account_id: one.who for one in standing.holders(db, practice_id, id_) if not one.is_over(request.now)} for id_ in ids}
    for id_ in ids:
        request.audit("office.patients.compare", id_)
    own = {row.patient_id: row for row in standing.own_accounts(db, practice_id, ids)}
    return {
        "keeps": kept, "goes": absorbed, "form": form, "word": _word_of(absorbed), "clinics": clinic_names(request), "seeing": seeing, "own": own,
        "states": standing.states(db, practice_id, ids, request.now),
        "lose": sorted(who for account, who in seeing[absorbed.id].items() if account not in seeing[kept.id] and account not in _ids(own)),
        "counts": charts.counts(db, practice_id, request.registry.plugins.plugins, ids), "titles": tab_titles(request),
    }  # fmt: skip


def _ids(own: dict) -> set[UUID]:
    return {account.id for account in own.values()}


def _word_of(patient: Patient) -> str:
    """What is typed to show that this chart is meant."""
    return patient.external_id if patient.external_id and letters(patient.external_id) else patient.last_name


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.patients.merge", "/office/patients/{id}/merge")
    config.add_route("office.patients.merge_with", "/office/patients/{id}/merge/{other}")
    config.scan("tenants.console.merging")
