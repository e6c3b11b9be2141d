"""The language in which somebody likes to be spoken to and written to

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = 'b40d7e9a15c8'
down_revision = '8e1f63b7a9d2'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('account', sa.Column('language', sa.Text(), server_default='', nullable=False))


def downgrade():
    op.drop_column('account', 'language')
