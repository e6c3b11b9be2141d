"""Exports that are really made, and the ZIP as somebody unpacks it; and what stands in the DNS: a small name server that really answers."""

import csv
import io
import json
import socket
import zipfile
from datetime import UTC, date, datetime
from threading import Thread

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth.models import SignInSession
from core.safety import testing
from plugins.images.models import Folder
from plugins.images.services import adding
from tenants.addresses.lookup import Names
from tenants.exporting import services
from tenants.models import Export

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


class Unpacked(zipfile.ZipFile):
    """A ZIP that is whole, and its lists."""

    def rows(self, ending: str) -> list[dict]:
        """The rows of the only JSON list whose path ends like this."""
        [name] = [name for name in self.namelist() if name.endswith(ending)]
        return json.loads(self.read(name))

    def cells(self) -> list[tuple[str, str]]:
        """Every cell of every CSV file, with the file."""
        lists = [name for name in self.namelist() if name.endswith(".csv")]
        return [(name, cell) for name in lists for row in csv.reader(io.StringIO(self.read(name).decode("utf-8-sig"), newline="")) for cell in row]

    def holds(self, word: str) -> list[str]:
        """The files in which a word stands, or in whose name."""
        return [name for name in self.namelist() if word in name or word.encode() in self.read(name)]


@pytest.fixture
def unpacked(registry, practice):
    """`unpacked(export)`: its ZIP, checked byte by byte."""

    def read(export: Export) -> Unpacked:
        body = b"".join(services.whole(registry.files.within(export.practice_id), export))
        assert len(body) == services.length(export)
        archive = Unpacked(io.BytesIO(body))
        assert archive.testzip() is None
        return archive

    return read


@pytest.fixture
def made(db, practice, work_off):
    """`made(patient)`: a whole export of a patient, or of the practice."""

    def run(patient=None, office=practice) -> Export:
        with office.session() as session:
            export = services.start(session, office.id, None, NOW, patient.id if patient else None)
            session.commit()
        for _ in range(40):
            work_off(office)
            with office.session() as session:
                export = session.get_one(Export, (office.id, export.id))
                if export.state != "running":
                    return export
        raise AssertionError(f"still at {export.stage}")

    return run


@pytest.fixture
def image(registry, practice, db, make):
    """`image(patient, name, shared=True)`: a photo of a patient in a folder."""
    sizes = iter(range(40, 90))

    def add(patient, name: str, shared: bool = True, words: str = "Smile") -> bytes:
        # The same file twice would be one image.
        picture = testing.saved(testing.drawing(next(sizes), 30), "JPEG", quality=70)
        called = "Photos" if shared else "Notes of the office"
        make.take_in([{"kind": "image_folder", "external_id": called, "name": called, "shared": shared, "position": 0}])
        folder = db.scalars(select(Folder.id).where(Folder.practice_id == practice.id, Folder.external_id == called)).one()
        adding.add(db, registry.files.within(practice.id), patient.id, folder, io.BytesIO(picture), name, adding.About(date(2026, 11, 1), words))
        db.commit()
        return picture

    return add


@pytest.fixture
def chart(make):
    """`chart(patient, word)`: something in every tab that takes records, each with the word in it; returns the records' own numbers."""

    def fill(patient, word: str) -> None:
        number = patient.external_id
        make.take_in([
            {"kind": "appointment", "external_id": f"V{number}", "patient": number, "starts_at": "2026-11-01T15:00:00Z", "minutes": 30, "reason": f"{word} visit"},
            {"kind": "ledger_entry", "external_id": f"L{number}", "patient": number, "entry_type": "payment", "entered_on": "2026-11-01", "description": f"{word} entry",
             "amount_cents": -1250},
            {"kind": "statement", "external_id": f"S{number}", "patient": number, "number": f"{word} 1", "sent_on": "2026-11-02", "balance_cents": 9900,
             "lines": [{"entered_on": "2026-11-01", "description": f"{word} line", "amount_cents": 9900}]},
            {"kind": "treatment_plan", "external_id": f"T{number}", "patient": number, "heading": f"{word} plan", "saved_on": "2026-11-03"},
            {"kind": "planned_procedure", "external_id": f"R{number}", "plan": f"T{number}", "description": f"{word} crown", "fee_cents": 120000},
            {"kind": "treatment_plan", "external_id": f"U{number}", "patient": number, "heading": f"{word} thoughts", "saved_on": "2026-11-03", "status": "active"},
            {"kind": "message", "external_id": f"M{number}", "patient": number, "subject": f"{word} subject", "body": f"{word}\nbody", "sent_at": "2026-11-04T15:00:00Z"},
            {"kind": "allergy", "external_id": f"A{number}", "patient": number, "substance": f"{word} latex"},
        ])  # fmt: skip

    return fill


@pytest.fixture
def audited_at():
    """`audited_at(practice)`: what the operator did, in the practice's own audit log."""

    def entries(office) -> list[str]:
        with office.session() as session:
            wanted = select(AuditEvent.action).where(AuditEvent.practice_id == office.id, AuditEvent.action.like("office.practice.%"))
            return list(session.scalars(wanted.order_by(AuditEvent.id)))

    return entries


class NameServer:
    """Answers on loopback. `silent` names get no answer, `broken` ones a fault."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.zone: dict[str, list[tuple[str, str]]] = {}
        self.silent: set[str] = set()
        self.broken: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """As the setting `dns_resolvers` wants it."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def put(self, name: str, *records: tuple[str, str]) -> None:
        """`put("a.example", ("A", "198.51.100.7"))`: these records, and no others, stand at the name; none takes it away."""
        self.zone[name] = list(records)

    def close(self) -> None:
        """End."""
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            wire, sender = self._socket.recvfrom(4096)
            if not wire:
                return
            query = dns.message.from_wire(wire)
            [question] = query.question
            name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
            self.asked.append((name, kind))
            if name not in self.silent:
                self._socket.sendto(self._answer(query, name, kind).to_wire(), sender)

    def _answer(self, query, name: str, kind: str):
        answer = dns.message.make_response(query, recursion_available=True)
        if name in self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer
        for _ in range(8):
            found = self.zone.get(name)
            if not found:
                answer.set_rcode(dns.rcode.NXDOMAIN)
                return answer
            wanted = [value for one, value in found if one == kind] or [value for one, value in found if one == "CNAME"]
            if not wanted:
                return answer
            is_alias = kind != "CNAME" and not any(one == kind for one, _ in found)
            answer.answer.append(dns.rrset.from_text(dns.name.from_text(name), 60, "IN", "CNAME" if is_alias else kind, *wanted))
            if not is_alias:
                return answer
            name = wanted[0].rstrip(".")
        return answer


@pytest.fixture(scope="module")
def running_name_server():
    """It is started once for a module."""
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def name_server(running_name_server, registry, monkeypatch):
    """A name server with nothing in it, which the application under test asks."""
    server = running_name_server
    server.zone, server.silent, server.broken, server.asked = {}, set(), set(), []
    monkeypatch.setattr(registry, "names", Names(server.address))
    return server


@pytest.fixture
def office(signed_in, make):
    """`office(role)`: a browser in which somebody with this role is signed in at the office."""
    return lambda role="office_admin", **about: signed_in(account=make.staff(role, **about))


@pytest.fixture
def audited(practice):
    """`audited(action)`: the practice's audit entries of an action, the oldest first."""

    def entries(action: str) -> list[AuditEvent]:
        with practice.session() as session:
            mine = (AuditEvent.practice_id == practice.id, AuditEvent.action == action)
            return list(session.scalars(select(AuditEvent).where(*mine).order_by(AuditEvent.happened_at)))

    return entries


@pytest.fixture
def proof_is_old(db, practice):
    """`proof_is_old()`: whoever is signed in has proven who they are long ago."""
    def age() -> None:
        for row in db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id)):
            row.proven_at = None
        db.commit()

    return age
