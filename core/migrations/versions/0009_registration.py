"""Those who asked for access without the office

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = '8b1e0d5c72f3'
down_revision = 'b40d7e9a15c8'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('registration',
    sa.Column('first_name', sa.Text(), nullable=False),
    sa.Column('last_name', sa.Text(), nullable=False),
    sa.Column('birthdate', sa.Date(), nullable=False),
    sa.Column('contact', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.Uuid(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("outcome in ('', 'done', 'dismissed')", name=op.f('ck_registration_outcome')),
    sa.ForeignKeyConstraint(['practice_id', 'settled_by'], ['account.practice_id', 'account.id'], name=op.f('fk_registration_practice_id_settled_by')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_registration_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_registration_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_registration')),
    sa.UniqueConstraint('practice_id', 'number', name=op.f('uq_registration_practice_id_number'))
    )
    op.protect_table('registration')


def downgrade():
    op.drop_table('registration')
