"""Charts that became part of another one

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = '81d3f2a60c57'
down_revision = '93d0a65be714'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('patient_merged',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('merged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('merged_by_id', sa.Uuid(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'merged_by_id'], ['account.practice_id', 'account.id'], name=op.f('fk_patient_merged_practice_id_merged_by_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_patient_merged_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_patient_merged_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_patient_merged')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_patient_merged_practice_id_external_id'))
    )
    op.create_index(op.f('ix_patient_merged_practice_id_patient_id'), 'patient_merged', ['practice_id', 'patient_id'], unique=False)
    op.protect_table('patient_merged')


def downgrade():
    op.drop_table('patient_merged')
