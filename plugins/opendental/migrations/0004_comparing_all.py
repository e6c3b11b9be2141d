"""Now and then everything is compared

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "91c4f0e7ab35"
down_revision = "e2b6a19c40d7"
branch_labels = None
depends_on = None


def upgrade():
    """Whether everything is asked for in this round, and when that was last done."""
    op.add_column("opendental_connection", sa.Column("is_whole", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("opendental_connection", sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    """They go."""
    op.drop_column("opendental_connection", "compared_at")
    op.drop_column("opendental_connection", "is_whole")
