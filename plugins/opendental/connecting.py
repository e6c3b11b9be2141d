"""Telling the portal how an office's Open Dental is reached, and that it no longer is."""

import secrets
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.auth.secrets import decrypt, encrypt
from core.config import Settings
from plugins.opendental.models import Connection
from plugins.opendental.wire.choice import addresses_inside, connection_of


class NotPossible(Exception):
    """This cannot be connected; the text says what to do."""


def connect(session: Session, portal: Settings, practice_id: UUID, customer_key: str, way: str = "remote", address: str = "", level: str = "write", workstation: str = "") -> Connection:
    """Keep how the practice's Open Dental is reached, in place of what was kept. Raises NotPossible."""
    key, address = customer_key.strip(), "" if way == "remote" else address.strip().rstrip("/")
    if not key or not key.isascii() or not key.isprintable() or len(key) > 200 or set(key) & set("/ "):
        raise NotPossible("Copy the customer key from Open Dental: Setup, Advanced Setup, API.")
    if way != "remote" and address not in addresses_inside(portal):
        raise NotPossible("Whoever runs this portal has not opened this address. Give them the address of your API Service, or connect over the Internet.")
    connection = connection_of(session, practice_id)
    if connection is None:
        connection = Connection(hook_secret=encrypt(portal.secret_key, practice_id, secrets.token_urlsafe(32)))
        session.add(connection)
    connection.customer_key = encrypt(portal.secret_key, practice_id, key)
    connection.way, connection.address, connection.level, connection.workstation = way, address, level, workstation
    session.flush()
    return connection


def disconnect(session: Session, practice_id: UUID) -> None:
    """Forget the key. What came in stays."""
    session.execute(delete(Connection).where(Connection.practice_id == practice_id))


def key_of(portal: Settings, connection: Connection) -> str:
    """The office's key."""
    return decrypt(portal.secret_key, connection.practice_id, connection.customer_key)


def hook_secret_of(portal: Settings, connection: Connection) -> str:
    """What stands in the address at which Open Dental reports."""
    return decrypt(portal.secret_key, connection.practice_id, connection.hook_secret)
