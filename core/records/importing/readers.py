"""What reads files: JSON lines here, other formats by the plugins that know them (`portal_readers`)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo

from pyramid.exceptions import ConfigurationError
from sqlalchemy.orm import Session

from core.plugins import PluginHost
from core.records.importing import lines
from core.records.importing.found import Found


@dataclass(frozen=True)
class Chosen:
    """What was said with a file: the system that it comes from, the clock that its times are by, and what its reader asks besides. `is_second`: that is
    another system than the practice's. `position`: so much was read before, for a reader that `passes_over` it by itself.
    """

    source: str
    zone: ZoneInfo
    choice: str = ""
    mapping: bytes | None = None
    is_second: bool = field(kw_only=True)
    position: int = 0


class WrongChoice(ValueError):
    """A reader cannot do with what was chosen; the text says what to choose."""


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are called, with the cells of its first rows as examples; which fields there are, in words, and which a row cannot do without.

    `known` are the fields of the columns that are known by their names.
    """

    headings: tuple[str, ...]
    examples: Sequence[Sequence[str]]
    fields: Mapping[str, str]
    needed: frozenset[str]
    known: Mapping[str, str]


@dataclass(frozen=True)
class Matching:
    """How people say which column of a file is what: `columns` are those of a file, `mapping` is the mapping file that says of each heading which field it is.

    Both raise WrongChoice, where there are no columns, or what was said is not enough.
    """

    columns: Callable[[BinaryIO, Chosen], Columns]
    mapping: Callable[[Chosen, Mapping[str, str]], bytes]


@dataclass(frozen=True)
class Reader:
    """A sort of file. `text` says in the office's words what it takes; `choices`, by their names, what is to be chosen besides, unless a mapping file says it.

    `read` gives what is in a file, the same each time, and reads it `times_read` times, which is for showing how far it has come. It raises WrongChoice
    before anything is read. `matching` is for files whose columns may be called anything, where no mapping file came along.
    `settle` gives what was read, one for one, as it goes in: what is here already under other numbers goes under those. Its session is the one in which it is taken in.
    """

    name: str
    title: str
    text: str
    suffixes: tuple[str, ...]
    read: Callable[[BinaryIO, Chosen], Iterator[Found]]
    choices: Mapping[str, str] = field(default_factory=dict)
    takes_mapping: bool = False
    times_read: int = 1
    passes_over: bool = False
    settle: Callable[[Session, Iterable[Found]], Iterable[Found]] = lambda _, found: found
    matching: Matching | None = None


JSON_LINES = Reader(
    "records", "Records of the portal", "What another program has written for the portal: a record on each line, as JSON.", (".jsonl", ".ndjson"),
    lambda handle, _: lines.read(handle),
)  # fmt: skip


def readers_at(registry, practice_id: UUID) -> dict[str, Reader]:
    """What a practice can import: a plugin's readers, when it is on for the practice or for one of its clinics."""
    on = (readers for name, readers in registry.plugin_readers.items() if registry.tenants.on_somewhere(practice_id, name))
    return {reader.name: reader for readers in ([JSON_LINES], *on) for reader in readers}


def _of_plugins(host: PluginHost) -> dict[str, list[Reader]]:
    """The readers of every plugin. Raises ConfigurationError when two have one name."""
    found = {name: [reader for answer in host.only(name).portal_readers() for reader in answer] for name in host.plugins}
    known = {JSON_LINES.name}
    for reader in (reader for readers in found.values() for reader in readers):
        if reader.name in known:
            raise ConfigurationError(f"the reader {reader.name!r} is declared twice")
        known.add(reader.name)
    return found


def includeme(config) -> None:
    """Ask every plugin once."""
    from core.records.importing import tasks  # noqa: F401  (declares them)

    config.registry.plugin_readers = _of_plugins(config.registry.plugins)
