"""Servers for one run of the tests or of the benchmark: quick, in a folder that goes away with them."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from core.database_roles import Logins, prepare_roles
from core.local.folder import DataFolder
from core.local.postgres import Postgres
from core.local.processes import Supervisor
from core.local.valkey import Valkey


@dataclass(frozen=True)
class ThrowAway:
    """The servers' addresses, and the settings that make the portal use them; the database is not migrated yet."""

    admin_url: str
    logins: Logins
    environment: dict[str, str]


def start(path: Path, supervisor: Supervisor, memory: int = 128) -> ThrowAway:
    """Start a PostgreSQL and a Valkey that keep their data in this folder; the first keeps so many megabytes of it in memory."""
    folder = DataFolder(path)
    postgres, valkey = Postgres(folder, throw_away=True, memory=memory), Valkey(folder)
    logins = prepare_roles(postgres.start(supervisor))
    environment = {
        "CUSPID_DATABASE_URL": logins.app_url,
        "CUSPID_MIGRATE_URL": logins.migrate_url,
        "CUSPID_BROKER_URL": valkey.start(supervisor),
        "CUSPID_LIMITS_URL": valkey.address(1),
        "CUSPID_MAIL_URL": f"mailbox:{path}/mail",
        "CUSPID_TEXTS_URL": f"mailbox:{path}/mail",
        "CUSPID_FILES_URL": f"file:{path}/files",
        "CUSPID_SECRET_KEY": secrets.token_urlsafe(36),
        "CUSPID_BASE_DOMAIN": "localhost",
        "CUSPID_SCHEME": "http",
        "CUSPID_ENVIRONMENT": "local",
    }
    return ThrowAway(postgres.address(), logins, environment)
