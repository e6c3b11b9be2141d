"""How many bytes each practice stores; within the first hour the workers ask the store

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "b57d0f3c91ae"
down_revision = "94c3ea7d15b2"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "practice_storage",
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("bytes >= 0", name=op.f("ck_practice_storage_bytes")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_practice_storage_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_practice_storage")),
        sa.UniqueConstraint("practice_id", name=op.f("uq_practice_storage_practice_id")),
    )
    op.protect_table("practice_storage")


def downgrade():
    op.drop_table("practice_storage")
