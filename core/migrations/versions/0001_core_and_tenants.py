"""Core and tenants

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'ccfc8c089eb8'
down_revision = None
branch_labels = ('core',)
depends_on = None


# STABLE SQL, never PL/pgSQL: the planner must see through it. An unset variable is empty text on a pooled connection.
CURRENT_PRACTICE = """
CREATE FUNCTION current_practice() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('cuspid.practice_id', true), '')::uuid $$
"""


def upgrade():
    op.execute(CURRENT_PRACTICE)
    op.create_table('practice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,62}$'", name=op.f('ck_practice_slug')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice')),
    sa.UniqueConstraint('slug', name=op.f('uq_practice_slug'))
    )
    op.create_table('audit_event',
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=True),
    sa.Column('target_id', sa.Uuid(), nullable=True),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_audit_event_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_audit_event'))
    )
    op.create_index(op.f('ix_audit_event_practice_id_happened_at'), 'audit_event', ['practice_id', 'happened_at'], unique=False)
    op.create_index(op.f('ix_audit_event_practice_id_patient_id_happened_at'), 'audit_event', ['practice_id', 'patient_id', 'happened_at'], unique=False)
    op.create_table('clinic',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('address_1', sa.Text(), nullable=False),
    sa.Column('address_2', sa.Text(), nullable=False),
    sa.Column('city', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('postal_code', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('hours', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_clinic_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_clinic')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_clinic_practice_id_external_id'))
    )
    op.create_table('domain',
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_domain_practice_id')),
    sa.PrimaryKeyConstraint('host', name=op.f('pk_domain'))
    )
    op.create_index(op.f('ix_domain_practice_id'), 'domain', ['practice_id'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('task', sa.Text(), nullable=False),
    sa.Column('ids', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('available_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dropped', sa.Boolean(), nullable=False),
    sa.Column('dead_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_outbox_practice_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_index(op.f('ix_outbox_practice_id'), 'outbox', ['practice_id'], unique=False)
    op.create_index('ix_outbox_waiting', 'outbox', ['available_at', 'id'], unique=False, postgresql_where=sa.text('done_at is null and dead_at is null'))
    op.create_table('provider',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('first_name', sa.Text(), nullable=False),
    sa.Column('last_name', sa.Text(), nullable=False),
    sa.Column('preferred_name', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('suffix', sa.Text(), nullable=False),
    sa.Column('specialty', sa.Text(), nullable=False),
    sa.Column('npi', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_provider_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_provider')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_provider_practice_id_external_id'))
    )
    op.create_table('sign_in_attempt',
    sa.Column('user_name_norm', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('attempted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('succeeded', sa.Boolean(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_sign_in_attempt_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_sign_in_attempt'))
    )
    op.create_index(op.f('ix_sign_in_attempt_practice_id_user_name_norm_attempted_at'), 'sign_in_attempt', ['practice_id', 'user_name_norm', 'attempted_at'], unique=False)
    op.create_table('branding',
    sa.Column('clinic_id', sa.Uuid(), nullable=True),
    sa.Column('theme', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('logo', sa.LargeBinary(), nullable=True),
    sa.Column('logo_type', sa.Text(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'clinic_id'], ['clinic.practice_id', 'clinic.id'], name=op.f('fk_branding_practice_id_clinic_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_branding_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_branding'))
    )
    op.create_index('uq_branding_scope', 'branding', ['practice_id', 'clinic_id'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('office_setting',
    sa.Column('clinic_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'clinic_id'], ['clinic.practice_id', 'clinic.id'], name=op.f('fk_office_setting_practice_id_clinic_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_office_setting_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_office_setting'))
    )
    op.create_index('uq_office_setting_scope', 'office_setting', ['practice_id', 'clinic_id', 'name'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('patient',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('clinic_id', sa.Uuid(), nullable=True),
    sa.Column('guarantor_id', sa.Uuid(), nullable=True),
    sa.Column('provider_id', sa.Uuid(), nullable=True),
    sa.Column('first_name', sa.Text(), nullable=False),
    sa.Column('last_name', sa.Text(), nullable=False),
    sa.Column('preferred_name', sa.Text(), nullable=False),
    sa.Column('birthdate', sa.Date(), nullable=True),
    sa.Column('sex', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('address_1', sa.Text(), nullable=False),
    sa.Column('address_2', sa.Text(), nullable=False),
    sa.Column('city', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('postal_code', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("sex in ('F', 'M', 'U')", name=op.f('ck_patient_sex')),
    sa.ForeignKeyConstraint(['practice_id', 'clinic_id'], ['clinic.practice_id', 'clinic.id'], name=op.f('fk_patient_practice_id_clinic_id')),
    sa.ForeignKeyConstraint(['practice_id', 'guarantor_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_patient_practice_id_guarantor_id')),
    sa.ForeignKeyConstraint(['practice_id', 'provider_id'], ['provider.practice_id', 'provider.id'], name=op.f('fk_patient_practice_id_provider_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_patient_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_patient')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_patient_practice_id_external_id'))
    )
    op.create_index(op.f('ix_patient_practice_id_birthdate_last_name'), 'patient', ['practice_id', 'birthdate', 'last_name'], unique=False)
    op.create_index(op.f('ix_patient_practice_id_guarantor_id'), 'patient', ['practice_id', 'guarantor_id'], unique=False)
    op.create_table('setting_change',
    sa.Column('clinic_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('before', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('after', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('changed_by', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'clinic_id'], ['clinic.practice_id', 'clinic.id'], name=op.f('fk_setting_change_practice_id_clinic_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_setting_change_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_setting_change'))
    )
    op.create_index(op.f('ix_setting_change_practice_id_changed_at'), 'setting_change', ['practice_id', 'changed_at'], unique=False)
    op.create_table('account',
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('user_name', sa.Text(), nullable=False),
    sa.Column('user_name_norm', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('signed_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_account_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_account_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_account')),
    sa.UniqueConstraint('practice_id', 'user_name_norm', name=op.f('uq_account_practice_id_user_name_norm'))
    )
    op.create_table('access_grant',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('plugin', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('relation', sa.Text(), nullable=False),
    sa.Column('given_by', sa.Text(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("level in ('see', 'act')", name=op.f('ck_access_grant_level')),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_access_grant_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_access_grant_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_access_grant_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_access_grant'))
    )
    op.create_index(op.f('ix_access_grant_practice_id_account_id_patient_id'), 'access_grant', ['practice_id', 'account_id', 'patient_id'], unique=False)
    op.create_table('sign_in_session',
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('user_agent', sa.Text(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_sign_in_session_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_sign_in_session_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_sign_in_session_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_sign_in_session')),
    sa.UniqueConstraint('practice_id', 'token_hash', name=op.f('uq_sign_in_session_practice_id_token_hash'))
    )
    op.create_index(op.f('ix_sign_in_session_practice_id_account_id'), 'sign_in_session', ['practice_id', 'account_id'], unique=False)
    op.protect_table('audit_event')
    op.protect_table('clinic')
    op.protect_table('provider')
    op.protect_table('sign_in_attempt')
    op.protect_table('branding')
    op.protect_table('office_setting')
    op.protect_table('patient')
    op.protect_table('setting_change')
    op.protect_table('account')
    op.protect_table('access_grant')
    op.protect_table('sign_in_session')


def downgrade():
    op.drop_index(op.f('ix_sign_in_session_practice_id_account_id'), table_name='sign_in_session')
    op.drop_table('sign_in_session')
    op.drop_index(op.f('ix_access_grant_practice_id_account_id_patient_id'), table_name='access_grant')
    op.drop_table('access_grant')
    op.drop_table('account')
    op.drop_index(op.f('ix_setting_change_practice_id_changed_at'), table_name='setting_change')
    op.drop_table('setting_change')
    op.drop_index(op.f('ix_patient_practice_id_guarantor_id'), table_name='patient')
    op.drop_index(op.f('ix_patient_practice_id_birthdate_last_name'), table_name='patient')
    op.drop_table('patient')
    op.drop_index('uq_office_setting_scope', table_name='office_setting', postgresql_nulls_not_distinct=True)
    op.drop_table('office_setting')
    op.drop_index('uq_branding_scope', table_name='branding', postgresql_nulls_not_distinct=True)
    op.drop_table('branding')
    op.drop_index(op.f('ix_sign_in_attempt_practice_id_user_name_norm_attempted_at'), table_name='sign_in_attempt')
    op.drop_table('sign_in_attempt')
    op.drop_table('provider')
    op.drop_index('ix_outbox_waiting', table_name='outbox', postgresql_where=sa.text('done_at is null and dead_at is null'))
    op.drop_index(op.f('ix_outbox_practice_id'), table_name='outbox')
    op.drop_table('outbox')
    op.drop_index(op.f('ix_domain_practice_id'), table_name='domain')
    op.drop_table('domain')
    op.drop_table('clinic')
    op.drop_index(op.f('ix_audit_event_practice_id_patient_id_happened_at'), table_name='audit_event')
    op.drop_index(op.f('ix_audit_event_practice_id_happened_at'), table_name='audit_event')
    op.drop_table('audit_event')
    op.drop_table('practice')
    op.execute("DROP FUNCTION current_practice()")
