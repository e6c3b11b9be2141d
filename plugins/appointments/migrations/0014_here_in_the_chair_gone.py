"""Confirmation statuses of those who are at the office; which statuses let messages on arrival and thanks to new patients go out

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "c5e80b17f3a2"
down_revision = "9e4d72b1c0a8"
branch_labels = None
depends_on = None
_TABLE, _NAME = "appointments_confirmation_status", "ck_appointments_confirmation_status_meaning"
_MEANINGS = "'', 'sent', 'accepted', 'not_accepted', 'failed', 'booked'"


def upgrade():
    """What thanked everybody thanks new patients, too."""
    op.add_column(_TABLE, sa.Column("sends_arrival", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column(_TABLE, sa.Column("sends_new_thanks", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.execute("update appointments_confirmation_status set sends_new_thanks = sends_thanks")
    op.drop_constraint(op.f(_NAME), _TABLE)
    op.create_check_constraint(op.f(_NAME), _TABLE, f"meaning in ({_MEANINGS}, 'arrived', 'seated', 'dismissed')")


def downgrade():
    """Without them."""
    op.execute("update appointments_confirmation_status set meaning = '' where meaning in ('arrived', 'seated', 'dismissed')")
    op.drop_constraint(op.f(_NAME), _TABLE)
    op.create_check_constraint(op.f(_NAME), _TABLE, f"meaning in ({_MEANINGS})")
    op.drop_column(_TABLE, "sends_new_thanks")
    op.drop_column(_TABLE, "sends_arrival")
