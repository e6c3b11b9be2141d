"""Practices can be suspended

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = '93d0a65be714'
down_revision = 'e94b7d1f60c2'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('practice', sa.Column('state', sa.Text(), server_default='open', nullable=False))
    op.create_check_constraint(op.f('ck_practice_state'), 'practice', "state in ('open', 'suspended')")


def downgrade():
    op.drop_column('practice', 'state')
