"""Traces of names, by which patients are found whose name was typed with a slip; telephone numbers from their end

The code that is running now must go on working with the tables as this leaves them. What it takes in meanwhile is found by a slip, and by
the end of the number, once its chart is changed the next time, so let the new code follow at once.
"""

from itertools import groupby

import sqlalchemy as sa
from alembic import op

from core.database_roles import OWNER
from core.db import uuid7
from core.people.found_by import names_of, trace_rows, words_of

revision = '2f7c90b1d6a4'
down_revision = '7be204c96d1f'
branch_labels = None
depends_on = None

AT_ONCE = 1000


def upgrade():
    traces = op.create_table('patient_name_trace',
    sa.Column('trace', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_patient_name_trace_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_patient_name_trace')),
    sa.UniqueConstraint('practice_id', 'trace', 'name', name=op.f('uq_patient_name_trace_practice_id_trace_name'))
    )
    op.protect_table('patient_name_trace')
    write_down(traces)


def write_down(traces):
    """Words and traces of the patients who are there; past the wall, behind which the owner sees nobody."""
    connection = op.get_bind()
    connection.execute(sa.text('RESET ROLE'))
    words = sa.table('patient_word', sa.column('practice_id', sa.Uuid()), sa.column('id', sa.Uuid()), sa.column('patient_id', sa.Uuid()), sa.column('word'))
    connection.execute(sa.text('delete from patient_word'))
    rows = connection.execute(sa.text(
        'select practice_id, id, first_name, last_name, preferred_name, external_id, phone, email from patient order by practice_id'
    ))
    for practice_id, patients in groupby(rows, lambda row: row.practice_id):
        names, waiting = set(), []
        for patient in patients:
            names |= names_of(patient)
            waiting += [{'practice_id': practice_id, 'id': uuid7(), 'patient_id': patient.id, 'word': word} for word in sorted(words_of(patient))]
            if len(waiting) >= AT_ONCE:
                connection.execute(words.insert(), waiting)
                waiting = []
        if waiting:
            connection.execute(words.insert(), waiting)
        if found := trace_rows(practice_id, names):
            connection.execute(traces.insert(), [row | {'id': uuid7()} for row in found])
    connection.execute(sa.text(f'SET ROLE {OWNER}'))


def downgrade():
    op.drop_table('patient_name_trace')
