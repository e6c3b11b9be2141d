"""Which practice is meant by a code that comes back from a telephone

The code that is running now must go on working with the tables as this leaves them. The table stands outside the wall: it holds ids and
keyed hashes only.
"""

import sqlalchemy as sa
from alembic import op

revision = "c19d5f7b2e84"
down_revision = "b8e41f6a07d3"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "text_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number_key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_text_code_practice_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_code")),
        sa.UniqueConstraint("number_key", "code", name=op.f("uq_text_code_number_key_code")),
    )
    op.create_index(op.f("ix_text_code_practice_id"), "text_code", ["practice_id"])


def downgrade():
    op.drop_table("text_code")
