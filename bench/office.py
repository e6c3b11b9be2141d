"""The practice that is measured: one patient with visits, signed in; and neighbors, so that the tables are not empty."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.app import configure
from core.auth import services
from core.config import Settings
from core.testing import Factory, Office, browser, make_office, noted_statements

VISITS = 50
NEIGHBORS = 200


@dataclass(frozen=True)
class Measured:
    """Who asks: the practice, the patient and the cookie."""

    office: Office
    patient_id: str
    cookie: str
    statements: dict[str, int]


def prepare(portal: Settings, pages: tuple[str, ...], visits: int = VISITS) -> Measured:
    """Make the practice, sign its patient in, and count the statements of each page."""
    app = configure(portal).make_wsgi_app()
    office = make_office(app.registry)
    with office.session() as session:
        make = Factory(office, session)
        patient = make.patient(first_name="Robin")
        make.take_in([_visit(patient.external_id, number) for number in range(visits)])
        for neighbor in range(NEIGHBORS // 20):
            other = make.patient(first_name=f"Neighbor{neighbor}")
            make.take_in([_visit(other.external_id, number, f"N{neighbor}-") for number in range(20)])
        account = make.account(patient)
        token = services.open_session(session, account, datetime.now(UTC))
        session.commit()
    client = browser(app, office)
    client.set_cookie("cuspid", token)
    counted = {page: _count(client, page) for page in pages}
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    return Measured(office, str(patient.id), cookies, counted)


def _visit(patient: str, number: int, prefix: str = "V") -> dict:
    day = datetime.now(UTC).replace(minute=20, second=0, microsecond=0) + timedelta(days=45 - 14 * number)
    status = "scheduled" if day > datetime.now(UTC) else "complete"
    return {"kind": "appointment", "external_id": f"{prefix}{number}", "patient": patient, "provider": "D1", "clinic": "C1", "starts_at": day,
            "minutes": 50, "status": status, "confirmation": "confirmed", "reason": "Check-up and cleaning"}  # fmt: skip


def _count(client, page: str) -> int:
    client.get(page)
    with noted_statements() as seen:
        client.get(page)
    return len(seen)
