"""Accounts are found by their e-mail address from an index

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "c50b7e19f2d4"
down_revision = "7a41f3c8e052"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("account", sa.Column("email_norm", sa.Text(), sa.Computed("lower(email)", persisted=True), nullable=False))
    op.create_index(op.f("ix_account_practice_id_email_norm"), "account", ["practice_id", "email_norm"], unique=False)


def downgrade():
    op.drop_index(op.f("ix_account_practice_id_email_norm"), "account")
    op.drop_column("account", "email_norm")
