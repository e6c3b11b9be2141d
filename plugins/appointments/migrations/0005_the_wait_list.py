"""The wait list

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = '573546bf535f'
down_revision = "5c0e7b1f92ad"
branch_labels = None
depends_on = None


def upgrade():
    """Who waits for an earlier time, which times came open, and who was asked about them."""
    op.create_table('appointments_opening',
    sa.Column('clinic_id', sa.Uuid(), nullable=True),
    sa.Column('operatory_id', sa.Uuid(), nullable=False),
    sa.Column('provider_id', sa.Uuid(), nullable=True),
    sa.Column('hygienist_id', sa.Uuid(), nullable=True),
    sa.Column('is_hygiene', sa.Boolean(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('pattern', sa.Text(), server_default='', nullable=False),
    sa.Column('appointment_id', sa.Uuid(), nullable=True),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.Uuid(), nullable=True),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_all_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("cause in ('called_off', 'moved', 'office')", name=op.f('ck_appointments_opening_cause')),
    sa.CheckConstraint("pattern ~ '^[X/]*$'", name=op.f('ck_appointments_opening_pattern')),
    sa.CheckConstraint("state in ('open', 'filled', 'taken', 'expired', 'stopped')", name=op.f('ck_appointments_opening_state')),
    sa.CheckConstraint('minutes between 5 and 720', name=op.f('ck_appointments_opening_minutes')),
    sa.ForeignKeyConstraint(['practice_id', 'appointment_id'], ['appointments_appointment.practice_id', 'appointments_appointment.id'], name=op.f('fk_appointments_opening_practice_id_appointment_id')),
    sa.ForeignKeyConstraint(['practice_id', 'clinic_id'], ['clinic.practice_id', 'clinic.id'], name=op.f('fk_appointments_opening_practice_id_clinic_id')),
    sa.ForeignKeyConstraint(['practice_id', 'hygienist_id'], ['provider.practice_id', 'provider.id'], name=op.f('fk_appointments_opening_practice_id_hygienist_id')),
    sa.ForeignKeyConstraint(['practice_id', 'made_by'], ['account.practice_id', 'account.id'], name=op.f('fk_appointments_opening_practice_id_made_by')),
    sa.ForeignKeyConstraint(['practice_id', 'operatory_id'], ['appointments_operatory.practice_id', 'appointments_operatory.id'], name=op.f('fk_appointments_opening_practice_id_operatory_id')),
    sa.ForeignKeyConstraint(['practice_id', 'provider_id'], ['provider.practice_id', 'provider.id'], name=op.f('fk_appointments_opening_practice_id_provider_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_appointments_opening_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_appointments_opening'))
    )
    op.create_index('ix_appointments_opening_next', 'appointments_opening', ['practice_id', 'next_at'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index(op.f('ix_appointments_opening_practice_id_starts_at'), 'appointments_opening', ['practice_id', 'starts_at'], unique=False)
    op.create_index('uq_appointments_opening_time', 'appointments_opening', ['practice_id', 'operatory_id', 'starts_at'], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_table('appointments_wait',
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('appointment_id', sa.Uuid(), nullable=True),
    sa.Column('recall_id', sa.Uuid(), nullable=True),
    sa.Column('appointment_type_id', sa.Uuid(), nullable=True),
    sa.Column('clinic_ids', sa.ARRAY(sa.Uuid()), nullable=False),
    sa.Column('provider_id', sa.Uuid(), nullable=True),
    sa.Column('days', sa.ARRAY(sa.Integer()), server_default='{0,1,2,3,4,5,6}', nullable=False),
    sa.Column('earliest', sa.Integer(), server_default='0', nullable=False),
    sa.Column('latest', sa.Integer(), server_default='1440', nullable=False),
    sa.Column('notice', sa.Integer(), nullable=False),
    sa.Column('is_priority', sa.Boolean(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Uuid(), nullable=True),
    sa.Column('end_reason', sa.Text(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("end_reason in ('', 'patient', 'office', 'booked', 'declined', 'over')", name=op.f('ck_appointments_wait_end_reason')),
    sa.CheckConstraint('0 <= earliest and earliest < latest and latest <= 1440', name=op.f('ck_appointments_wait_hours')),
    sa.CheckConstraint('days <@ array[0, 1, 2, 3, 4, 5, 6] and cardinality(days) > 0', name=op.f('ck_appointments_wait_days')),
    sa.CheckConstraint('notice between 0 and 20160', name=op.f('ck_appointments_wait_notice')),
    sa.CheckConstraint('num_nonnulls(appointment_id, recall_id, appointment_type_id) <= 1', name=op.f('ck_appointments_wait_what')),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_appointments_wait_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id', 'appointment_id'], ['appointments_appointment.practice_id', 'appointments_appointment.id'], name=op.f('fk_appointments_wait_practice_id_appointment_id')),
    sa.ForeignKeyConstraint(['practice_id', 'appointment_type_id'], ['appointments_type.practice_id', 'appointments_type.id'], name=op.f('fk_appointments_wait_practice_id_appointment_type_id')),
    sa.ForeignKeyConstraint(['practice_id', 'ended_by'], ['account.practice_id', 'account.id'], name=op.f('fk_appointments_wait_practice_id_ended_by')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_appointments_wait_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id', 'provider_id'], ['provider.practice_id', 'provider.id'], name=op.f('fk_appointments_wait_practice_id_provider_id')),
    sa.ForeignKeyConstraint(['practice_id', 'recall_id'], ['appointments_recall.practice_id', 'appointments_recall.id'], name=op.f('fk_appointments_wait_practice_id_recall_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_appointments_wait_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_appointments_wait'))
    )
    op.create_index(op.f('ix_appointments_wait_practice_id_patient_id'), 'appointments_wait', ['practice_id', 'patient_id'], unique=False)
    op.create_index('uq_appointments_wait_appointment', 'appointments_wait', ['practice_id', 'appointment_id'], unique=True, postgresql_where=sa.text('ended_at is null'))
    op.create_index('uq_appointments_wait_recall', 'appointments_wait', ['practice_id', 'recall_id'], unique=True, postgresql_where=sa.text('ended_at is null'))
    op.create_index('uq_appointments_wait_type', 'appointments_wait', ['practice_id', 'patient_id', 'appointment_type_id'], unique=True, postgresql_where=sa.text('ended_at is null'))
    op.create_table('appointments_offer',
    sa.Column('opening_id', sa.Uuid(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('channels', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('text_sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('viewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("channels <@ '{email,text}'::text[]", name=op.f('ck_appointments_offer_channels')),
    sa.CheckConstraint("state in ('asked', 'sent', 'failed', 'viewed', 'accepted', 'chose_other', 'too_late', 'declined', 'expired')", name=op.f('ck_appointments_offer_state')),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_appointments_offer_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id', 'entry_id'], ['appointments_wait.practice_id', 'appointments_wait.id'], name=op.f('fk_appointments_offer_practice_id_entry_id')),
    sa.ForeignKeyConstraint(['practice_id', 'opening_id'], ['appointments_opening.practice_id', 'appointments_opening.id'], name=op.f('fk_appointments_offer_practice_id_opening_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_appointments_offer_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_appointments_offer_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_appointments_offer')),
    sa.UniqueConstraint('practice_id', 'opening_id', 'entry_id', name=op.f('uq_appointments_offer_practice_id_opening_id_entry_id')),
    sa.UniqueConstraint('practice_id', 'token_hash', name=op.f('uq_appointments_offer_practice_id_token_hash'))
    )
    op.create_index(op.f('ix_appointments_offer_practice_id_patient_id_asked_at'), 'appointments_offer', ['practice_id', 'patient_id', 'asked_at'], unique=False)
    op.protect_table('appointments_opening')
    op.protect_table('appointments_wait')
    op.protect_table('appointments_offer')


def downgrade():
    """Without a wait list."""
    op.drop_index(op.f('ix_appointments_offer_practice_id_patient_id_asked_at'), table_name='appointments_offer')
    op.drop_table('appointments_offer')
    op.drop_index('uq_appointments_wait_type', table_name='appointments_wait', postgresql_where=sa.text('ended_at is null'))
    op.drop_index('uq_appointments_wait_recall', table_name='appointments_wait', postgresql_where=sa.text('ended_at is null'))
    op.drop_index('uq_appointments_wait_appointment', table_name='appointments_wait', postgresql_where=sa.text('ended_at is null'))
    op.drop_index(op.f('ix_appointments_wait_practice_id_patient_id'), table_name='appointments_wait')
    op.drop_table('appointments_wait')
    op.drop_index('uq_appointments_opening_time', table_name='appointments_opening', postgresql_where=sa.text("state = 'open'"))
    op.drop_index(op.f('ix_appointments_opening_practice_id_starts_at'), table_name='appointments_opening')
    op.drop_index('ix_appointments_opening_next', table_name='appointments_opening', postgresql_where=sa.text("state = 'open'"))
    op.drop_table('appointments_opening')
