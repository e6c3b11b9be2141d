"""Somebody whom the portal does not know: asks a page and sends its form over real HTTP, from an address that nobody else has."""

import re
import time
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from typing import NamedTuple
from urllib.parse import urlencode

TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
PER_NETWORK = 250


class Answer(NamedTuple):
    """How long the answer to a form took, in milliseconds; its status, where it leads and how long it is."""

    took: float
    status: int
    leads_to: str
    length: int


def address(number: int) -> str:
    """An address in a network of its own, so that nothing which is counted for places is counted twice."""
    return f"10.{number // PER_NETWORK}.{number % PER_NETWORK}.7"


def send(port: int, host: str, number: int, path: str, fields: dict[str, str]) -> Answer:
    """Open a page with a new connection and no cookie, send its form, and time that."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": host, "X-Forwarded-For": address(number)}
    try:
        connection.request("GET", path, headers=headers)
        page = connection.getresponse()
        token = TOKEN.search(page.read())
        if token is None:
            raise ValueError(f"{path} answers {page.status} and has no form.")
        headers |= {"Cookie": cookies_of(page), "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({"csrf_token": token[1].decode()} | fields)
        started = time.perf_counter()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        length = len(answer.read())
        return Answer(1000 * (time.perf_counter() - started), answer.status, answer.headers.get("Location", ""), length)
    finally:
        connection.close()


def cookies_of(page: HTTPResponse) -> str:
    """What a browser would send back."""
    found = SimpleCookie()
    for line in page.headers.get_all("Set-Cookie", []):
        found.load(line)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in found.items())
