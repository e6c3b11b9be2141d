"""The way back: what a practice's system should know of what was done here, and how far each reader of it has come

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "c41f7a9be206"
down_revision = "d5a07e3c91f4"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade():
    _create(
        "records_change",
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target_table", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_records_change_practice_id_patient_id")),
        sa.UniqueConstraint("practice_id", "number", name=op.f("uq_records_change_practice_id_number")),
    )
    op.create_index(op.f("ix_records_change_practice_id_patient_id"), "records_change", ["practice_id", "patient_id"])
    op.create_index("ix_records_change_waiting", "records_change", ["practice_id", "id"], postgresql_where=sa.text("number is null"))
    _create(
        "records_change_line",
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("practice_id", name=op.f("uq_records_change_line_practice_id")),
    )
    _create(
        "records_change_reader",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("acknowledged", sa.BigInteger(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("acknowledged_at", _TIME, nullable=True),
        sa.UniqueConstraint("practice_id", "name", name=op.f("uq_records_change_reader_practice_id_name")),
    )


def downgrade():
    for table in ("records_change_reader", "records_change_line", "records_change"):
        op.drop_table(table)


def _create(table: str, *parts) -> None:
    op.create_table(
        table,
        *parts,
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f(f"fk_{table}_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f(f"pk_{table}")),
    )
    op.protect_table(table)
