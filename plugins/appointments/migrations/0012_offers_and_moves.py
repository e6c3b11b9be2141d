"""Offers to the wait list that are wanted no more, or not open any more; what a visit was before it was moved

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "7c31e5a8d0f4"
down_revision = "0d84b7e2f5a6"
branch_labels = None
depends_on = None
_TABLE, _NAME = "appointments_notice_choice", "ck_appointments_notice_choice_kind"
_KINDS = "'reminder', 'confirmation', 'thanks', 'new_thanks', 'recall', 'invitation', 'invitation_after', 'arrival'"


def upgrade():
    """Offers are a kind like the notices; each opening knows whether it was within hours, each moved visit how it was confirmed."""
    op.add_column("appointments_opening", sa.Column("in_hours", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("appointments_appointment", sa.Column("moved_from", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False))
    op.drop_constraint(op.f(_NAME), _TABLE)
    op.create_check_constraint(op.f(_NAME), _TABLE, f"kind in ({_KINDS}, 'offer')")


def downgrade():
    """Without them."""
    op.drop_column("appointments_appointment", "moved_from")
    op.drop_column("appointments_opening", "in_hours")
    op.execute("delete from appointments_notice_choice where kind = 'offer'")
    op.drop_constraint(op.f(_NAME), _TABLE)
    op.create_check_constraint(op.f(_NAME), _TABLE, f"kind in ({_KINDS})")
