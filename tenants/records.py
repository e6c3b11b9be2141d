"""The kind of record that describes a clinic."""

from sqlalchemy.orm import Session

from core.records import Record, RecordKind
from tenants.models import Clinic
from tenants.settings import touch


class ClinicRecord(Record):
    """One location; `hours` maps a weekday ("0" is Monday) to ["08:00", "17:00"]."""

    name: str
    phone: str = ""
    email: str = ""
    address_1: str = ""
    address_2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    time_zone: str
    position: int = 0
    hours: dict[str, list[str]] = {}


def show_at_once(session: Session) -> None:
    """After a batch with clinics: every web process reads the practice's clinics anew on its next request."""
    touch(session, session.info["practice_id"])


KINDS = [RecordKind("clinic", ClinicRecord, Clinic, after=show_at_once)]
