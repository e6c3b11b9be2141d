"""The kind of record that describes a clinic."""

from core.records import Record, RecordKind, show_at_once
from tenants.models import Clinic


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


KINDS = [RecordKind("clinic", ClinicRecord, Clinic, after=show_at_once)]
