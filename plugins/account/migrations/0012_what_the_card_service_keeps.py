"""What the card service keeps of payments, and with which payout the rest came

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "f1c83a5e0b72"
down_revision = "e7b20c93fa41"
branch_labels = None
depends_on = None

_TABLE = "account_balance_line"


def upgrade():
    """The lines of the balance, behind the wall."""
    op.create_table(
        _TABLE,
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("reference", "card_account", "payment_reference", "kind")),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payout_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("paid_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_balance_line_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_balance_line")),
        sa.UniqueConstraint("practice_id", "reference", name=op.f("uq_account_balance_line_practice_id_reference")),
    )
    for column in ("at", "payout_reference"):
        op.create_index(op.f(f"ix_account_balance_line_practice_id_{column}"), _TABLE, ["practice_id", column])
    op.protect_table(_TABLE)


def downgrade():
    """Without them."""
    op.drop_table(_TABLE)
