"""The audit log is searched by account, action, address and reason

The code that is running now must go on working with the tables as this leaves them. Making the indexes keeps new entries waiting: some
seconds for each million that is there.
"""

import sqlalchemy as sa
from alembic import op

revision = '5d1e9b3f60c8'
down_revision = '5d0a92e7b146'
branch_labels = None
depends_on = None


def upgrade():
    for column in ('account_id', 'action', 'address'):
        op.create_index(op.f(f'ix_audit_event_practice_id_{column}_happened_at'), 'audit_event', ['practice_id', column, 'happened_at'], unique=False)
    op.create_index('ix_audit_event_support', 'audit_event', ['practice_id', 'happened_at'], unique=False,
        postgresql_where=sa.text('support_id is not null'))


def downgrade():
    op.drop_index('ix_audit_event_support', table_name='audit_event')
    for column in ('address', 'action', 'account_id'):
        op.drop_index(op.f(f'ix_audit_event_practice_id_{column}_happened_at'), table_name='audit_event')
