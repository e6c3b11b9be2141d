"""Members

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = 'f8d85909f553'
down_revision = None
branch_labels = ('recallclub',)
# The first revision of core has the tables that it refers to.
depends_on = 'core'


def upgrade():
    op.create_table('recallclub_member',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('welcomed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_recallclub_member_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_recallclub_member_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_recallclub_member')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_recallclub_member_practice_id_external_id')),
    sa.UniqueConstraint('practice_id', 'patient_id', name=op.f('uq_recallclub_member_practice_id_patient_id'))
    )
    op.protect_table('recallclub_member')


def downgrade():
    op.drop_table('recallclub_member')
