"""When visits were entered in the practice's system

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "f1c6a83d0b57"
down_revision = "2b7d40f6c9e1"
branch_labels = None
depends_on = None


def upgrade():
    """Where it says so; and which visit of a clinic came first."""
    op.add_column("appointments_appointment", sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_appointments_appointment_came", "appointments_appointment", ["practice_id", "clinic_id", "made_at"],
        postgresql_where=sa.text("external_id is not null"),
    )  # fmt: skip


def downgrade():
    """Without them."""
    op.drop_index("ix_appointments_appointment_came", table_name="appointments_appointment")
    op.drop_column("appointments_appointment", "entered_at")
