"""Putting a new table behind the wall: row security, forced, with one policy. `cuspid revision` writes the call by itself."""

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

POLICY = "practice_wall"


@Operations.register_operation("protect_table")
class ProtectTable(MigrateOperation):
    """Show and take only rows of the practice that is bound; none when no practice is."""

    def __init__(self, table: str):
        self.table = table

    @classmethod
    def protect_table(cls, operations: Operations, table: str) -> None:
        """`op.protect_table("appointments_appointment")`."""
        operations.invoke(cls(table))

    def reverse(self) -> MigrateOperation:
        """The policy goes with its table."""
        return OpenTable(self.table)


@Operations.register_operation("open_table")
class OpenTable(MigrateOperation):
    """Nothing to do before a protected table is dropped."""

    def __init__(self, table: str):
        self.table = table

    @classmethod
    def open_table(cls, operations: Operations, table: str) -> None:
        """The other half of `protect_table`."""


@Operations.implementation_for(ProtectTable)
def _protect(operations: Operations, operation: ProtectTable) -> None:
    table = operations.get_bind().dialect.identifier_preparer.quote(operation.table)
    operations.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    operations.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    operations.execute(
        f"CREATE POLICY {POLICY} ON {table} FOR ALL USING (practice_id = current_practice()) WITH CHECK (practice_id = current_practice())"
    )


@renderers.dispatch_for(ProtectTable)
def _render(_, operation: ProtectTable) -> str:
    return f"op.protect_table({operation.table!r})"


@renderers.dispatch_for(OpenTable)
def _render_open(_, operation: OpenTable) -> list[str]:
    return []
