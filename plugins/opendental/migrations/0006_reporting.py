"""Whether Open Dental reports changes by itself

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "7be1d40f9a62"
down_revision = "c3a7d25be914"
branch_labels = None
depends_on = None


def upgrade():
    """When it was asked to, when it last did, and why it would not."""
    for name in ("reporting_since", "heard_at"):
        op.add_column("opendental_connection", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("opendental_connection", sa.Column("reporting_problem", sa.Text(), server_default="", nullable=False))


def downgrade():
    """They go."""
    for name in ("reporting_problem", "heard_at", "reporting_since"):
        op.drop_column("opendental_connection", name)
