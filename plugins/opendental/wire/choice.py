"""The client for a practice, as its connection and the settings of the installation have it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.secrets import decrypt
from core.config import Settings
from plugins.opendental.models import Connection
from plugins.opendental.stand_in.drop import drop_at
from plugins.opendental.stand_in.server import DEVELOPER_KEY
from plugins.opendental.wire.client import Office, OpenDentalClient
from plugins.opendental.wire.drop import Drop, Login
from plugins.opendental.wire.throttle import SECONDS, NoThrottle, SharedThrottle

REMOTE = "https://api.opendental.com/api/v1"
"""Open Dental's own service, which leads to the eConnector of each office."""


def connection_of(session: Session, practice_id: UUID) -> Connection | None:
    """How the practice's Open Dental is reached, if it was told."""
    return session.scalar(select(Connection).where(Connection.practice_id == practice_id))


def addresses_inside(portal: Settings) -> tuple[str, ...]:
    """The API Services that practices may name: the operator says so, nobody else could send us into a network."""
    return tuple(address.strip().rstrip("/") for address in (portal.opendental_inside or "").split(",") if address.strip())


def developer_key_of(portal: Settings) -> str | None:
    """The portal's own key; the stand-in has one that everybody knows."""
    return portal.opendental_key or (DEVELOPER_KEY if portal.opendental_address else None)


def has_drop(portal: Settings) -> bool:
    """Whether files can come at all."""
    return bool(portal.opendental_drop or portal.opendental_address)


def drop_for(portal: Settings) -> Drop | None:
    """The drop of this installation; the stand-in has one of its own. None where there is none, so that no files come."""
    if portal.opendental_drop:
        keys = tuple(key.strip() for key in (portal.opendental_drop_key or "").split(","))
        return Drop(Login.read(portal.opendental_drop), Login.read(portal.opendental_drop_reader or portal.opendental_drop), keys)
    return drop_at(portal.opendental_address) if portal.opendental_address else None


def client_for(registry, session: Session, practice_id: UUID) -> OpenDentalClient | None:
    """The client of a practice; None where it has no connection, or one that this installation does not allow (any more)."""
    portal, connection = registry.portal, connection_of(session, practice_id)
    developer_key = developer_key_of(portal)
    if connection is None or developer_key is None:
        return None
    address = (portal.opendental_address or REMOTE).rstrip("/") if connection.way == "remote" else connection.address
    if connection.way != "remote" and address not in addresses_inside(portal):
        return None
    key = decrypt(portal.secret_key, practice_id, connection.customer_key)
    office = Office(address, connection.way, connection.level, developer_key, key)
    if connection.way != "remote":
        return OpenDentalClient(office, NoThrottle())
    seconds = SECONDS[connection.level]
    return OpenDentalClient(office, SharedThrottle(registry.engine, practice_id, seconds), seconds)
