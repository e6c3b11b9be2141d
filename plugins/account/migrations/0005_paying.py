"""Whoever verifies who they are before paying, and no test charges any more

The code that is running now needs the test charges only where no card service is connected: there, payments by test card stop until it is replaced.
"""

import sqlalchemy as sa
from alembic import op

revision = "5e2f90a7c6d3"
down_revision = "c4e81b7d5a90"
branch_labels = None
depends_on = None


def upgrade():
    """Keep what somebody types who asks for a code, until the code is over."""
    op.create_table(
        "account_verification",
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("birthdate", sa.Date(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("channel in ('mail', 'text')", name=op.f("ck_account_verification_channel")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_verification_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_verification")),
    )
    op.create_index(op.f("ix_account_verification_practice_id_asked_at"), "account_verification", ["practice_id", "asked_at"], unique=False)
    op.protect_table("account_verification")
    op.drop_table("account_local_charge")


def downgrade():
    """As it was; test charges are gone."""
    op.create_table(
        "account_local_charge",
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_local_charge_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_local_charge")),
        sa.UniqueConstraint("practice_id", "idempotency_key", name=op.f("uq_account_local_charge_practice_id_idempotency_key")),
        sa.UniqueConstraint("practice_id", "reference", name=op.f("uq_account_local_charge_practice_id_reference")),
    )
    op.protect_table("account_local_charge")
    op.drop_table("account_verification")
