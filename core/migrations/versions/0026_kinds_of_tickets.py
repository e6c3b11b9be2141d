"""Kinds of tickets

The code that is running now must go on working with the tables as this leaves them.
"""

from alembic import op

revision = '7b0e5d92c3af'
down_revision = '6ae19c47d3f8'
branch_labels = None
depends_on = None

KINDS = (
    'reset', 'sign_in', 'invitation', 'register', 'second', 'proof', 'email', 'email_stop', 'email_was', 'staff', 'operator', 'grant', 'passkey',
    'passkey_new',
)  # fmt: skip


def upgrade():
    op.create_check_constraint(op.f('ck_ticket_kind'), 'ticket', f'kind in {KINDS}')


def downgrade():
    op.drop_constraint(op.f('ck_ticket_kind'), 'ticket', type_='check')
