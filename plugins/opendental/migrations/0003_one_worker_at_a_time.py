"""One worker at a time pulls and pushes

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "e2b6a19c40d7"
down_revision = "5c19be7704fa"
branch_labels = None
depends_on = None

_NEW = ("busy_until", "signed_in_since", "looked_at")


def upgrade():
    """When whoever works for an office must have ended, since when people have signed in, and when the connection was last tried out."""
    for name in _NEW:
        op.add_column("opendental_connection", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade():
    """They go."""
    for name in _NEW:
        op.drop_column("opendental_connection", name)
