"""Access that patients give: offers, who gave a grant, and who ended it before its time

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '5ad07e92c1b6'
down_revision = '5d1e9b3f60c8'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('access_offer',
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('giver_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('relation', sa.Text(), nullable=False),
    sa.Column('rights', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'account_id'], ['account.practice_id', 'account.id'], name=op.f('fk_access_offer_practice_id_account_id')),
    sa.ForeignKeyConstraint(['practice_id', 'giver_id'], ['account.practice_id', 'account.id'], name=op.f('fk_access_offer_practice_id_giver_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_access_offer_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_access_offer_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_access_offer'))
    )
    op.create_index(op.f('ix_access_offer_practice_id_patient_id'), 'access_offer', ['practice_id', 'patient_id'], unique=False)
    op.protect_table('access_offer')
    op.add_column('ticket', sa.Column('offer_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_ticket_practice_id_offer_id'), 'ticket', 'access_offer', ['practice_id', 'offer_id'], ['practice_id', 'id'])
    op.add_column('access_grant', sa.Column('giver_id', sa.Uuid(), nullable=True))
    op.add_column('access_grant', sa.Column('ended_by_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_access_grant_practice_id_giver_id'), 'access_grant', 'account', ['practice_id', 'giver_id'], ['practice_id', 'id'])
    op.create_foreign_key(op.f('fk_access_grant_practice_id_ended_by_id'), 'access_grant', 'account', ['practice_id', 'ended_by_id'], ['practice_id', 'id'])
    op.create_index(op.f('ix_access_grant_practice_id_patient_id'), 'access_grant', ['practice_id', 'patient_id'], unique=False)


def downgrade():
    op.drop_index(op.f('ix_access_grant_practice_id_patient_id'), table_name='access_grant')
    op.drop_constraint(op.f('fk_access_grant_practice_id_ended_by_id'), 'access_grant', type_='foreignkey')
    op.drop_constraint(op.f('fk_access_grant_practice_id_giver_id'), 'access_grant', type_='foreignkey')
    op.drop_column('access_grant', 'ended_by_id')
    op.drop_column('access_grant', 'giver_id')
    op.drop_constraint(op.f('fk_ticket_practice_id_offer_id'), 'ticket', type_='foreignkey')
    op.drop_column('ticket', 'offer_id')
    op.drop_table('access_offer')
