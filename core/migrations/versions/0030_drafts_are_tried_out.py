"""What the office tries out on the portal before it is saved

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b8d40f6a15c2"
down_revision = "18fa6c93d05e"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("support_access", sa.Column("draft", postgresql.JSONB(none_as_null=True), nullable=True))


def downgrade():
    op.drop_column("support_access", "draft")
