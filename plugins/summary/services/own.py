"""Making the patient's own care document."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from core.tenant import ClinicDetails, Tenant
from plugins.summary.ccd.build import build
from plugins.summary.ccd.content import Address, Chart, Edition, Office, Subject
from plugins.summary.services import chart as charts


class Incomplete(Exception):
    """The document cannot be made: the chart lacks what it must say. `missing` names it: birthdate, address, phone number."""

    def __init__(self, missing: list[str]):
        super().__init__("the chart lacks what a care document must say")
        self.missing = missing


def missing(subject: Subject) -> list[str]:
    """What the office must complete before the document can be made: among birthdate, address and phone number."""
    held = {"birthdate": subject.birthdate, "address": subject.address.complete, "phone number": subject.phone}
    return [name for name, value in held.items() if not value]


def make(session: Session, tenant: Tenant, patient_id: UUID, now: datetime) -> tuple[UUID, bytes]:
    """A new edition of the document as XML, with its id; one statement. Raises Incomplete."""
    chart: Chart = charts.load(session, tenant.practice_id, patient_id, tenant.time_zone)
    if lacking := missing(chart.subject):
        raise Incomplete(lacking)
    edition = Edition(uuid4(), now.astimezone(tenant.time_zone), office_of(tenant), chart)
    return edition.id, build(edition)


def office_of(tenant: Tenant) -> Office:
    """The practice, reached at the clinic in view."""
    at = tenant.contact
    address = _address(at) if at else Address()
    return Office(tenant.practice_id, tenant.practice_name, address, at.phone if at else "", at.email if at else "")


def _address(clinic: ClinicDetails) -> Address:
    lines = tuple(line for line in (clinic.address_1, clinic.address_2) if line)
    return Address(lines, clinic.city, clinic.state, clinic.postal_code)
