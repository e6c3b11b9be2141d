"""The client of an office's Open Dental, over HTTP (https://www.opendental.com/site/apispecification.html)."""

import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from time import sleep as real_sleep
from typing import Any

import requests
import structlog
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from plugins.opendental.wire.asking import Filters, Row
from plugins.opendental.wire.faults import Away, SlowDown, TimedOut, TooLarge, fault_of
from plugins.opendental.wire.throttle import NoThrottle, Throttle

log = structlog.get_logger("opendental")

MOST_CHARACTERS = 16_800_000
TIMEOUTS = (10, 70)
"""Seconds to reach it, and for its answer: it gives up by itself after 60."""
TRIES = 5
LONGEST_PAUSE = 30.0
PATIENCE = 60.0
"""So many seconds one request may be waited for and tried again: a worker has other offices, too."""
QUERY_ROWS = 100
PAGE_SIZES = {"remote": 100, "service": 1000, "local": 1000}
ENTERPRISE_FACTOR = 10
SMALLEST_PAGE = 10
CAPS = frozenset({100, 1000, 10_000})
"""As many rows as one of their limits allows may be fewer than were asked for without being the end: the key allows less than the office has told us."""
FILTERS = frozenset({
    "PatNum", "DateTStamp", "SecDateTEdit", "DateEntry", "SigDateTime", "date", "dateStart", "dateEnd", "DateStart", "DateEnd", "ClinicNum", "AptStatus", "Op", "ProvNum",
    "AppointmentTypeNum", "PatStatus", "Guarantor", "Category", "PrefName", "SchedType", "TreatPlanNum", "PayType", "PayNum", "PayPlanNum", "TPStatus", "ScheduleNum",
    "isFamily", "includeHidden", "HistApptAction", "RecallType", "AptNum", "ProcNum", "ClaimNum", "CommType", "TaskListNum", "FieldName", "PlanNum", "AllergyDefNum",
})  # fmt: skip
"""What may be looked for: ids, dates and kinds. Names, birthdates, phones and addresses of people stay out of addresses."""
_PATH = re.compile(r"[A-Za-z]+(/[A-Za-z0-9]+)*")


class _Key(AuthBase):
    """Puts the keys into the header, and keeps others (as from a .netrc) out of it."""

    def __init__(self, developer_key: str, customer_key: str):
        self._words = f"ODFHIR {developer_key}/{customer_key}"

    def __call__(self, request):
        request.headers["Authorization"] = self._words
        return request


@dataclass(frozen=True)
class Office:
    """How one office is reached: the base address, the way, what its key allows, and the two keys."""

    address: str
    way: str
    level: str
    developer_key: str
    customer_key: str

    @property
    def page_size(self) -> int:
        """How many rows come at once."""
        return PAGE_SIZES[self.way] * (ENTERPRISE_FACTOR if self.level == "enterprise" else 1)


class OpenDentalClient:
    """An office's Open Dental (see `asking.PracticeSystem`). `sleep` and `clock` are given by tests."""

    def __init__(self, office: Office, throttle: Throttle | None = None, seconds_a_request: float = 0.0, sleep: Callable[[float], Any] = real_sleep,
                 clock: Callable[[], datetime] = lambda: datetime.now(UTC)):  # fmt: skip
        self.limit = office.page_size
        self.seconds_a_request = seconds_a_request
        self._office, self._throttle = office, throttle or NoThrottle()
        self._sleep, self._clock = sleep, clock
        self._http = requests.Session()
        self._http.auth = _Key(office.developer_key, office.customer_key)
        # Inside the office's network there is no proxy to go through.
        self._http.trust_env = office.way == "remote"

    def one(self, path: str, **filters: str | int | date | datetime) -> Row:
        """One thing."""
        found = self._read("GET", path, filters)
        if not isinstance(found, dict):
            raise Away("Open Dental answered with something else than was asked for.")
        return found

    def rows(self, path: str, **filters: str | int | date | datetime) -> list[Row]:
        """A list that comes whole."""
        return _list(self._read("GET", path, filters))

    def page(self, path: str, parameters: Filters, offset: int) -> list[Row]:
        """The rows of a list behind so many others. Where it takes too long, or the key gives fewer at once, `limit` is less from now on."""
        while True:
            try:
                rows = _list(self._read("GET", path, parameters, {"Limit": self.limit, "Offset": offset}, tries_late=2))
            except TimedOut:
                if self.limit <= SMALLEST_PAGE:
                    raise
                self.limit = max(SMALLEST_PAGE, self.limit // 2)
                continue
            if len(rows) in CAPS:
                self.limit = min(self.limit, len(rows))
            # A list that knows no pages comes whole.
            return rows if len(rows) <= self.limit else rows[offset : offset + self.limit]

    def query(self, sql: str) -> list[Row]:
        """Rows by a SELECT."""
        return _list(self._read("PUT", "queries/ShortQuery", {}, {"Offset": 0}, {"SqlCommand": sql}))[:QUERY_ROWS]

    def add(self, path: str, values: Mapping[str, Any]) -> Row:
        """Make something."""
        return _made(self._write("POST", path, values))

    def change(self, path: str, values: Mapping[str, Any]) -> Row:
        """Change something."""
        return _made(self._write("PUT", path, values))

    def remove(self, path: str) -> None:
        """Take something away."""
        self._write("DELETE", path, None)

    def _read(self, method: str, path: str, filters: Filters, more: Mapping[str, int] | None = None, body: Mapping[str, Any] | None = None, tries_late: int = TRIES) -> Any:
        parameters = {name: _written(value) for name, value in _checked(filters).items()} | {name: str(value) for name, value in (more or {}).items()}
        began = self._clock()
        for turn in range(1, TRIES + 1):
            try:
                return self._ask(method, path, parameters, body)
            except (Away, SlowDown) as fault:
                most = tries_late if isinstance(fault, TimedOut) else TRIES
                self._wait_or_give_up(fault, turn, most, began)
        raise AssertionError

    def _write(self, method: str, path: str, values: Mapping[str, Any] | None) -> Any:
        began = self._clock()
        for turn in range(1, TRIES + 1):
            try:
                return self._ask(method, path, {}, values)
            except SlowDown as fault:  # it was not even looked at
                self._wait_or_give_up(fault, turn, TRIES, began)
        raise AssertionError

    def _wait_or_give_up(self, fault: Away | SlowDown, turn: int, most: int, began: datetime) -> None:
        """Longer each time, never all at the same moment. Nobody is kept for long: whoever asks comes back later. Raises the fault then."""
        after = fault.after if isinstance(fault, SlowDown) else None
        pause = min(LONGEST_PAUSE, 2.0**turn) * random.uniform(0.5, 1.5) if after is None else after + random.uniform(0.0, 1.0)  # noqa: S311 (no secret)
        self._throttle.slow_down(pause)
        if turn >= most or (self._clock() - began).total_seconds() + pause > PATIENCE:
            raise fault
        self._sleep(pause)

    def _ask(self, method: str, path: str, parameters: Mapping[str, str], body: Mapping[str, Any] | None) -> Any:
        if not _PATH.fullmatch(path):
            raise ValueError("a path is made of names and numbers")
        text = None if body is None else json.dumps(body, default=_written)
        if text and len(text) > MOST_CHARACTERS:
            raise TooLarge
        if (pause := self._throttle.turn()) > PATIENCE:
            raise SlowDown(pause)
        if pause > 0:
            self._sleep(pause)
        status, answer, headers = self._send(method, path, parameters, text)
        log.debug("opendental_asked", method=method, route=path.partition("/")[0], status=status)
        if status not in (200, 201):
            raise fault_of(status, _said(answer), headers, self._clock())
        return _value(answer, is_read=method == "GET")

    def _send(self, method: str, path: str, parameters: Mapping[str, str], text: str | None) -> tuple[int, str, Mapping[str, str]]:
        told = {"Content-Type": "application/json"}
        try:
            with self._http.request(
                method, f"{self._office.address}/{path}", params=parameters, data=text.encode() if text else None, headers=told, timeout=TIMEOUTS,
                allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                return answer.status_code, _text(answer), answer.headers
        except requests.exceptions.ReadTimeout:
            raise TimedOut(may_be_done=True) from None
        except requests.RequestException as error:
            raise Away(may_be_done=not _never_left(error)) from None


def _text(answer: requests.Response) -> str:
    """The whole answer, but no more than there can be in one."""
    found, size = [], 0
    for part in answer.iter_content(65536):
        size += len(part)
        if size > 4 * MOST_CHARACTERS:
            raise TooLarge
        found.append(part)
    return b"".join(found).decode("utf-8", "replace")


def _never_left(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def _value(answer: str, is_read: bool) -> Any:
    """What an answer says; an act may be answered with nothing at all."""
    try:
        return json.loads(answer, parse_float=Decimal)
    except ValueError:
        if not is_read and not answer.strip().startswith(("{", "[")):
            return {}
        raise Away("Open Dental answered with something that cannot be read.", may_be_done=not is_read) from None


def _said(answer: str) -> str:
    """Their sentence; it may come as JSON text."""
    try:
        said = json.loads(answer)
    except ValueError:
        said = answer
    return (said if isinstance(said, str) else str(said.get("Message", "") if isinstance(said, dict) else ""))[:500]


def _list(found: Any) -> list[Row]:
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, dict) for row in rows):
        raise Away("Open Dental answered with something else than was asked for.")
    return rows


def _made(found: Any) -> Row:
    return found if isinstance(found, dict) else {}


def _checked(filters: Filters) -> Filters:
    if others := set(filters) - FILTERS:
        raise ValueError(f"{min(others)} is not looked for: it would stand in an address")
    return filters


def _written(value: Any) -> str:
    """As they write it: days and moments by the office's clock, without a zone."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return value.isoformat() if isinstance(value, date) else "true" if value is True else "false" if value is False else str(value)

