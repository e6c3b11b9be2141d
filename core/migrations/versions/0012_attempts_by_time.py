"""Attempts to sign in by their time: those that are old are cleared away

The code that is running now must go on working with the tables as this leaves them.
"""

from alembic import op

revision = '5d0a92e7b146'
down_revision = 'f2b60c7a9e13'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index(op.f('ix_sign_in_attempt_practice_id_attempted_at'), 'sign_in_attempt', ['practice_id', 'attempted_at'], unique=False)


def downgrade():
    op.drop_index(op.f('ix_sign_in_attempt_practice_id_attempted_at'), table_name='sign_in_attempt')
