"""Where practices want to be told that changes wait, and what was sent there

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "e0b4c93d71a8"
down_revision = "f60a4b9e27d8"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade():
    _create(
        "records_webhook",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=False),
        sa.Column("old_until", _TIME, nullable=True),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("told_until", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", _TIME, nullable=True),
        sa.Column("paused_at", _TIME, nullable=True),
        sa.UniqueConstraint("practice_id", name=op.f("uq_records_webhook_practice_id")),
    )
    _create(
        "records_webhook_delivery",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("kinds", ARRAY(sa.Text()), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_at", _TIME, nullable=True),
        sa.Column("attempts", JSONB(), nullable=False),
        sa.CheckConstraint("kind in ('changes.waiting', 'test')", name=op.f("ck_records_webhook_delivery_kind")),
        sa.CheckConstraint("state in ('waiting', 'delivered', 'failed', 'replaced')", name=op.f("ck_records_webhook_delivery_state")),
    )
    op.create_index(op.f("ix_records_webhook_delivery_practice_id_made_at"), "records_webhook_delivery", ["practice_id", "made_at"])


def downgrade():
    for table in ("records_webhook_delivery", "records_webhook"):
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
