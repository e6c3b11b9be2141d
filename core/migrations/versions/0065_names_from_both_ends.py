"""Names from both ends, by which patients are found whose name was typed with a slip; words of patients without keys of their own

The code that is running now must go on working with the tables as this leaves them. Until the new code follows it finds fewer names with
a slip in them, so let it follow at once.
"""

import sqlalchemy as sa
from alembic import op

from core.database_roles import OWNER

revision = "8e5b3f0a72c6"
down_revision = "9e27c0d4b1f6"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("RESET ROLE")
    # Whoever takes the same patients in waits, and sees then what is left.
    op.execute("lock table patient_word, patient_name_trace in exclusive mode")
    op.execute("delete from patient_name_trace where trace <> name")
    op.execute(
        "insert into patient_name_trace (practice_id, id, trace, name) select practice_id, gen_random_uuid(), '<' || reverse(name), name from patient_name_trace"
    )
    op.execute(
        "delete from patient_word using patient_word twin where twin.practice_id = patient_word.practice_id and twin.patient_id = patient_word.patient_id "
        "and twin.word = patient_word.word and twin.id < patient_word.id"
    )
    op.execute(f"SET ROLE {OWNER}")
    op.drop_constraint(op.f("fk_patient_word_practice_id"), "patient_word", type_="foreignkey")
    op.drop_constraint(op.f("pk_patient_word"), "patient_word", type_="primary")
    op.alter_column("patient_word", "id", existing_type=sa.Uuid(), nullable=True)
    op.create_primary_key(op.f("pk_patient_word"), "patient_word", ["practice_id", "patient_id", "word"])
    op.drop_index(op.f("ix_patient_word_practice_id_patient_id"), table_name="patient_word")


def downgrade():
    op.execute("RESET ROLE")
    op.execute("update patient_word set id = gen_random_uuid() where id is null")
    op.execute(
        "insert into patient_name_trace (practice_id, id, trace, name) select practice_id, gen_random_uuid(), left(name, place - 1) || substr(name, place + 1), name "
        "from patient_name_trace, generate_series(1, length(name)) as place where trace = name on conflict do nothing"
    )
    op.execute("delete from patient_name_trace where starts_with(trace, '<')")
    op.execute(f"SET ROLE {OWNER}")
    op.create_index(op.f("ix_patient_word_practice_id_patient_id"), "patient_word", ["practice_id", "patient_id"])
    op.drop_constraint(op.f("pk_patient_word"), "patient_word", type_="primary")
    op.create_primary_key(op.f("pk_patient_word"), "patient_word", ["practice_id", "id"])
    op.create_foreign_key(op.f("fk_patient_word_practice_id"), "patient_word", "practice", ["practice_id"], ["id"])
