"""How a plan stands: whether it waits for a signature, is signed, or was changed since. The database works it out, the same for a page, a badge and a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, Text, Uuid, and_, any_, bindparam, case, cast, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from core.tenant import Tenant
from plugins.plan.models import Decline, PlannedProcedure, Signature, TreatmentPlan

ASKED_DAYS = 180
"""Where an office wants every plan signed, it is asked for so many days after the plan was saved: later its figures are too old."""
WAITS, SIGNED, AT_OFFICE, CHANGED, DECLINED, OPEN = "waits", "signed", "at_office", "changed", "declined", "open"
"""Waits for a signature; signed here; signed in the practice's system; changed since it was signed here; declined; nobody asks for a signature."""
WORDS = {
    WAITS: "Waits for a signature", SIGNED: "Signed", AT_OFFICE: "Signed at the office", CHANGED: "Changed since it was signed", DECLINED: "Declined",
    OPEN: "Not to be signed",
}  # fmt: skip
CAN_BE_SIGNED = frozenset({WAITS, CHANGED, DECLINED})


@dataclass(frozen=True, slots=True)
class Asking:
    """Which plans are asked for: those of which the record says so, and of the patients in `every` each one that was saved since a day."""

    every: tuple[UUID, ...] = ()
    since: date | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """For a statement with STANDING."""
        return {"plan_every": list(self.every), "plan_since": self.since}


NOTHING = Asking()


def asking_of(places: Mapping[UUID, Tenant], now: datetime) -> Asking:
    """What is asked for of these patients, by the tenant of each: its office's setting counts."""
    every = tuple(patient_id for patient_id, tenant in places.items() if tenant.settings["plan.ask_for_signatures"] == "all")
    return Asking(every, (now - timedelta(days=ASKED_DAYS)).date())


_plan, _procedure = TreatmentPlan, PlannedProcedure
_mine = and_(_procedure.practice_id == _plan.practice_id, _procedure.plan_id == _plan.id)
# Where there is a CDT number it says what is done: the plain words beside it may be put better without anybody having to sign again.
_what = func.coalesce(func.nullif(_procedure.code, ""), _procedure.description)
_line = func.jsonb_build_array(
    _procedure.priority, _procedure.tooth, _procedure.surface, _what, _procedure.fee_cents,
    _procedure.primary_estimate_cents, _procedure.secondary_estimate_cents, _procedure.discount_cents,
)  # fmt: skip
_lines = select(func.jsonb_agg(aggregate_order_by(_line, _procedure.position, _procedure.id))).where(_mine).correlate(_plan).scalar_subquery()
_whole = func.jsonb_build_array(_plan.heading, cast(_plan.saved_on, Text), _plan.note, _plan.presenter, _plan.currency, _lines)
FINGERPRINT: ColumnElement[str] = func.encode(func.sha256(func.convert_to(cast(_whole, Text), "UTF8")), "hex")
"""What a plan is known by: all of it that patients agree to, so that any change of that makes another one."""


def _answered(model: Any, *where: Any) -> ColumnElement[bool]:
    return exists().where(model.practice_id == _plan.practice_id, model.plan_id == _plan.id, *where).correlate(_plan)


_asks_all = and_(
    _plan.patient_id == any_(bindparam("plan_every", value=[], type_=ARRAY(Uuid))), _plan.signature != "not_wanted",
    _plan.saved_on >= bindparam("plan_since", value=None, type_=Date),
)  # fmt: skip
STANDING: ColumnElement[str] = case(
    (_answered(Signature, Signature.plan_sha256 == FINGERPRINT), SIGNED),
    # What the practice's system says of a signature that it has from here counts for the plan that was signed here, and for no other.
    (and_(_plan.signed_at.is_not(None), ~_answered(Signature, Signature.known_there_at == _plan.signed_at)), AT_OFFICE),
    (~exists().where(_mine).correlate(_plan), OPEN),
    (_answered(Decline, Decline.plan_sha256 == FINGERPRINT), DECLINED),
    (_answered(Signature), CHANGED),
    (or_(_plan.signature == "wanted", _asks_all), WAITS),
    else_=OPEN,
)
"""How a plan stands, by the parameters of `Asking`."""


def _waiting(*columns: Any) -> Select:
    return select(*columns).where(_plan.practice_id == bindparam("practice_id"), _plan.status == "saved", STANDING.in_([literal_column("'waits'"), literal_column("'changed'")]))


WAITING = _waiting(func.count()).where(_plan.patient_id == bindparam("patient_id"))
"""How many plans of a patient wait for a signature."""
WAITING_OF = _waiting(_plan.patient_id, func.count().label("plans"), func.min(cast(_plan.id, Text)).label("plan_id")).where(
    _plan.patient_id == any_(bindparam("plan_people", type_=ARRAY(Uuid)))
).group_by(_plan.patient_id)  # fmt: skip
"""The same for several people, with one of the plans."""
