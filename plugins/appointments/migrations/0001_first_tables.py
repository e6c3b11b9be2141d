"""First tables

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "073d8a3df7d4"
down_revision = None
branch_labels = ("appointments",)
depends_on = "ccfc8c089eb8"


def upgrade():
    op.create_table(
        "appointments_appointment",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("confirmation", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "confirmation in ('unconfirmed', 'confirmed', 'callback')", name=op.f("ck_appointments_appointment_confirmation")
        ),
        sa.CheckConstraint("status in ('scheduled', 'complete', 'broken', 'planned')", name=op.f("ck_appointments_appointment_status")),
        sa.CheckConstraint("minutes between 5 and 720", name=op.f("ck_appointments_appointment_minutes")),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinic_id"],
            ["clinic.practice_id", "clinic.id"],
            name=op.f("fk_appointments_appointment_practice_id_clinic_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "confirmed_by"],
            ["account.practice_id", "account.id"],
            name=op.f("fk_appointments_appointment_practice_id_confirmed_by"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patient.practice_id", "patient.id"],
            name=op.f("fk_appointments_appointment_practice_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "provider_id"],
            ["provider.practice_id", "provider.id"],
            name=op.f("fk_appointments_appointment_practice_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_appointment_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_appointment")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_appointments_appointment_practice_id_external_id")),
    )
    op.create_index(
        op.f("ix_appointments_appointment_practice_id_patient_id_starts_at"),
        "appointments_appointment",
        ["practice_id", "patient_id", "starts_at"],
        unique=False,
    )
    op.protect_table("appointments_appointment")


def downgrade():
    op.drop_index(op.f("ix_appointments_appointment_practice_id_patient_id_starts_at"), table_name="appointments_appointment")
    op.drop_table("appointments_appointment")
