"""What is needed to take a merge of two charts back: the chart that was, and which rows came from it

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "7be20f4c91ad"
down_revision = "5b8e20c7d4a1"
branch_labels = None
depends_on = None

TABLE = "patient_merged_row"


def upgrade():
    op.add_column("patient_merged", sa.Column("was", JSONB(none_as_null=True), nullable=True))
    op.create_table(
        TABLE,
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("was", sa.Uuid(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f(f"fk_{TABLE}_practice_id")),
        sa.ForeignKeyConstraint(["practice_id", "merged_id"], ["patient_merged.practice_id", "patient_merged.id"], name=op.f(f"fk_{TABLE}_practice_id_merged_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("practice_id", "row_id", "column_name", "merged_id", name=op.f(f"uq_{TABLE}_practice_id_row_id_column_name_merged_id")),
    )
    op.create_index(op.f(f"ix_{TABLE}_practice_id_merged_id"), TABLE, ["practice_id", "merged_id"])
    op.protect_table(TABLE)


def downgrade():
    op.drop_table(TABLE)
    op.drop_column("patient_merged", "was")
