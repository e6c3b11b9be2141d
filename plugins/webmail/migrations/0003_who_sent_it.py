"""Who of the office wrote a message, where it was no provider

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "5c91e0ab37d2"
down_revision = "d47f0b62ce19"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("webmail_message", sa.Column("sender", sa.Text(), server_default="", nullable=False))


def downgrade():
    op.drop_column("webmail_message", "sender")
