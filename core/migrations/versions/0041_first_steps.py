"""Whether a practice wants its first steps shown: those that are there already do not

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "94c3ea7d15b2"
down_revision = "2f6d90b8e7c1"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("practice", sa.Column("is_set_up", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.alter_column("practice", "is_set_up", server_default=sa.text("false"))


def downgrade():
    op.drop_column("practice", "is_set_up")
