"""Files that a practice's system sends for its records

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "7e20b9d4f1a8"
down_revision = "c41f7a9be206"
branch_labels = None
depends_on = None

TABLE = "records_upload"
_TIME = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        TABLE,
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("used_by", sa.Text(), nullable=True),
        sa.Column("begun_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('waiting', 'received', 'used')", name=op.f("ck_records_upload_state")),
        sa.CheckConstraint("(state = 'used') = (used_by is not null)", name=op.f("ck_records_upload_used_by")),
        sa.CheckConstraint("size > 0", name=op.f("ck_records_upload_size")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_records_upload_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_records_upload")),
    )
    for column in ("sha256", "expires_at"):
        op.create_index(op.f(f"ix_records_upload_practice_id_{column}"), TABLE, ["practice_id", column])
    op.protect_table(TABLE)


def downgrade():
    op.drop_table(TABLE)
