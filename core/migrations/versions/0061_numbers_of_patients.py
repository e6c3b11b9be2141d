"""Numbers under which people came in who may be patients here already, and what was decided about them

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "c47d1be90f52"
down_revision = "1d6fa0c84be3"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "patient_number",
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("said", JSONB(none_as_null=True), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("later_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('waits', 'same', 'different')", name=op.f("ck_patient_number_state")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_patient_number_practice_id_practice")),
        sa.ForeignKeyConstraint(["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_patient_number_practice_id_patient_id")),
        sa.ForeignKeyConstraint(["practice_id", "decided_by_id"], ["account.practice_id", "account.id"], name=op.f("fk_patient_number_practice_id_decided_by_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_patient_number")),
        sa.UniqueConstraint("practice_id", "external_id", "patient_id", name=op.f("uq_patient_number_practice_id_external_id_patient_id")),
    )
    op.create_index(op.f("ix_patient_number_practice_id_patient_id"), "patient_number", ["practice_id", "patient_id"])
    op.create_index(op.f("ix_patient_number_practice_id_state_first_at"), "patient_number", ["practice_id", "state", "first_at"])
    op.protect_table("patient_number")


def downgrade():
    op.drop_table("patient_number")
