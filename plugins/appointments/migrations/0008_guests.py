"""Whoever books without signing in

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "5e0c7b1a92d4"
down_revision = "6f0b2d94c1ae"
branch_labels = None
depends_on = None


def upgrade():
    """What they typed."""
    op.create_table(
        "appointments_guest",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("birthdate", sa.Date(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind in ('known', 'new')", name=op.f("ck_appointments_guest_kind")),
        sa.ForeignKeyConstraint(["practice_id", "appointment_id"], ["appointments_appointment.practice_id", "appointments_appointment.id"], name=op.f("fk_appointments_guest_practice_id_appointment_id")),
        sa.ForeignKeyConstraint(["practice_id", "clinic_id"], ["clinic.practice_id", "clinic.id"], name=op.f("fk_appointments_guest_practice_id_clinic_id")),
        sa.ForeignKeyConstraint(["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_appointments_guest_practice_id_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_guest_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_guest")),
    )
    op.create_index(op.f("ix_appointments_guest_practice_id_asked_at"), "appointments_guest", ["practice_id", "asked_at"])
    op.create_index(op.f("ix_appointments_guest_practice_id_patient_id"), "appointments_guest", ["practice_id", "patient_id"])
    op.protect_table("appointments_guest")


def downgrade():
    """Without them."""
    op.drop_table("appointments_guest")
