"""Reading a patient's saved treatment plans: one statement, however many plans and procedures there are, and what was signed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import Session

from plugins.plan.amounts import Amounts, total
from plugins.plan.models import PlannedProcedure, Signature, TreatmentPlan
from plugins.plan.services.standing import CAN_BE_SIGNED, FINGERPRINT, NOTHING, OPEN, STANDING, Asking


class PlanNotFound(Exception):
    """This patient has no saved plan with that id."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """One line of a plan. `where` is the tooth with its surfaces, as far as they are known."""

    priority: str
    tooth: str
    surface: str
    code: str
    description: str
    amounts: Amounts

    @property
    def where(self) -> str:
        """The tooth with its surfaces, such as "14 MOD"."""
        return " ".join(part for part in (self.tooth, self.surface) if part)


@dataclass(frozen=True, slots=True)
class Stage:
    """The procedures of a plan that have the same priority: what is done together, or equally soon."""

    title: str
    procedures: tuple[Procedure, ...]

    @property
    def amounts(self) -> Amounts:
        """The sum of its procedures."""
        return total(procedure.amounts for procedure in self.procedures)


@dataclass(frozen=True, slots=True)
class Plan:
    """A saved plan with its procedures by stage; one stage only when the office set no priorities.

    `standing` is how it stands, `sha256` what it is known by: another plan has another one. `signed_at` and `signed_by` are of a signature in the practice's system.
    """

    id: UUID
    heading: str
    saved_on: date
    note: str
    presenter: str
    currency: str
    stages: tuple[Stage, ...]
    standing: str = OPEN
    sha256: str = ""
    signed_at: datetime | None = None
    signed_by: str = ""

    @property
    def can_be_signed(self) -> bool:
        """Whether somebody may sign it now."""
        return self.standing in CAN_BE_SIGNED and bool(self.stages)

    @property
    def procedures(self) -> tuple[Procedure, ...]:
        """All procedures, in order."""
        return tuple(procedure for stage in self.stages for procedure in stage.procedures)

    @property
    def amounts(self) -> Amounts:
        """The sum of the whole plan."""
        return total(stage.amounts for stage in self.stages)


def saved_plans(session: Session, practice_id: UUID, patient_id: UUID, asking: Asking = NOTHING) -> list[Plan]:
    """The plans that were saved for a patient, newest first. `asking` says which of them are asked to be signed."""
    rows = session.execute(_plans(practice_id, patient_id), asking.parameters)
    return [_plan(list(group)) for _, group in groupby(rows, key=lambda row: row.id)]


def saved_plan(session: Session, practice_id: UUID, patient_id: UUID, plan_id: UUID, asking: Asking = NOTHING) -> Plan:
    """One saved plan of a patient. Raises PlanNotFound."""
    rows = session.execute(_plans(practice_id, patient_id).where(TreatmentPlan.id == plan_id), asking.parameters).all()
    if not rows:
        raise PlanNotFound
    return _plan(rows)


def signatures(session: Session, practice_id: UUID, patient_id: UUID) -> Sequence[Signature]:
    """What was signed for a patient, whatever has become of the plans, the newest first."""
    mine = (Signature.practice_id == practice_id, Signature.patient_id == patient_id)
    return session.scalars(select(Signature).where(*mine).order_by(Signature.signed_at.desc(), Signature.id.desc())).all()


@dataclass(frozen=True, slots=True)
class Glance:
    """A plan in one line, for the home page; amounts in cents."""

    id: UUID
    heading: str
    saved_on: date
    currency: str
    count: int
    patient_cents: int


def newest_plan(session: Session, practice_id: UUID, patient_id: UUID) -> Glance | None:
    """The plan that was saved last, or None."""
    newest = _of_patient(select(TreatmentPlan), practice_id, patient_id).order_by(*_NEWEST_FIRST).limit(1).subquery()
    query = (
        select(newest.c.id, newest.c.heading, newest.c.saved_on, newest.c.currency)
        .add_columns(func.count(PlannedProcedure.id).label("procedures"))
        .add_columns(func.coalesce(func.sum(PlannedProcedure.patient_cents), 0).label("patient_cents"))
        .outerjoin(PlannedProcedure, and_(PlannedProcedure.practice_id == practice_id, PlannedProcedure.plan_id == newest.c.id))
        .group_by(newest.c.id, newest.c.heading, newest.c.saved_on, newest.c.currency)
    )
    row = session.execute(query).one_or_none()
    return Glance(row.id, row.heading, row.saved_on, row.currency, row.procedures, int(row.patient_cents)) if row else None


_NEWEST_FIRST = (TreatmentPlan.saved_on.desc(), TreatmentPlan.id.desc())


def _of_patient(query: Select, practice_id: UUID, patient_id: UUID) -> Select:
    return query.where(TreatmentPlan.practice_id == practice_id, TreatmentPlan.patient_id == patient_id, TreatmentPlan.status == "saved")


def _plans(practice_id: UUID, patient_id: UUID) -> Select:
    plan, procedure = TreatmentPlan, PlannedProcedure
    query = (
        select(plan.id, plan.heading, plan.saved_on, plan.note, plan.presenter, plan.currency, procedure.id.label("procedure_id"))
        .add_columns(procedure.priority, procedure.tooth, procedure.surface, procedure.code, procedure.description, procedure.fee_cents)
        .add_columns(procedure.primary_estimate_cents, procedure.secondary_estimate_cents, procedure.discount_cents)
        .add_columns(plan.signed_at, plan.signed_by, STANDING.label("standing"), FINGERPRINT.label("sha256"))
        .outerjoin(procedure, and_(procedure.practice_id == plan.practice_id, procedure.plan_id == plan.id))
    )
    return _of_patient(query, practice_id, patient_id).order_by(*_NEWEST_FIRST, procedure.position, procedure.id)


def _plan(rows: Sequence[Row]) -> Plan:
    """A plan from its rows: one for each procedure, or a single one without when the plan is empty."""
    first = rows[0]
    procedures = [_procedure(row) for row in rows if row.procedure_id]
    how = {"standing": first.standing, "sha256": first.sha256, "signed_at": first.signed_at, "signed_by": first.signed_by}
    return Plan(first.id, first.heading, first.saved_on, first.note, first.presenter, first.currency, stages_of(procedures), **how)


def _procedure(row: Row) -> Procedure:
    amounts = Amounts(row.fee_cents, row.primary_estimate_cents, row.secondary_estimate_cents, row.discount_cents)
    return Procedure(row.priority, row.tooth, row.surface, row.code, row.description, amounts)


def stages_of(procedures: Iterable[Procedure]) -> tuple[Stage, ...]:
    """Procedures by priority, in the order in which the priorities first occur."""
    stages: dict[str, list[Procedure]] = {}
    for procedure in procedures:
        stages.setdefault(procedure.priority.strip(), []).append(procedure)
    return tuple(Stage(stage_title(priority), tuple(members)) for priority, members in stages.items())


def stage_title(priority: str) -> str:
    """A priority as a heading: a bare number says what it counts, other words stand as the office wrote them."""
    if not priority:
        return "No set order"
    return f"Priority {priority}" if priority.isdigit() else priority
