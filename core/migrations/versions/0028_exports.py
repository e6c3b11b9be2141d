"""Full exports, of the practice or of one patient

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'c52e8f07a9d1'
down_revision = '4fd1c07e6ba8'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('export',
    sa.Column('patient_id', sa.Uuid(), nullable=True),
    sa.Column('asked_by', sa.Uuid(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('people_done', sa.Integer(), nullable=False),
    sa.Column('parts', sa.Integer(), nullable=False),
    sa.Column('files', sa.Integer(), nullable=False),
    sa.Column('body_size', sa.BigInteger(), nullable=False),
    sa.Column('directory_size', sa.BigInteger(), nullable=False),
    sa.Column('told', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("stage in ('patients', 'practice', 'audit', 'end')", name=op.f('ck_export_stage')),
    sa.CheckConstraint("state in ('running', 'ready', 'stopped', 'erased')", name=op.f('ck_export_state')),
    sa.ForeignKeyConstraint(['practice_id', 'asked_by'], ['account.practice_id', 'account.id'], name=op.f('fk_export_practice_id_asked_by')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_export_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_export_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_export'))
    )
    op.create_index(op.f('ix_export_practice_id_asked_at'), 'export', ['practice_id', 'asked_at'], unique=False)
    op.create_index(op.f('ix_export_practice_id_patient_id'), 'export', ['practice_id', 'patient_id'], unique=False)
    op.create_index('uq_export_running', 'export', ['practice_id'], unique=True, postgresql_where=sa.text("state = 'running'"))
    op.protect_table('export')


def downgrade():
    op.drop_table('export')
