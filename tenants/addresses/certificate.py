"""How the certificate of a domain is: asked by TLS, as a browser asks."""

import socket
import ssl
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from core.safety.outside import is_outside

PATIENCE = 3.0
"""Seconds for the connection, and as many for its beginning."""
READY, REFUSED, NONE, UNREACHABLE, INSIDE = "ready", "refused", "none", "unreachable", "inside"
LONGEST = 120


@dataclass(frozen=True)
class Certificate:
    """A certificate: whether browsers take it, why not, who issued it, and when it ends."""

    state: str
    reason: str = ""
    issuer: str = ""
    ends_at: str = ""

    def kept(self) -> dict:
        """As it is kept until the next look."""
        return asdict(self)


def look(host: str, addresses: Collection[str], port: int, also_inside: bool = False) -> Certificate:
    """Connect to one of these addresses, and to nothing else, whatever the name means by now.

    Never to an address of the inside (loopback, private, link-local): whoever owns a domain can let it lead there.
    """
    reachable = [address for address in sorted(addresses, key=lambda text: (":" in text, text)) if also_inside or is_outside(address)]
    if not reachable:
        return Certificate(INSIDE if addresses else UNREACHABLE)
    try:
        return _ask(host, reachable[0], port)
    except ssl.SSLCertVerificationError as error:
        return Certificate(REFUSED, error.verify_message[:LONGEST])
    except ssl.SSLError:
        return Certificate(NONE)
    except OSError:
        return Certificate(UNREACHABLE)


def _ask(host: str, address: str, port: int) -> Certificate:
    with socket.create_connection((address, port), timeout=PATIENCE) as connection:
        connection.settimeout(PATIENCE)
        with ssl.create_default_context().wrap_socket(connection, server_hostname=host) as secured:
            body = secured.getpeercert(binary_form=True)
    found = x509.load_der_x509_certificate(body or b"")
    return Certificate(READY, issuer=_issuer(found.issuer), ends_at=found.not_valid_after_utc.astimezone(UTC).isoformat())


def _issuer(name: x509.Name) -> str:
    words: Iterable = (found.value for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME) for found in name.get_attributes_for_oid(oid))
    return "".join(sign for sign in str(next(iter(words), "")) if sign.isprintable())[:LONGEST]


def days_left(ends_at: str, now: datetime) -> int:
    """Whole days until a certificate ends."""
    return (datetime.fromisoformat(ends_at) - now).days
