"""Second factors tickets and seals

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = '31cc8cb60092'
down_revision = 'ccfc8c089eb8'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('privacy_notice',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_privacy_notice_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_privacy_notice')),
    sa.UniqueConstraint('practice_id', 'version', name=op.f('uq_privacy_notice_practice_id_version'))
    )
    op.create_table('audit_seal',
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('hash', sa.Text(), nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'event_id'], ['audit_event.practice_id', 'audit_event.id'], name=op.f('fk_audit_seal_practice_id_event_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_audit_seal_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_audit_seal')),
    sa.UniqueConstraint('practice_id', 'event_id', name=op.f('uq_audit_seal_practice_id_event_id')),
    sa.UniqueConstraint('practice_id', 'sequence', name=op.f('uq_audit_seal_practice_id_sequence'))
    )
    op.create_table('passkey',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('credential_id', sa.Text(), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('sign_count', sa.BigInteger(), nullable=False),
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_passkey_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_passkey_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_passkey')),
    sa.UniqueConstraint('practice_id', 'credential_id', name=op.f('uq_passkey_practice_id_credential_id'))
    )
    op.create_index(op.f('ix_passkey_practice_id_account_id'), 'passkey', ['practice_id', 'account_id'], unique=False)
    op.create_table('recovery_code',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('code_hash', sa.Text(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_recovery_code_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_recovery_code_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_recovery_code'))
    )
    op.create_index(op.f('ix_recovery_code_practice_id_account_id'), 'recovery_code', ['practice_id', 'account_id'], unique=False)
    op.create_table('ticket',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=True),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_ticket_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_ticket_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_ticket_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_ticket'))
    )
    op.create_index(op.f('ix_ticket_practice_id_kind_account_id'), 'ticket', ['practice_id', 'kind', 'account_id'], unique=False)
    op.create_index(op.f('ix_ticket_practice_id_secret_hash'), 'ticket', ['practice_id', 'secret_hash'], unique=False)
    op.add_column('account', sa.Column('is_first', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('account', sa.Column('password_changed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('account', sa.Column('notice_version', sa.Integer(), server_default=sa.text('0'), nullable=False))
    op.add_column('account', sa.Column('notice_accepted_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('account', sa.Column('totp_secret', sa.Text(), server_default='', nullable=False))
    op.add_column('account', sa.Column('totp_step', sa.BigInteger(), server_default=sa.text('0'), nullable=False))
    op.add_column('account', sa.Column('email_codes', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('account', sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('sign_in_session', sa.Column('proven_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('sign_in_session', sa.Column('stage', sa.Text(), server_default='', nullable=False))
    op.protect_table('privacy_notice')
    op.protect_table('audit_seal')
    op.protect_table('passkey')
    op.protect_table('recovery_code')
    op.protect_table('ticket')


def downgrade():
    op.drop_column('sign_in_session', 'stage')
    op.drop_column('sign_in_session', 'proven_at')
    op.drop_column('account', 'closed_at')
    op.drop_column('account', 'email_codes')
    op.drop_column('account', 'totp_step')
    op.drop_column('account', 'totp_secret')
    op.drop_column('account', 'notice_accepted_at')
    op.drop_column('account', 'notice_version')
    op.drop_column('account', 'password_changed_at')
    op.drop_column('account', 'is_first')
    op.drop_index(op.f('ix_ticket_practice_id_secret_hash'), table_name='ticket')
    op.drop_index(op.f('ix_ticket_practice_id_kind_account_id'), table_name='ticket')
    op.drop_table('ticket')
    op.drop_index(op.f('ix_recovery_code_practice_id_account_id'), table_name='recovery_code')
    op.drop_table('recovery_code')
    op.drop_index(op.f('ix_passkey_practice_id_account_id'), table_name='passkey')
    op.drop_table('passkey')
    op.drop_table('audit_seal')
    op.drop_table('privacy_notice')
