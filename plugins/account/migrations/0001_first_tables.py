"""First tables

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '26db8f872dda'
down_revision = None
branch_labels = ('account',)
depends_on = 'ccfc8c089eb8'


def upgrade():
    """Make the tables of the Account tab."""
    op.create_table('account_local_charge',
    sa.Column('idempotency_key', sa.Text(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('amount_cents', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('refusal', sa.Text(), nullable=False),
    sa.Column('charged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_account_local_charge_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_account_local_charge')),
    sa.UniqueConstraint('practice_id', 'idempotency_key', name=op.f('uq_account_local_charge_practice_id_idempotency_key')),
    sa.UniqueConstraint('practice_id', 'reference', name=op.f('uq_account_local_charge_practice_id_reference'))
    )
    op.create_table('account_entry',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('provider_id', sa.Uuid(), nullable=True),
    sa.Column('entry_type', sa.Text(), nullable=False),
    sa.Column('entered_on', sa.Date(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('amount_cents', sa.BigInteger(), nullable=False),
    sa.Column('visit', sa.Text(), nullable=True),
    sa.Column('receipt_number', sa.Text(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("entry_type in ('charge', 'insurance_payment', 'adjustment', 'payment')", name=op.f('ck_account_entry_entry_type')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_account_entry_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id', 'provider_id'], ['provider.practice_id', 'provider.id'], name=op.f('fk_account_entry_practice_id_provider_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_account_entry_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_account_entry')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_account_entry_practice_id_external_id'))
    )
    op.create_index(op.f('ix_account_entry_practice_id_patient_id_entered_on_id'), 'account_entry', ['practice_id', 'patient_id', 'entered_on', 'id'], unique=False)
    op.create_index(op.f('ix_account_entry_practice_id_receipt_number'), 'account_entry', ['practice_id', 'receipt_number'], unique=False)
    op.create_table('account_statement',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('statement_type', sa.Text(), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('balance_cents', sa.BigInteger(), nullable=False),
    sa.Column('insurance_pending_cents', sa.BigInteger(), nullable=False),
    sa.Column('amount_due_cents', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('lines', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("statement_type in ('statement', 'invoice', 'receipt', 'walkout', 'limited')", name=op.f('ck_account_statement_statement_type')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_account_statement_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_account_statement_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_account_statement')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_account_statement_practice_id_external_id'))
    )
    op.create_index(op.f('ix_account_statement_practice_id_patient_id_sent_on'), 'account_statement', ['practice_id', 'patient_id', 'sent_on'], unique=False)
    op.create_table('account_payment',
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('clinic_id', sa.Uuid(), nullable=True),
    sa.Column('amount_cents', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=False),
    sa.Column('form_nonce', sa.Text(), nullable=False),
    sa.Column('receipt_number', sa.Text(), nullable=False),
    sa.Column('gateway', sa.Text(), nullable=False),
    sa.Column('gateway_reference', sa.Text(), nullable=True),
    sa.Column('card', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('refusal', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('receipt_sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("state in ('created', 'submitted', 'succeeded', 'failed', 'unknown')", name=op.f('ck_account_payment_state')),
    sa.CheckConstraint('amount_cents > 0', name=op.f('ck_account_payment_amount')),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_account_payment_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id', 'clinic_id'], ['clinic.practice_id', 'clinic.id'], name=op.f('fk_account_payment_practice_id_clinic_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_account_payment_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_account_payment_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_account_payment')),
    sa.UniqueConstraint('practice_id', 'account_id', 'form_nonce', name=op.f('uq_account_payment_practice_id_account_id_form_nonce')),
    sa.UniqueConstraint('practice_id', 'idempotency_key', name=op.f('uq_account_payment_practice_id_idempotency_key')),
    sa.UniqueConstraint('practice_id', 'receipt_number', name=op.f('uq_account_payment_practice_id_receipt_number'))
    )
    op.create_index('ix_account_payment_open', 'account_payment', ['practice_id', 'created_at'], unique=False, postgresql_where=sa.text("state in ('created', 'submitted', 'unknown')"))
    op.create_index(op.f('ix_account_payment_practice_id_patient_id_created_at'), 'account_payment', ['practice_id', 'patient_id', 'created_at'], unique=False)
    op.protect_table('account_local_charge')
    op.protect_table('account_entry')
    op.protect_table('account_statement')
    op.protect_table('account_payment')


def downgrade():
    """Take them away."""
    op.drop_index(op.f('ix_account_payment_practice_id_patient_id_created_at'), table_name='account_payment')
    op.drop_index('ix_account_payment_open', table_name='account_payment', postgresql_where=sa.text("state in ('created', 'submitted', 'unknown')"))
    op.drop_table('account_payment')
    op.drop_index(op.f('ix_account_statement_practice_id_patient_id_sent_on'), table_name='account_statement')
    op.drop_table('account_statement')
    op.drop_index(op.f('ix_account_entry_practice_id_receipt_number'), table_name='account_entry')
    op.drop_index(op.f('ix_account_entry_practice_id_patient_id_entered_on_id'), table_name='account_entry')
    op.drop_table('account_entry')
    op.drop_table('account_local_charge')
