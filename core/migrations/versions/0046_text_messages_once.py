"""When a text message began to be handed over: one that a worker left behind may have gone out, and is not sent again

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "b8e41f6a07d3"
down_revision = "7d3b90e4c21f"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("outbox", sa.Column("text_begun_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column("outbox", "text_begun_at")
