"""Where each record has come from and when, and runs that bring all that their source has

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "9b2e60d1c7a5"
down_revision = "7e20b9d4f1a8"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("records_run", sa.Column("snapshot", ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.create_table(
        "records_origin",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.Uuid(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_records_origin_practice_id_practice")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_records_origin")),
        sa.UniqueConstraint("practice_id", "kind", "external_id", name=op.f("uq_records_origin_practice_id_kind_external_id")),
    )
    op.protect_table("records_origin")


def downgrade():
    op.drop_table("records_origin")
    op.drop_column("records_run", "snapshot")
