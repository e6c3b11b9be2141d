"""What patients ask the office about visits: to call back, to call one off or move one inside the notice period, or for a visit."""

from uuid import UUID

from sqlalchemy import and_, exists, or_, update
from sqlalchemy.orm import Session

from plugins.appointments.models import Appointment, Request

_VISIT = (Appointment.practice_id == Request.practice_id, Appointment.id == Request.appointment_id)
_STILL_CALLED_FOR = exists().where(*_VISIT, Appointment.status == "scheduled", Appointment.confirmation == "callback")
WAITS = and_(Request.state == "waiting", or_(Request.kind != "callback", Request.appointment_id.is_(None), _STILL_CALLED_FOR))
"""Whether the office still has to do something about a request: a callback is over once the visit has another confirmation, or is over itself."""


def drop_callbacks(session: Session, practice_id: UUID, visit_id: UUID) -> None:
    """The patient needs no callback about this visit any more."""
    where = (Request.practice_id == practice_id, Request.appointment_id == visit_id, Request.kind == "callback", Request.state == "waiting")
    session.execute(update(Request).where(*where).values(state="withdrawn"))
