"""Time given up

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "6f0b2d94c1ae"
down_revision = "3abc5bdc6e93"
branch_labels = None
depends_on = None


def upgrade():
    """The time that was given up a moment ago is found among all that visits ever held."""
    op.create_index(
        "ix_appointments_hold_kept", "appointments_hold", ["practice_id", "kept_until"], postgresql_where=sa.text("kept_until is not null")
    )


def downgrade():
    """Without the index."""
    op.drop_index("ix_appointments_hold_kept", table_name="appointments_hold")
