"""Sending something to an address that somebody has typed: to the open internet only, whatever its name leads to."""

import socket
import ssl
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import urllib3
from urllib3.util import Timeout

TIMEOUT = Timeout(connect=5, read=10)
LONGEST = 500
_PORTS = {"https": 443, "http": 80}
# An IPv4 address stands at the end of these (RFC 6052, RFC 4291).
_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("::/96"))


class NotReached(Exception):
    """Nothing was sent, or no answer came; the text says why."""


@dataclass(frozen=True)
class Place:
    """An address on the web, in its parts."""

    scheme: str
    host: str
    port: int
    path: str


def place_of(address: str, also_inside: bool = False) -> Place:
    """The parts of an address that something may be sent to: https, without a user name. Raises ValueError with what to do."""
    parts = urlsplit(address.strip())
    try:
        port, host = parts.port, (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        port, host = None, ""
    is_plain = address.isascii() and address.isprintable() and " " not in address.strip() and "\\" not in address
    if not host or not is_plain or len(address) > LONGEST or parts.username or parts.fragment or parts.scheme not in (("https", "http") if also_inside else ("https",)):
        raise ValueError("Type an address that begins with https:// such as https://hooks.example.com/cuspid.")
    return Place(parts.scheme, host, port or _PORTS[parts.scheme], (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def is_outside(address: str) -> bool:
    """Whether an address is one of the open internet; one that hides another in itself is judged by that."""
    found = ip_address(address)
    hidden: list[IPv4Address | IPv6Address] = [found]
    if isinstance(found, IPv6Address):
        translated = IPv4Address(int(found) & 0xFFFFFFFF) if any(found in network for network in _TRANSLATED) else None
        hidden += [inner for inner in (found.ipv4_mapped, found.sixtofour, translated, *(found.teredo or ())) if inner]
    return all(one.is_global and not one.is_multicast for one in hidden)


def post(place: Place, body: bytes, headers: dict[str, str], also_inside: bool = False) -> int:
    """Send it, and return the status of the answer, of which nothing else is read; redirects are not followed. Raises NotReached.

    The name is looked up once, and the connection goes to an address that was judged: what the name leads to a moment later does not count.
    """
    addresses = _addresses(place)
    if not also_inside and not all(map(is_outside, addresses)):
        raise NotReached("The address leads to a private network.")
    pool = _pool(place, addresses[0])
    host = place.host if place.port == _PORTS[place.scheme] else f"{place.host}:{place.port}"
    try:
        answer = pool.urlopen("POST", place.path, body, headers | {"Host": host}, retries=False, redirect=False, assert_same_host=False, preload_content=False)
        answer.close()
    except urllib3.exceptions.HTTPError as error:
        raise NotReached(_words(error)) from None
    finally:
        pool.close()
    return answer.status


def _pool(place: Place, address: str) -> urllib3.HTTPConnectionPool:
    if place.scheme == "http":
        return urllib3.HTTPConnectionPool(address, place.port, timeout=TIMEOUT)
    context = ssl.create_default_context()
    return urllib3.HTTPSConnectionPool(address, place.port, timeout=TIMEOUT, ssl_context=context, server_hostname=place.host, assert_hostname=place.host)


def _addresses(place: Place) -> list[str]:
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except OSError:
        raise NotReached("The name of the address is not known.") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _words(error: Exception) -> str:
    if isinstance(error, urllib3.exceptions.SSLError):
        return "The certificate of the address is not valid."
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "No answer came in time."
    return "The address cannot be reached."
