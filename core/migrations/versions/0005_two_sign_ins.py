"""Two sign-ins at each address: kinds of account, roles, sessions of the office, reasons for looking in; the operator's own place

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'd3b8a9e6f115'
down_revision = 'c52e7f1d8a04'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('practice', sa.Column('kind', sa.Text(), server_default='office', nullable=False))
    op.create_check_constraint(op.f('ck_practice_kind'), 'practice', "kind in ('office', 'operator')")
    op.create_index('uq_practice_operator', 'practice', ['kind'], unique=True, postgresql_where=sa.text("kind = 'operator'"))
    op.alter_column('account', 'patient_id', existing_type=sa.Uuid(), nullable=True)
    op.add_column('account', sa.Column('kind', sa.Text(), server_default='person', nullable=False))
    op.add_column('account', sa.Column('name', sa.Text(), server_default='', nullable=False))
    op.add_column('account', sa.Column('role', sa.Text(), server_default='', nullable=False))
    op.add_column('account', sa.Column('clinic_ids', postgresql.ARRAY(sa.Uuid()), server_default='{}', nullable=False))
    op.create_check_constraint(op.f('ck_account_kind'), 'account', "kind in ('person', 'staff', 'operator')")
    op.create_check_constraint(op.f('ck_account_chart'), 'account', "kind = 'person' or patient_id is null")
    op.create_table('support_access',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("level in ('see', 'act')", name=op.f('ck_support_access_level')),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_support_access_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_support_access_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_support_access_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_support_access'))
    )
    op.create_index(op.f('ix_support_access_practice_id_account_id'), 'support_access', ['practice_id', 'account_id'], unique=False)
    op.protect_table('support_access')
    op.alter_column('sign_in_session', 'patient_id', existing_type=sa.Uuid(), nullable=True)
    op.add_column('sign_in_session', sa.Column('realm', sa.Text(), server_default='portal', nullable=False))
    op.add_column('sign_in_session', sa.Column('support_id', sa.Uuid(), nullable=True))
    op.create_check_constraint(op.f('ck_sign_in_session_realm'), 'sign_in_session', "realm in ('portal', 'office')")
    op.create_foreign_key(op.f('fk_sign_in_session_practice_id_support_id'), 'sign_in_session', 'support_access',
        ['practice_id', 'support_id'], ['practice_id', 'id'])


def downgrade():
    op.drop_constraint(op.f('fk_sign_in_session_practice_id_support_id'), 'sign_in_session')
    op.drop_column('sign_in_session', 'support_id')
    op.drop_column('sign_in_session', 'realm')
    op.drop_table('support_access')
    op.drop_constraint(op.f('ck_account_chart'), 'account')
    op.drop_column('account', 'clinic_ids')
    op.drop_column('account', 'role')
    op.drop_column('account', 'name')
    op.drop_column('account', 'kind')
    op.drop_index('uq_practice_operator', table_name='practice')
    op.drop_column('practice', 'kind')
