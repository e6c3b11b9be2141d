"""Batches of invitations, and the patients of each

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = '6ae19c47d3f8'
down_revision = 'a3e85d20f7c6'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('invitation_batch',
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Uuid(), nullable=True),
    sa.Column('invited_before', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("state in ('running', 'stopped', 'done')", name=op.f('ck_invitation_batch_state')),
    sa.ForeignKeyConstraint(['practice_id', 'made_by_id'], ['account.practice_id', 'account.id'], name=op.f('fk_invitation_batch_practice_id_made_by_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_invitation_batch_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_invitation_batch'))
    )
    op.create_index(op.f('ix_invitation_batch_practice_id_made_at'), 'invitation_batch', ['practice_id', 'made_at'], unique=False)
    op.protect_table('invitation_batch')
    op.create_table('invitation_row',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('task_id', sa.Uuid(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("outcome in ('', 'asked', 'left_out')", name=op.f('ck_invitation_row_outcome')),
    sa.ForeignKeyConstraint(['practice_id', 'batch_id'], ['invitation_batch.practice_id', 'invitation_batch.id'], name=op.f('fk_invitation_row_practice_id_batch_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_invitation_row_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_invitation_row_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_invitation_row'))
    )
    op.create_index(op.f('ix_invitation_row_practice_id_batch_id_outcome'), 'invitation_row', ['practice_id', 'batch_id', 'outcome'], unique=False)
    op.create_index(op.f('ix_invitation_row_practice_id_patient_id'), 'invitation_row', ['practice_id', 'patient_id'], unique=False)
    op.protect_table('invitation_row')


def downgrade():
    op.drop_table('invitation_row')
    op.drop_table('invitation_batch')
