"""Whether a patient allows text messages, and from which numbers STOP came

The code that is running now must go on working with the tables as this leaves them. The table stands outside the wall: it holds keyed hashes
only.
"""

import sqlalchemy as sa
from alembic import op

revision = "d5a07e3c91f4"
down_revision = "b83d10f7c62e"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("patient", sa.Column("text_ok", sa.Boolean(), nullable=True))
    op.create_table(
        "text_stop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number_key", sa.Text(), nullable=False),
        sa.Column("is_stopped", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_stop")),
        sa.UniqueConstraint("number_key", name=op.f("uq_text_stop_number_key")),
    )


def downgrade():
    op.drop_table("text_stop")
    op.drop_column("patient", "text_ok")
