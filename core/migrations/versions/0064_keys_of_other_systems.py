"""A key says whether its system is another one than the practice's

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "9e27c0d4b1f6"
down_revision = "7be20f4c91ad"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("api_key", sa.Column("is_second", sa.Boolean(), server_default="false", nullable=False))


def downgrade():
    op.drop_column("api_key", "is_second")
