"""Accounts of one person at several offices, and the way from one to another

The code that is running now must go on working with the tables as this leaves them. Both tables stand outside the wall: they hold
ids only, and no key to a table of a practice.
"""

import sqlalchemy as sa
from alembic import op

revision = 'f2b60c7a9e13'
down_revision = 'f4c2d81a93b7'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('linked_account',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('circle', sa.Uuid(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_linked_account_practice_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_linked_account')),
    sa.UniqueConstraint('circle', 'practice_id', name=op.f('uq_linked_account_circle_practice_id')),
    sa.UniqueConstraint('practice_id', 'account_id', name=op.f('uq_linked_account_practice_id_account_id'))
    )
    op.create_table('hand_over',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=False),
    sa.Column('from_practice_id', sa.Uuid(), nullable=False),
    sa.Column('from_account_id', sa.Uuid(), nullable=False),
    sa.Column('to_practice_id', sa.Uuid(), nullable=False),
    sa.Column('to_account_id', sa.Uuid(), nullable=True),
    sa.Column('signed_in_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind in ('link', 'answer', 'enter')", name=op.f('ck_hand_over_kind')),
    sa.ForeignKeyConstraint(['from_practice_id'], ['practice.id'], name=op.f('fk_hand_over_from_practice_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['to_practice_id'], ['practice.id'], name=op.f('fk_hand_over_to_practice_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hand_over')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_hand_over_secret_hash'))
    )


def downgrade():
    op.drop_table('hand_over')
    op.drop_table('linked_account')
