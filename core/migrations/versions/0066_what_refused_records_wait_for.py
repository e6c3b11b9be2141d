"""What was refused says what was missing, so that it is tried again once that has come

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "4d81b6e2f093"
down_revision = "8e5b3f0a72c6"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("records_refusal", sa.Column("missing_kind", sa.Text(), server_default="", nullable=False))
    op.add_column("records_refusal", sa.Column("missing_id", sa.Text(), server_default="", nullable=False))
    op.add_column("records_refusal", sa.Column("again_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    for name in ("again_at", "missing_id", "missing_kind"):
        op.drop_column("records_refusal", name)
