"""Whose account it is of which a service outside reports something

The code that is running now must go on working with the tables as this leaves them. The table stands outside the wall: it is asked before a
practice is known, and holds ids only.
"""

import sqlalchemy as sa
from alembic import op

revision = "d7e2a90c4b15"
down_revision = "c19d5f7b2e84"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "outside_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_outside_account_practice_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_account")),
        sa.UniqueConstraint("service", "reference", name=op.f("uq_outside_account_service_reference")),
    )
    op.create_index(op.f("ix_outside_account_practice_id"), "outside_account", ["practice_id"])


def downgrade():
    op.drop_table("outside_account")
