"""What patients said about text messages stands with the patient, for whoever sends some

The code that is running now must go on working with the tables as this leaves them: the column stays until nothing reads it.
"""

from alembic import op

from core.database_roles import OWNER

revision = "9e4d72b1c0a8"
down_revision = "7c31e5a8d0f4"
branch_labels = None
depends_on = "d5a07e3c91f4"


def upgrade():
    op.execute("RESET ROLE")
    op.execute("""update patient set text_ok = said.text_ok from appointments_preference said
        where said.practice_id = patient.practice_id and said.patient_id = patient.id and said.text_ok is not null and patient.text_ok is null""")
    op.execute(f"SET ROLE {OWNER}")


def downgrade():
    """What was moved stays where the earlier version reads it as well."""
