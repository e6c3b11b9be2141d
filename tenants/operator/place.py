"""The operator's place: a row among the practices, where those have their accounts who run the installation."""

from datetime import datetime
from importlib.resources import files
from io import BytesIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth import operators
from core.auth.realms import OPERATOR
from core.auth.staff import LONGEST_NAME
from core.db import SessionFactory, bind_tenant
from core.safety.emblems import prove_logo
from core.tenant import touch
from tenants.looks import keep_picture
from tenants.models import Branding, Practice
from tenants.practices import CannotMakePractice, check_time_zone

NAME, TIME_ZONE = "Cuspid", "UTC"


def find(session: Session) -> Practice | None:
    """The operator's place, bound to the session; None while nobody was invited."""
    place = session.scalars(select(Practice).where(Practice.kind == OPERATOR)).one_or_none()
    if place:
        bind_tenant(session, place.id)
    return place


def find_or_make(session: Session, now: datetime) -> Practice:
    """The operator's place, made at the first call, in the look of Cuspid itself; bound to the session."""
    place = find(session)
    if place is None:
        place = Practice(slug=OPERATOR, name=NAME, time_zone=TIME_ZONE, kind=OPERATOR, created_at=now)
        session.add(place)
        session.flush()
        bind_tenant(session, place.id)
        logo = prove_logo(BytesIO(files("core").joinpath("static/img/portal.svg").read_bytes()), "portal.svg")
        session.add(Branding(clinic_id=None, theme={"logo": keep_picture(session, place.id, logo, now)}))
    return place


def change(session: Session, place: Practice, name: str | None, time_zone: str | None) -> None:
    """Call the place otherwise, or set its clock. Raises CannotMakePractice."""
    if time_zone is not None:
        place.time_zone = check_time_zone(time_zone)
    if name is not None:
        place.name = " ".join(name.split())
        if not 0 < len(place.name) <= LONGEST_NAME or not place.name.isprintable():
            raise CannotMakePractice(f"Give the installation a name of up to {LONGEST_NAME} characters.")
    if name is not None or time_zone is not None:
        touch(session, place.id)


def shut_out(engine, practice_ids: list[UUID], operator_id: UUID, now: datetime) -> None:
    """End what an operator has open in every practice, each in a transaction of its own."""
    for practice_id in practice_ids:
        with SessionFactory(bind=engine) as session:
            bind_tenant(session, practice_id)
            operators.shut_out(session, practice_id, operator_id, now)
            session.commit()
