"""First tables

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'aaafeb1008f9'
down_revision = None
branch_labels = ('webmail',)
depends_on = 'ccfc8c089eb8'


def upgrade():
    op.create_table('webmail_message',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('thread_id', sa.Uuid(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('provider_id', sa.Uuid(), nullable=True),
    sa.Column('reply_to_id', sa.Uuid(), nullable=True),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('announced_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('form_key', sa.Text(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("direction in ('to_office', 'to_patient')", name=op.f('ck_webmail_message_direction')),
    sa.CheckConstraint("source in ('portal', 'practice')", name=op.f('ck_webmail_message_source')),
    sa.CheckConstraint('char_length(subject) <= 100 and char_length(body) <= 5000', name=op.f('ck_webmail_message_length')),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_webmail_message_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_webmail_message_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id', 'provider_id'], ['provider.practice_id', 'provider.id'], name=op.f('fk_webmail_message_practice_id_provider_id')),
    sa.ForeignKeyConstraint(['practice_id', 'reply_to_id'], ['webmail_message.practice_id', 'webmail_message.id'], name=op.f('fk_webmail_message_practice_id_reply_to_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_webmail_message_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_webmail_message')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_webmail_message_practice_id_external_id')),
    sa.UniqueConstraint('practice_id', 'form_key', name=op.f('uq_webmail_message_practice_id_form_key'))
    )
    op.create_index(op.f('ix_webmail_message_practice_id_account_id_sent_at'), 'webmail_message', ['practice_id', 'account_id', 'sent_at'], unique=False)
    op.create_index(op.f('ix_webmail_message_practice_id_patient_id_direction_sent_at_id'), 'webmail_message', ['practice_id', 'patient_id', 'direction', 'sent_at', 'id'], unique=False)
    op.create_index(op.f('ix_webmail_message_practice_id_thread_id'), 'webmail_message', ['practice_id', 'thread_id'], unique=False)
    op.create_index('ix_webmail_message_unannounced', 'webmail_message', ['practice_id', 'sent_at'], unique=False, postgresql_where=sa.text('announced_at is null'))
    op.protect_table('webmail_message')


def downgrade():
    op.drop_index('ix_webmail_message_unannounced', table_name='webmail_message', postgresql_where=sa.text('announced_at is null'))
    op.drop_index(op.f('ix_webmail_message_practice_id_thread_id'), table_name='webmail_message')
    op.drop_index(op.f('ix_webmail_message_practice_id_patient_id_direction_sent_at_id'), table_name='webmail_message')
    op.drop_index(op.f('ix_webmail_message_practice_id_account_id_sent_at'), table_name='webmail_message')
    op.drop_table('webmail_message')
