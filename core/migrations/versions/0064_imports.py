"""Files that the office takes in on its page of imports

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "7be2f05d9c64"
down_revision = "7be20f4c91ad"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "records_import",
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_second", sa.Boolean(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("headings", ARRAY(sa.Text()), nullable=False),
        sa.Column("columns", JSONB(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("erased_at", _TIME, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("began_at", _TIME, nullable=True),
        sa.Column("heard_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("bytes_read", sa.BigInteger(), nullable=False),
        sa.Column("report", JSONB(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("source ~ '^[a-z][a-z0-9._-]{0,39}$'", name=op.f("ck_records_import_source")),
        sa.CheckConstraint("state in ('matching', 'checking', 'checked', 'taking', 'done', 'stopped', 'failed')", name=op.f("ck_records_import_state")),
        sa.CheckConstraint("size > 0", name=op.f("ck_records_import_size")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_records_import_practice_id_practice")),
        sa.ForeignKeyConstraint(["practice_id", "asked_by_id"], ["account.practice_id", "account.id"], name=op.f("fk_records_import_practice_id_account")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_records_import")),
    )
    op.create_index(op.f("ix_records_import_practice_id_asked_at"), "records_import", ["practice_id", "asked_at"])
    op.create_index(op.f("ix_records_import_practice_id_asked_by_id"), "records_import", ["practice_id", "asked_by_id"])
    op.create_index("uq_records_import_at_work", "records_import", ["practice_id"], unique=True, postgresql_where=sa.text("state in ('checking', 'taking')"))
    op.protect_table("records_import")


def downgrade():
    op.drop_table("records_import")
