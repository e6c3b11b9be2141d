"""Short addresses that practices have left behind, and what was changed about addresses

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "c52e8a04d7f1"
down_revision = "e1b6047d9c25"
branch_labels = None
depends_on = None


def upgrade():
    # Outside the wall, as the practices are: whose an address is must be known before any practice is.
    op.create_table(
        "former_slug",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_former_slug_practice_id"), onupdate="CASCADE"),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_former_slug")),
    )
    op.create_index(op.f("ix_former_slug_practice_id"), "former_slug", ["practice_id"], unique=False)
    op.create_table(
        "address_change",
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_address_change_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_address_change")),
    )
    op.create_index(op.f("ix_address_change_practice_id_changed_at"), "address_change", ["practice_id", "changed_at"], unique=False)
    op.protect_table("address_change")


def downgrade():
    op.drop_table("address_change")
    op.drop_table("former_slug")
