"""What the office itself has set of an appointment rule

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "2b7d40f6c9e1"
down_revision = "5e0c7b1a92d4"
branch_labels = None
depends_on = None


def upgrade():
    """A rule that the practice's system sends can be switched off here, and stays so."""
    op.add_column("appointments_rule", sa.Column("own", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))


def downgrade():
    """Without them."""
    op.drop_column("appointments_rule", "own")
