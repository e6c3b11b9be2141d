"""One-time passwords end; those that were given before this have no end

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = 'a61f3c08d9e4'
down_revision = '5ad07e92c1b6'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('account', sa.Column('password_ends_at', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column('account', 'password_ends_at')
