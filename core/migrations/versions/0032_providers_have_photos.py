"""Photos of providers

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "e07a3c94b81d"
down_revision = "5c2e91d7f046"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("provider", sa.Column("photo", sa.Text(), server_default="", nullable=False))


def downgrade():
    op.drop_column("provider", "photo")
