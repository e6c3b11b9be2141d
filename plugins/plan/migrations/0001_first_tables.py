"""First tables

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '8872cdf90b04'
down_revision = None
branch_labels = ('plan',)
depends_on = 'ccfc8c089eb8'


def upgrade():
    op.create_table('plan_treatment_plan',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('heading', sa.Text(), nullable=False),
    sa.Column('saved_on', sa.Date(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('presenter', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("status in ('active', 'inactive', 'saved')", name=op.f('ck_plan_treatment_plan_status')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_plan_treatment_plan_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_plan_treatment_plan_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_plan_treatment_plan')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_plan_treatment_plan_practice_id_external_id'))
    )
    op.create_index(op.f('ix_plan_treatment_plan_practice_id_patient_id_saved_on_id'), 'plan_treatment_plan', ['practice_id', 'patient_id', 'saved_on', 'id'], unique=False)
    op.create_table('plan_procedure',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('priority', sa.Text(), nullable=False),
    sa.Column('tooth', sa.Text(), nullable=False),
    sa.Column('surface', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('fee_cents', sa.BigInteger(), nullable=False),
    sa.Column('primary_estimate_cents', sa.BigInteger(), nullable=False),
    sa.Column('secondary_estimate_cents', sa.BigInteger(), nullable=False),
    sa.Column('discount_cents', sa.BigInteger(), nullable=False),
    sa.Column('patient_cents', sa.BigInteger(), sa.Computed('fee_cents - primary_estimate_cents - secondary_estimate_cents - discount_cents', persisted=True), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'plan_id'], ['plan_treatment_plan.practice_id', 'plan_treatment_plan.id'], name=op.f('fk_plan_procedure_practice_id_plan_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_plan_procedure_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_plan_procedure')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_plan_procedure_practice_id_external_id'))
    )
    op.create_index(op.f('ix_plan_procedure_practice_id_plan_id_position_id'), 'plan_procedure', ['practice_id', 'plan_id', 'position', 'id'], unique=False)
    op.protect_table('plan_treatment_plan')
    op.protect_table('plan_procedure')


def downgrade():
    op.drop_index(op.f('ix_plan_procedure_practice_id_plan_id_position_id'), table_name='plan_procedure')
    op.drop_table('plan_procedure')
    op.drop_index(op.f('ix_plan_treatment_plan_practice_id_patient_id_saved_on_id'), table_name='plan_treatment_plan')
    op.drop_table('plan_treatment_plan')
