"""Subscriptions: what has changed is sent to an address, as rows, at most a thousand at once. Nothing signs it: the header has the office's key."""

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import requests

from plugins.opendental.stand_in.office import StandInOffice
from plugins.opendental.stand_in.saying import Speaker
from plugins.opendental.stand_in.store import NO_MOMENT, Row
from plugins.opendental.stand_in.tables import BY_NAME

MOST = 1000
LONGEST_AGO = timedelta(days=3)
"""An address that was down longer gets no more than this."""
WATCHED = {"Appointment": "appointment", "AppointmentDeleted": "histappointment", "PatField": "patfield", "Patient": "patient", "Provider": "provider", "Schedule": "schedule"}
Send = Callable[[str, dict[str, str], bytes], int]
"""`send(address, headers, body)`: the status of the answer."""


def send_by_http(address: str, headers: dict[str, str], body: bytes) -> int:
    """Send it; 0 where nobody is. Names below localhost are this machine, also where nothing but browsers knows them."""
    place = urlsplit(address)
    if (place.hostname or "").endswith(".localhost"):
        headers, address = headers | {"Host": place.netloc}, place._replace(netloc=f"127.0.0.1:{place.port or 80}").geturl()
    try:
        return requests.post(address, data=body, headers=headers, timeout=10, allow_redirects=False).status_code
    except requests.RequestException:
        return 0


def deliver(office: StandInOffice, told: dict[int, str], send: Send) -> int:
    """Tell everybody who has asked of what has changed since they were told; how many rows were taken."""
    taken, now = 0, office.store.stamp()
    for subscription in office.store.all("subscription", "WatchTable <> '' and DateTimeStart <= ?", [now]):
        number = subscription["SubscriptionNum"]
        if subscription["DateTimeStop"] not in (NO_MOMENT, "") and subscription["DateTimeStop"] < now:
            continue
        rows = _changed(office, subscription["WatchTable"], told.setdefault(number, now), now)
        if all(_send(office, subscription, rows[start : start + MOST], send) for start in range(0, len(rows), MOST)):
            told[number] = now
            taken += len(rows)
    return taken


def _changed(office: StandInOffice, watched: str, since: str, until: str) -> list[Row]:
    """Rows that have changed, up to the second that is over."""
    table = WATCHED.get(watched)
    if table is None:
        return []
    stamp = "HistDateTStamp" if table == "histappointment" else BY_NAME[table].stamps[0]
    oldest = f"{office.store.now() - LONGEST_AGO:%Y-%m-%d %H:%M:%S}"
    where = f"{stamp} >= ? and {stamp} < ?" + (" and HistApptAction = 4" if table == "histappointment" else "")
    return Speaker(office.store, office.quirks.text_booleans).say_all(table, office.store.all(table, where, [max(since, oldest), until]))


def _send(office: StandInOffice, subscription: Row, rows: list[Row], send: Send) -> bool:
    headers = {
        "Authorization": office.key, "Workstation": subscription["Workstation"] or "SERVER", "Event-Type": f"WatchTable: {subscription['WatchTable']}",
        "Content-Type": "application/json",
    }  # fmt: skip
    return send(subscription["EndPointUrl"], headers, json.dumps(rows).encode()) // 100 == 2
