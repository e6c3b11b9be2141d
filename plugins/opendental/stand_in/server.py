"""The stand-in as a server on loopback: in a thread for tests, in a process of its own for the demo."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock
from time import time
from zoneinfo import ZoneInfo

from webob import Request, Response

from core.local.stand_ins import hang_up, serving
from plugins.opendental.stand_in import api, events
from plugins.opendental.stand_in.drop import DropServer, start
from plugins.opendental.stand_in.faults import Fault
from plugins.opendental.stand_in.office import StandInOffice, new_office

DEVELOPER_KEY = "stand-in-developer"
BASE = "/api/v1/"
LARGEST_BODY = 70_000_000
_HOST = re.compile(r"(localhost|127\.0\.0\.1)(:\d+)?")
_WORDS = re.compile(r"ODFHIR ([^/\s]+)/([^/\s]+)")


class StandIn:
    """Open Dental's service with the offices behind it, one for each customer key."""

    def __init__(self, root: str, file: Path | None = None, zone: str = "America/New_York"):
        self.address = root
        self.offices: dict[str, StandInOffice] = {}
        self.ahead = 0.0
        self._root, self._file, self._zone, self._lock = root, file, ZoneInfo(zone), RLock()
        self._told: dict[str, dict[int, str]] = {}
        self._folder: TemporaryDirectory | None = None
        self._drop: DropServer | None = None

    def now(self) -> datetime:
        """The clock on the office's wall."""
        return datetime.fromtimestamp(time() + self.ahead, self._zone).replace(tzinfo=None)

    def office(self, key: str) -> StandInOffice:
        """The office with this key, with nobody in it when it is new."""
        with self._lock:
            if key not in self.offices:
                file = self._file.with_suffix(f".{key}{self._file.suffix}") if self._file else None
                self.offices[key] = new_office(key, file, lambda: time() + self.ahead, self.now)
            return self.offices[key]

    @property
    def drop(self) -> DropServer:
        """The SFTP server to which offices write files; it starts when somebody asks for it."""
        with self._lock:
            if self._drop is None:
                self._folder = TemporaryDirectory(prefix="cuspid-drop-")
                self._drop = start(Path(self._folder.name))
            return self._drop

    def pass_time(self, seconds: float) -> None:
        """Let time go by here; for tests."""
        self.ahead += seconds

    def deliver(self, send: events.Send = events.send_by_http) -> int:
        """Tell of what has changed; how many rows were taken."""
        return sum(events.deliver(office, self._told.setdefault(key, {}), send) for key, office in list(self.offices.items()))

    def close(self) -> None:
        """Let go of the files."""
        if self._drop and self._folder:
            self._drop.close()
            self._folder.cleanup()
        for office in self.offices.values():
            office.store.close()

    def __call__(self, environ, start_response):
        """Answer a request (WSGI)."""
        request = Request(environ)
        response = self._answer(request)
        if response is None:
            hang_up(environ)
            response = Response()
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response | None:
        """An answer; None where the line goes dead."""
        if not _HOST.fullmatch(request.host):  # a foreign page must not reach us under a name of its own
            return Response(status=403)
        if request.path_info == "/":
            return Response("A stand-in for Open Dental.", content_type="text/plain")
        if request.path_info == "/drop":
            return _said(200, self.drop.logins(), {})
        try:
            office = self._office_of(request)
            if office.quirks.away:
                return None
            found = self._found(office, request)
        except Fault as fault:
            return _said(fault.status, fault.said, fault.headers)
        if office.quirks.lose_answers:
            office.quirks.lose_answers -= 1
            return None
        return found

    def _found(self, office: StandInOffice, request: Request) -> Response:
        if (request.content_length or 0) > LARGEST_BODY:
            raise Fault(400, "Request body is too large.")
        # Not `body`: what is long would be kept in a file that nobody closes.
        body = request.body_file_raw.read(request.content_length or 0).decode("utf-8", "replace")
        path = request.path_info.removeprefix(BASE).strip("/")  # with the base of theirs or without
        status, said = api.answer(office, request.method, path, dict(request.GET), body)
        return _said(status, said, {"Location": f"{self._root}{request.path_info}"} if status == 201 else {})

    def _office_of(self, request: Request) -> StandInOffice:
        words = _WORDS.fullmatch(request.headers.get("Authorization", ""))
        if words is None or words[1] != DEVELOPER_KEY or words[2] not in self.offices:
            raise Fault(401, "Invalid API key.")
        return self.offices[words[2]]


def _said(status: int, said: object, headers: dict[str, str]) -> Response:
    response = Response(json.dumps(said) if said != "" else "", status=status, content_type="application/json", charset="utf-8")
    response.headers.update(headers)
    return response


@contextmanager
def running(port: int = 0, file: Path | None = None) -> Iterator[StandIn]:
    """The stand-in on this port of loopback, or on any free one, while inside. Events are sent only when `deliver` is called."""
    with serving(port, lambda address: StandIn(address, file)) as stand_in:
        yield stand_in
