"""Closed days, and what offices set of their clinics and providers by themselves

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = 'c41d7f0e93b2'
down_revision = '2f7c90b1d6a4'
branch_labels = None
depends_on = None


def upgrade():
    for table in ('clinic', 'provider'):
        op.add_column(table, sa.Column('own', sa.ARRAY(sa.Text()), server_default='{}', nullable=False))
    op.add_column('provider', sa.Column('is_shown', sa.Boolean(), server_default='false', nullable=False))
    op.create_table(
        'closed_days',
        sa.Column('clinic_id', sa.Uuid(), nullable=True),
        sa.Column('first_on', sa.Date(), nullable=False),
        sa.Column('last_on', sa.Date(), nullable=False),
        sa.Column('words', sa.Text(), nullable=False),
        sa.Column('practice_id', sa.Uuid(), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.CheckConstraint('first_on <= last_on', name=op.f('ck_closed_days_order')),
        sa.ForeignKeyConstraint(
            ['practice_id', 'clinic_id'], ['clinic.practice_id', 'clinic.id'], name=op.f('fk_closed_days_practice_id_clinic_id')
        ),
        sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_closed_days_practice_id')),
        sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_closed_days')),
    )
    op.create_index(op.f('ix_closed_days_practice_id_last_on'), 'closed_days', ['practice_id', 'last_on'])
    op.protect_table('closed_days')


def downgrade():
    op.drop_table('closed_days')
    op.drop_column('provider', 'is_shown')
    for table in ('clinic', 'provider'):
        op.drop_column(table, 'own')
