"""Answers and calendars

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "5c0e7b1f92ad"
down_revision = "1db15955a4e7"
branch_labels = None
depends_on = None


def upgrade():
    """When patients were asked to confirm a visit; private addresses of calendars; what a visit that was called off gave up."""
    _confirmations()
    _calendars()
    recalls = sa.Column("ended_recalls", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)
    op.add_column("appointments_appointment", recalls)
    op.add_column("appointments_appointment", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))


def _confirmations():
    table = "appointments_confirmation"
    op.create_table(
        table,
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("code ~ '^C[0-9]*$'", name=op.f("ck_appointments_confirmation_code")),
        sa.CheckConstraint(
            "state in ('awaiting', 'sent', 'confirmed', 'callback', 'expired', 'failed', 'changed')", name=op.f("ck_appointments_confirmation_state")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "appointment_id"],
            ["appointments_appointment.practice_id", "appointments_appointment.id"],
            name=op.f("fk_appointments_confirmation_practice_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patient.practice_id", "patient.id"],
            name=op.f("fk_appointments_confirmation_practice_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_confirmation_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_confirmation")),
        sa.UniqueConstraint("practice_id", "token_hash", name=op.f("uq_appointments_confirmation_practice_id_token_hash")),
    )
    op.create_index(op.f("ix_appointments_confirmation_practice_id_patient_id"), table, ["practice_id", "patient_id"], unique=False)
    op.create_index(op.f("ix_appointments_confirmation_practice_id_appointment_id"), table, ["practice_id", "appointment_id"], unique=False)
    op.create_index(
        "uq_appointments_confirmation_open",
        table,
        ["practice_id", "patient_id", "code"],
        unique=True,
        postgresql_where=sa.text("state in ('awaiting', 'sent')"),
    )
    op.protect_table(table)


def _calendars():
    table = "appointments_calendar"
    op.create_table(
        table,
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("with_names", sa.Boolean(), nullable=False),
        sa.Column("with_procedures", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "account_id"],
            ["account.practice_id", "account.id"],
            name=op.f("fk_appointments_calendar_practice_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_calendar_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_calendar")),
        sa.UniqueConstraint("practice_id", "account_id", name=op.f("uq_appointments_calendar_practice_id_account_id")),
        sa.UniqueConstraint("practice_id", "token_hash", name=op.f("uq_appointments_calendar_practice_id_token_hash")),
    )
    op.protect_table(table)


def downgrade():
    """Without answers by link and without calendars."""
    op.drop_column("appointments_appointment", "revision")
    op.drop_column("appointments_appointment", "ended_recalls")
    op.drop_table("appointments_calendar")
    op.drop_index(
        "uq_appointments_confirmation_open", table_name="appointments_confirmation", postgresql_where=sa.text("state in ('awaiting', 'sent')")
    )
    op.drop_index(op.f("ix_appointments_confirmation_practice_id_appointment_id"), table_name="appointments_confirmation")
    op.drop_index(op.f("ix_appointments_confirmation_practice_id_patient_id"), table_name="appointments_confirmation")
    op.drop_table("appointments_confirmation")
