"""Words by which the office finds patients; the reason in the audit log of whoever looks in

The code that is running now must go on working with the tables as this leaves them. What it takes in meanwhile is found once its chart is
changed the next time, so let the new code follow at once.
"""

import sqlalchemy as sa
from alembic import op

from core.database_roles import OWNER
from core.db import uuid7
from core.people.found_by import words_of

revision = 'f4c2d81a93b7'
down_revision = '8b1e0d5c72f3'
branch_labels = None
depends_on = None

AT_ONCE = 1000


def upgrade():
    words = op.create_table('patient_word',
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('word', sa.Text(collation='C'), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_patient_word_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_patient_word_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_patient_word'))
    )
    op.create_index(op.f('ix_patient_word_practice_id_patient_id'), 'patient_word', ['practice_id', 'patient_id'], unique=False)
    op.create_index(op.f('ix_patient_word_practice_id_word_patient_id'), 'patient_word', ['practice_id', 'word', 'patient_id'], unique=False)
    op.protect_table('patient_word')
    op.create_index(op.f('ix_account_practice_id_patient_id'), 'account', ['practice_id', 'patient_id'], unique=False)
    op.add_column('audit_event', sa.Column('support_id', sa.Uuid(), nullable=True))
    write_down(words)


def write_down(words):
    """The words of the patients who are there; past the wall, behind which the owner sees nobody."""
    connection = op.get_bind()
    connection.execute(sa.text('RESET ROLE'))
    rows = connection.execute(sa.text('select practice_id, id, first_name, last_name, preferred_name, external_id, phone, email from patient'))
    while some := rows.fetchmany(AT_ONCE):
        connection.execute(words.insert(), [
            {'practice_id': row.practice_id, 'id': uuid7(), 'patient_id': row.id, 'word': word} for row in some for word in sorted(words_of(row))
        ])
    connection.execute(sa.text(f'SET ROLE {OWNER}'))


def downgrade():
    op.drop_column('audit_event', 'support_id')
    op.drop_index(op.f('ix_account_practice_id_patient_id'), table_name='account')
    op.drop_table('patient_word')
