"""Codes that go to a phone by text message

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = 'a3e85d20f7c6'
down_revision = '81d3f2a60c57'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('ticket', sa.Column('phone', sa.Text(), server_default='', nullable=False))


def downgrade():
    op.drop_column('ticket', 'phone')
