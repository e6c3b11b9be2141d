"""What is kept of records that came in: runs, when each kind last came, and what was refused

The code that is running now must go on working with the tables as this leaves them. `records_state` stands outside the wall: it holds moments
and a number only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "4be17d02c6a9"
down_revision = "d7e2a90c4b15"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade():
    _create(
        "records_run",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("heard_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.CheckConstraint("source ~ '^[a-z][a-z0-9._-]{0,39}$'", name=op.f("ck_records_run_source")),
    )
    op.create_index(op.f("ix_records_run_practice_id_started_at"), "records_run", ["practice_id", "started_at"])
    _create(
        "records_arrival",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("came_at", _TIME, nullable=False),
        sa.Column("ages", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("practice_id", "source", "kind", name=op.f("uq_records_arrival_practice_id_source_kind")),
    )
    _create(
        "records_refusal",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_at", _TIME, nullable=False),
        sa.Column("last_at", _TIME, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.UniqueConstraint("practice_id", "source", "kind", "external_id", name=op.f("uq_records_refusal_practice_id_source_kind_external_id")),
    )
    op.create_index(op.f("ix_records_refusal_practice_id_last_at"), "records_refusal", ["practice_id", "last_at"])
    op.create_table(
        "records_state",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("came_at", _TIME, nullable=True),
        sa.Column("stale_at", _TIME, nullable=True),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_records_state_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records_state")),
        sa.UniqueConstraint("practice_id", name=op.f("uq_records_state_practice_id")),
    )


def downgrade():
    for table in ("records_state", "records_refusal", "records_arrival", "records_run"):
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
