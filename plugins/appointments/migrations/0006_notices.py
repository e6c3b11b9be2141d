"""Notices

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "3abc5bdc6e93"
down_revision = "573546bf535f"
branch_labels = None
depends_on = None


def upgrade():
    """Rules of notices, what was written by them, who wants none, and text messages that came in."""
    _text_answers()
    _text_numbers()
    _rules()
    _choices()
    _notices()
    _indexes()


def _text_answers():
    op.create_table('appointments_text_answer',
        sa.Column('reference', sa.Text(), nullable=False),
        sa.Column('meaning', sa.Text(), nullable=False),
        sa.Column('came_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('practice_id', sa.Uuid(), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_appointments_text_answer_practice_id')),
        sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_appointments_text_answer')),
        sa.UniqueConstraint('practice_id', 'reference', name=op.f('uq_appointments_text_answer_practice_id_reference'))
    )
    op.protect_table("appointments_text_answer")


def _text_numbers():
    op.create_table('appointments_text_number',
        sa.Column('number', sa.Text(), nullable=False),
        sa.Column('is_stopped', sa.Boolean(), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('practice_id', sa.Uuid(), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_appointments_text_number_practice_id')),
        sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_appointments_text_number')),
        sa.UniqueConstraint('practice_id', 'number', name=op.f('uq_appointments_text_number_practice_id_number'))
    )
    op.protect_table("appointments_text_number")


def _rules():
    op.create_table('appointments_notice_rule',
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('clinic_id', sa.Uuid(), nullable=True),
        sa.Column('is_on', sa.Boolean(), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lead_days', sa.Integer(), nullable=False),
        sa.Column('lead_hours', sa.Integer(), nullable=False),
        sa.Column('not_within_hours', sa.Integer(), nullable=False),
        sa.Column('send_order', sa.ARRAY(sa.Text()), nullable=False),
        sa.Column('send_all', sa.Boolean(), nullable=False),
        sa.Column('mode', sa.Integer(), nullable=False),
        sa.Column('mode_days', sa.Integer(), nullable=False),
        sa.Column('words', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('practice_id', sa.Uuid(), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind in ('reminder', 'confirmation', 'thanks', 'new_thanks', 'recall', 'invitation', 'invitation_after')", name=op.f('ck_appointments_notice_rule_kind')),
        sa.CheckConstraint("send_order <@ '{preferred,text,email}'::text[] and cardinality(send_order) > 0", name=op.f('ck_appointments_notice_rule_send_order')),
        sa.CheckConstraint('lead_days between 0 and 366 and lead_hours between 0 and 72 and not_within_hours between 0 and 720', name=op.f('ck_appointments_notice_rule_times')),
        sa.CheckConstraint('mode between 1 and 3 and mode_days between 1 and 3650', name=op.f('ck_appointments_notice_rule_mode')),
        sa.ForeignKeyConstraint(['practice_id', 'clinic_id'], ['clinic.practice_id', 'clinic.id'], name=op.f('fk_appointments_notice_rule_practice_id_clinic_id')),
        sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_appointments_notice_rule_practice_id')),
        sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_appointments_notice_rule'))
    )
    op.protect_table("appointments_notice_rule")


def _choices():
    op.create_table('appointments_notice_choice',
        sa.Column('patient_id', sa.Uuid(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('is_on', sa.Boolean(), nullable=False),
        sa.Column('by', sa.Text(), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('practice_id', sa.Uuid(), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.CheckConstraint("by in ('patient', 'office')", name=op.f('ck_appointments_notice_choice_by')),
        sa.CheckConstraint("channel in ('email', 'text')", name=op.f('ck_appointments_notice_choice_channel')),
        sa.CheckConstraint("kind in ('reminder', 'confirmation', 'thanks', 'new_thanks', 'recall', 'invitation', 'invitation_after')", name=op.f('ck_appointments_notice_choice_kind')),
        sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_appointments_notice_choice_practice_id_patient_id')),
        sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_appointments_notice_choice_practice_id')),
        sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_appointments_notice_choice')),
        sa.UniqueConstraint('practice_id', 'patient_id', 'kind', 'channel', name=op.f('uq_appointments_notice_choice_practice_id_patient_id_kind_channel'))
    )
    op.protect_table("appointments_notice_choice")


def _notices():
    op.create_table('appointments_notice',
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('rule_id', sa.Uuid(), nullable=False),
        sa.Column('patient_id', sa.Uuid(), nullable=False),
        sa.Column('recipient_id', sa.Uuid(), nullable=False),
        sa.Column('appointment_id', sa.Uuid(), nullable=True),
        sa.Column('recall_id', sa.Uuid(), nullable=True),
        sa.Column('starts_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_on', sa.Date(), nullable=True),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('language', sa.Text(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('message_id', sa.Uuid(), nullable=True),
        sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('practice_id', sa.Uuid(), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.CheckConstraint("channel in ('', 'email', 'text')", name=op.f('ck_appointments_notice_channel')),
        sa.CheckConstraint("kind in ('reminder', 'confirmation', 'thanks', 'new_thanks', 'recall', 'invitation', 'invitation_after')", name=op.f('ck_appointments_notice_kind')),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed', 'skipped')", name=op.f('ck_appointments_notice_state')),
        sa.ForeignKeyConstraint(['practice_id', 'appointment_id'], ['appointments_appointment.practice_id', 'appointments_appointment.id'], name=op.f('fk_appointments_notice_practice_id_appointment_id')),
        sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_appointments_notice_practice_id_patient_id')),
        sa.ForeignKeyConstraint(['practice_id', 'recall_id'], ['appointments_recall.practice_id', 'appointments_recall.id'], name=op.f('fk_appointments_notice_practice_id_recall_id')),
        sa.ForeignKeyConstraint(['practice_id', 'recipient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_appointments_notice_practice_id_recipient_id')),
        sa.ForeignKeyConstraint(['practice_id', 'rule_id'], ['appointments_notice_rule.practice_id', 'appointments_notice_rule.id'], name=op.f('fk_appointments_notice_practice_id_rule_id')),
        sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_appointments_notice_practice_id')),
        sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_appointments_notice')),
        sa.UniqueConstraint('practice_id', 'key', name=op.f('uq_appointments_notice_practice_id_key'))
    )
    op.protect_table("appointments_notice")


def _indexes():
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_appointments_notice_waiting", "appointments_notice", ["practice_id", "written_at"], unique=False, postgresql_where=waiting)
    op.create_index('ix_appointments_notice_appointment', 'appointments_notice', ['practice_id', 'appointment_id'], unique=False, postgresql_where=sa.text('appointment_id is not null'))
    op.create_index(op.f('ix_appointments_notice_practice_id_message_id'), 'appointments_notice', ['practice_id', 'message_id'], unique=False)
    op.create_index(op.f('ix_appointments_notice_practice_id_patient_id_written_at'), 'appointments_notice', ['practice_id', 'patient_id', 'written_at'], unique=False)
    op.create_index(op.f('ix_appointments_notice_practice_id_recipient_id'), 'appointments_notice', ['practice_id', 'recipient_id'], unique=False)
    op.create_index(op.f('ix_appointments_notice_practice_id_written_at'), 'appointments_notice', ['practice_id', 'written_at'], unique=False)
    op.create_index('ix_appointments_notice_recall', 'appointments_notice', ['practice_id', 'recall_id'], unique=False, postgresql_where=sa.text('recall_id is not null'))


def downgrade():
    """Without them."""
    op.drop_index("ix_appointments_notice_waiting", table_name="appointments_notice", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index('ix_appointments_notice_recall', table_name='appointments_notice', postgresql_where=sa.text('recall_id is not null'))
    op.drop_index(op.f('ix_appointments_notice_practice_id_written_at'), table_name='appointments_notice')
    op.drop_index(op.f('ix_appointments_notice_practice_id_recipient_id'), table_name='appointments_notice')
    op.drop_index(op.f('ix_appointments_notice_practice_id_patient_id_written_at'), table_name='appointments_notice')
    op.drop_index(op.f('ix_appointments_notice_practice_id_message_id'), table_name='appointments_notice')
    op.drop_index('ix_appointments_notice_appointment', table_name='appointments_notice', postgresql_where=sa.text('appointment_id is not null'))
    op.drop_table('appointments_notice')
    op.drop_table('appointments_notice_choice')
    op.drop_table('appointments_notice_rule')
    op.drop_table('appointments_text_number')
    op.drop_table('appointments_text_answer')
