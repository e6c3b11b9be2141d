"""That the office has seen to what a bank took back, and where cards come from that are declined

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

from core.database_roles import OWNER

revision = "a1d47c90be25"
down_revision = "f1c83a5e0b72"
branch_labels = None
depends_on = None


def upgrade():
    """What is over by now has been seen; cards are counted from now on."""
    op.add_column("account_dispute", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account_dispute", sa.Column("seen_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_account_dispute_practice_id_seen_by"), "account_dispute", "account", ["practice_id", "seen_by"], ["practice_id", "id"]
    )
    op.add_column("account_guest", sa.Column("address", sa.Text(), server_default="", nullable=False))
    op.add_column("account_guest", sa.Column("declines", sa.Integer(), server_default="0", nullable=False))
    op.execute("RESET ROLE")
    op.execute("update account_dispute set seen_at = opened_at where is_over")
    op.execute(f"SET ROLE {OWNER}")


def downgrade():
    """Without all that."""
    op.drop_column("account_guest", "declines")
    op.drop_column("account_guest", "address")
    op.drop_constraint(op.f("fk_account_dispute_practice_id_seen_by"), "account_dispute", type_="foreignkey")
    op.drop_column("account_dispute", "seen_by")
    op.drop_column("account_dispute", "seen_at")
