"""Payments without signing in

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "7c41d0b95e36"
down_revision = "26db8f872dda"
branch_labels = None
depends_on = None


def upgrade():
    """Let a payment be for nobody yet, and keep what a guest typed."""
    op.alter_column("account_payment", "patient_id", nullable=True)
    op.alter_column("account_payment", "account_id", nullable=True)
    op.create_check_constraint(op.f("ck_account_payment_payer"), "account_payment", "account_id is null or patient_id is not null")
    op.create_index(
        "ix_account_payment_guest_form",
        "account_payment",
        ["practice_id", "form_nonce"],
        unique=True,
        postgresql_where=sa.text("account_id is null"),
    )
    op.create_table(
        "account_guest",
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("birthdate", sa.Date(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("outcome in ('', 'waiting', 'matched', 'assigned', 'refunded')", name=op.f("ck_account_guest_outcome")),
        sa.CheckConstraint("reason in ('', 'nobody', 'several')", name=op.f("ck_account_guest_reason")),
        sa.ForeignKeyConstraint(
            ["practice_id", "id"], ["account_payment.practice_id", "account_payment.id"], name=op.f("fk_account_guest_practice_id_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "settled_by"], ["account.practice_id", "account.id"], name=op.f("fk_account_guest_practice_id_settled_by")
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_guest_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_guest")),
    )
    op.create_index(
        "ix_account_guest_waiting", "account_guest", ["practice_id", "id"], unique=False, postgresql_where=sa.text("outcome = 'waiting'")
    )
    op.protect_table("account_guest")


def downgrade():
    """Take it away; payments of guests would belong to nobody, so this fails while there are any."""
    op.drop_table("account_guest")
    op.drop_index("ix_account_payment_guest_form", table_name="account_payment")
    op.drop_constraint(op.f("ck_account_payment_payer"), "account_payment", type_="check")
    op.alter_column("account_payment", "account_id", nullable=False)
    op.alter_column("account_payment", "patient_id", nullable=False)
