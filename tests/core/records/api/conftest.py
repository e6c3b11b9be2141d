"""A practice's system with a key."""

import json
from datetime import UTC, datetime

import pytest

from core.records.api import keys
from core.testing import Office, browser, make_office


class System:
    """Speaks with the portal at the address of a practice, by a key of its own."""

    def __init__(self, portal, office: Office, **scopes):
        self.office, self._app = office, browser(portal, office)
        with office.session() as session:
            self.key, self.words = keys.make(session, office.id, "Practice system", datetime.now(UTC), None, **{"kinds": [], "reads": True} | scopes)
            session.commit()

    def ask(self, method: str, path: str, body: object = b"", content_type: str = "application/json", status: int | str = "*", **headers: str):
        """Send a request; what is no bytes goes as JSON."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        about = {"Host": self.office.host, "Authorization": f"Bearer {self.words}", "Content-Type": content_type} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self._app.request(f"/api/v1/{path}", method=method, body=sent, headers=about, status=status)

    def send(self, *records: dict, status: int | str = 200, **about):
        """Send a batch; returns the answer."""
        return self.ask("POST", "records", {"source": "nightly", "records": list(records)} | about, status=status).json


@pytest.fixture
def system(portal, practice):
    return System(portal, practice)


@pytest.fixture
def other_system(portal, registry):
    return System(portal, make_office(registry))
