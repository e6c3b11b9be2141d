"""Relationships between patients, and records that are hidden from representatives

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = 'c52e7f1d8a04'
down_revision = 'a7d41c09be52'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('patient', sa.Column('is_confidential', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_table('relationship',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('related_id', sa.Uuid(), nullable=False),
    sa.Column('relation', sa.Text(), nullable=False),
    sa.Column('is_guardian', sa.Boolean(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_relationship_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id', 'related_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_relationship_practice_id_related_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_relationship_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_relationship')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_relationship_practice_id_external_id'))
    )
    op.create_index(op.f('ix_relationship_practice_id_patient_id'), 'relationship', ['practice_id', 'patient_id'], unique=False)
    op.create_index(op.f('ix_relationship_practice_id_related_id'), 'relationship', ['practice_id', 'related_id'], unique=False)
    op.protect_table('relationship')


def downgrade():
    op.drop_index(op.f('ix_relationship_practice_id_related_id'), table_name='relationship')
    op.drop_index(op.f('ix_relationship_practice_id_patient_id'), table_name='relationship')
    op.drop_table('relationship')
    op.drop_column('patient', 'is_confidential')
