"""What each practice has booked, and its limits

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "e1b6047d9c25"
down_revision = "5c82d1e7a04b"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("practice", sa.Column("plan", sa.Text(), server_default="", nullable=False))
    op.add_column("practice", sa.Column("plan_limits", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False))


def downgrade():
    op.drop_column("practice", "plan_limits")
    op.drop_column("practice", "plan")
