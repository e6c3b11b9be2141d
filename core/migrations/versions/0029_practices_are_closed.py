"""Practices are closed and erased

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = '18fa6c93d05e'
down_revision = 'c52e8f07a9d1'
branch_labels = None
depends_on = None


def upgrade():
    for column in ('closing_at', 'erase_after', 'erased_at'):
        op.add_column('practice', sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f('ck_practice_state'), 'practice', type_='check')
    op.create_check_constraint(op.f('ck_practice_state'), 'practice', "state in ('open', 'suspended', 'closing', 'erasing', 'erased')")


def downgrade():
    op.drop_constraint(op.f('ck_practice_state'), 'practice', type_='check')
    op.create_check_constraint(op.f('ck_practice_state'), 'practice', "state in ('open', 'suspended')")
    for column in ('closing_at', 'erase_after', 'erased_at'):
        op.drop_column('practice', column)
