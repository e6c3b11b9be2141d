"""When somebody answered the offer of a passkey: it is made once

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = '5c0e8d27ba61'
down_revision = 'a61f3c08d9e4'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('account', sa.Column('passkey_offered_at', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column('account', 'passkey_offered_at')
