"""Patients say that they are here

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0d84b7e2f5a6"
down_revision = "f1c6a83d0b57"
branch_labels = None
depends_on = None

_KINDS = ("reminder", "confirmation", "thanks", "new_thanks", "recall", "invitation", "invitation_after")


def upgrade():
    """When somebody said so, and the kind of notice that asks for it."""
    op.add_column("appointments_appointment", sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True))
    _check((*_KINDS, "arrival"))


def downgrade():
    """Without them."""
    op.execute("delete from appointments_notice where kind = 'arrival'")
    op.execute("delete from appointments_notice_choice where kind = 'arrival'")
    op.execute("delete from appointments_notice_rule where kind = 'arrival'")
    _check(_KINDS)
    op.drop_column("appointments_appointment", "arrived_at")


def _check(kinds: tuple[str, ...]) -> None:
    for table in ("appointments_notice_rule", "appointments_notice", "appointments_notice_choice"):
        name = op.f(f"ck_{table}_kind")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind in {kinds}")
