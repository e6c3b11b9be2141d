"""Migrations: one history of the database with a branch for core (with tenants) and one for each plugin.

They run as `cuspid_migrate`, which becomes the owner of the tables to change them. A step that changes rows does
`RESET ROLE` first: the owner is behind the wall like everyone else, and would change nothing without a word.
"""

import os
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine

from core.plugins import find_plugins

HERE = Path(__file__).parent


MISSING = (
    "The database holds tables of a plugin that is not installed, or of a newer version. Install it again; to be rid of it, then run "
    "`cuspid migrate --remove PLUGIN` before it is uninstalled."
)


class PluginMissing(Exception):
    """The database holds tables that no installed plugin knows; the text says what to do."""


def branches() -> dict[str, Path]:
    """The folders of migrations by branch: core's own, and `migrations/` beside each installed plugin."""
    found = {plugin.name: plugin.folder("migrations") for plugin in find_plugins()}
    return {"core": HERE / "versions", **{name: folder for name, folder in found.items() if folder}}


def alembic_config(url: str) -> Config:
    """Alembic's configuration for the database at this address."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join(str(path) for path in branches().values()))
    config.attributes["url"] = sqlalchemy_url(url)
    return config


def sqlalchemy_url(url: str) -> str:
    """The address in SQLAlchemy's spelling."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def upgrade(migrate_url: str) -> None:
    """Bring the tables of core and of every installed plugin up to date."""
    command.upgrade(alembic_config(migrate_url), "heads")


def downgrade(migrate_url: str, branch: str) -> None:
    """Take away all tables of one plugin, for instance before it is uninstalled."""
    command.downgrade(alembic_config(migrate_url), f"{branch}@base")


def behind(url: str) -> set[str]:
    """The revisions that this database lacks; empty when it is up to date. Raises PluginMissing."""
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            applied = set(MigrationContext.configure(connection).get_current_heads())
    finally:
        engine.dispose()
    script = ScriptDirectory.from_config(alembic_config(url))
    try:
        # A revision that others depend on is not written down beside them: it is known through them.
        known = {one.revision for one in script.get_all_current(tuple(applied))}
    except CommandError:
        raise PluginMissing(MISSING) from None
    return set(script.get_heads()) - known


def revision(migrate_url: str, branch: str, words: str) -> None:
    """Write a new migration for what the models of one branch have and the database lacks."""
    config = alembic_config(migrate_url)
    load_models()
    folder = branches().get(branch) or _new_folder(branch)
    first = not any(folder.glob("*.py"))
    config.attributes["branch"] = branch
    config.set_main_option("version_locations", os.pathsep.join(map(str, {*branches().values(), folder})))
    command.revision(
        config,
        words,
        autogenerate=True,
        head="base" if first else f"{branch}@head",
        branch_label=branch if first else None,
        version_path=str(folder),
        # The tables that it refers to must be there; a branch label alone would mean core's very first revision.
        depends_on=ScriptDirectory.from_config(config).get_revision("core@head").revision if first and branch != "core" else None,
    )


def _new_folder(branch: str) -> Path:
    plugin = next(plugin for plugin in find_plugins() if plugin.name == branch)
    folder = Path(str(import_module(plugin.package).__file__)).parent / "migrations"
    folder.mkdir(exist_ok=True)
    return folder


def load_models() -> None:
    """Import every module that declares tables, so that the metadata is whole; plugins' by convention at `<plugin>.models`."""
    names = ["core.audit", "core.outbox", "core.files.models", "core.people.models", "core.people.moved_models", "core.auth.models", "core.auth.offices", "core.usage.models", "core.texting.codes", "core.records.models", "core.records.changes.models", "core.records.api.models"]
    names += ["core.outside"]
    names += [point.value for point in entry_points(group="cuspid.models")]
    names += [name for plugin in find_plugins() if find_spec(name := f"{plugin.package}.models")]
    for name in names:
        import_module(name)
