"""How Alembic runs our migrations: as the owner of the tables, one transaction each, never waiting long for a lock."""

from alembic import context
from alembic.operations import ops
from sqlalchemy import create_engine, text

from core.database_roles import OWNER
from core.db import Base, TenantScoped
from core.migrations import load_models
from core.migrations.wall import ProtectTable

# Any number; two migrations at the same time wait for one another on it.
LOCK = 7_341_902

config = context.config
branch = config.attributes.get("branch")
load_models()


def is_in_branch(obj, name, type_, reflected, compare_to) -> bool:
    """Whether a table belongs to the branch that a new revision is written for."""
    table = name if type_ == "table" else getattr(getattr(obj, "table", None), "name", "")
    return branch is None or owner(table) == branch


def owner(table: str) -> str:
    """The branch of a table: the plugin that its name begins with, else core."""
    from core.plugins import find_plugins

    return next((plugin.name for plugin in find_plugins() if table.startswith(plugin.name + "_")), "core")


def add_walls(_, __, directives) -> None:
    """After each new table behind the wall, write the call that puts it there."""
    scoped = {getattr(mapper.local_table, "name", "") for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantScoped)}
    for operations in directives[0].upgrade_ops_list if directives else ():
        for operation in list(operations.ops):
            if isinstance(operation, ops.CreateTableOp) and operation.table_name in scoped:
                operations.ops.append(ProtectTable(operation.table_name))


def run() -> None:
    """Migrate over a connection of our own."""
    engine = create_engine(config.attributes["url"])
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
        connection.execute(text("SET lock_timeout = '4s'"))
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(f"SET ROLE {OWNER}"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=is_in_branch,
            process_revision_directives=add_walls,
            transaction_per_migration=True,
            compare_server_default=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
