"""Since when a payment waits for the office

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "b8e3017fa52d"
down_revision = "7c41d0b95e36"
branch_labels = None
depends_on = None


def upgrade():
    """Keep when the worker has looked."""
    op.add_column("account_guest", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    """Forget it."""
    op.drop_column("account_guest", "looked_at")
