"""The names of files in the store: `<practice>/<plugin>/<token>`, ids and nothing else."""

import re
from uuid import UUID

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PLUGIN = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_KEY = re.compile(rf"({_ID})/([a-z][a-z0-9_]{{0,39}})/({_ID})", re.ASCII)


class WrongKey(ValueError):
    """A key that `practice_key` did not make, or one of another practice."""


def practice_key(practice_id: UUID, plugin: str, token: UUID) -> str:
    """The key of a file: whose it is, the tab that keeps it, and an id of its own. Raises WrongKey."""
    if not isinstance(practice_id, UUID) or not isinstance(token, UUID):
        raise WrongKey("the practice and the token of a key are ids")
    if not isinstance(plugin, str) or not _PLUGIN.fullmatch(plugin):
        raise WrongKey("the plugin of a key is its name: small letters, digits and underscores")
    return f"{practice_id}/{plugin}/{token}"


def practice_of(key: str) -> UUID:
    """The practice whose file this is. Raises WrongKey for anything that is not a key."""
    match = _KEY.fullmatch(key) if isinstance(key, str) else None
    if match is None:
        raise WrongKey("not the key of a file")
    return UUID(match[1])
