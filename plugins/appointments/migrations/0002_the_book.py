"""The book of a practice

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from core.database_roles import OWNER

revision = "0b96d8f8f12c"
down_revision = "073d8a3df7d4"
branch_labels = None
depends_on = None


_T = "appointments_appointment"


def _check(name, rule):
    op.drop_constraint(op.f(f"ck_{_T}_{name}"), _T, type_="check")
    op.create_check_constraint(op.f(f"ck_{_T}_{name}"), _T, rule)


def _add_columns():
    op.add_column("appointments_appointment", sa.Column("hygienist_id", sa.Uuid(), nullable=True))
    op.add_column("appointments_appointment", sa.Column("is_hygiene", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("appointments_appointment", sa.Column("operatory_id", sa.Uuid(), nullable=True))
    op.add_column("appointments_appointment", sa.Column("appointment_type_id", sa.Uuid(), nullable=True))
    op.add_column("appointments_appointment", sa.Column("recall_type_id", sa.Uuid(), nullable=True))
    op.add_column("appointments_appointment", sa.Column("confirmation_status_id", sa.Uuid(), nullable=True))
    op.add_column("appointments_appointment", sa.Column("pattern", sa.Text(), server_default="", nullable=False))
    op.add_column("appointments_appointment", sa.Column("arrive_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "appointments_appointment",
        sa.Column("procedures", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column("appointments_appointment", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("appointments_appointment", sa.Column("wants_earlier", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("appointments_appointment", sa.Column("is_new_patient", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("appointments_appointment", sa.Column("made_by", sa.Text(), server_default="office", nullable=False))
    op.add_column(
        "appointments_appointment", sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.add_column("appointments_appointment", sa.Column("made_by_id", sa.Uuid(), nullable=True))
    op.add_column("appointments_appointment", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("appointments_appointment", sa.Column("ended_by", sa.Uuid(), nullable=True))
    op.add_column("appointments_appointment", sa.Column("end_reason", sa.Text(), server_default="", nullable=False))


def _add_links():
    op.create_index(
        op.f("ix_appointments_appointment_practice_id_starts_at"), "appointments_appointment", ["practice_id", "starts_at"], unique=False
    )
    op.create_foreign_key(
        op.f("fk_appointments_appointment_practice_id_appointment_type_id"),
        "appointments_appointment",
        "appointments_type",
        ["practice_id", "appointment_type_id"],
        ["practice_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_appointments_appointment_practice_id_ended_by"),
        "appointments_appointment",
        "account",
        ["practice_id", "ended_by"],
        ["practice_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_appointments_appointment_practice_id_operatory_id"),
        "appointments_appointment",
        "appointments_operatory",
        ["practice_id", "operatory_id"],
        ["practice_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_appointments_appointment_practice_id_recall_type_id"),
        "appointments_appointment",
        "appointments_recall_type",
        ["practice_id", "recall_type_id"],
        ["practice_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_appointments_appointment_practice_id_confirmation_status_id"),
        "appointments_appointment",
        "appointments_confirmation_status",
        ["practice_id", "confirmation_status_id"],
        ["practice_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_appointments_appointment_practice_id_hygienist_id"),
        "appointments_appointment",
        "provider",
        ["practice_id", "hygienist_id"],
        ["practice_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_appointments_appointment_practice_id_made_by_id"),
        "appointments_appointment",
        "account",
        ["practice_id", "made_by_id"],
        ["practice_id", "id"],
    )


def upgrade():
    """What patients book needs: operatories, hours, types, recalls, requests; and the time that visits hold."""
    # A range of one id: with it the database compares ids and times together, without an extension.
    op.execute("create type appointments_uuidrange as range (subtype = uuid)")
    op.create_table(
        "appointments_blockout_type",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_open_to_web", sa.Boolean(), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("own", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_blockout_type_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_blockout_type")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_appointments_blockout_type_practice_id_external_id")),
    )
    op.create_table(
        "appointments_confirmation_status",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("sends_confirmation", sa.Boolean(), nullable=False),
        sa.Column("may_change", sa.Boolean(), nullable=False),
        sa.Column("sends_reminder", sa.Boolean(), nullable=False),
        sa.Column("sends_thanks", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("own", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "meaning in ('', 'sent', 'accepted', 'not_accepted', 'failed', 'booked')",
            name=op.f("ck_appointments_confirmation_status_meaning"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_confirmation_status_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_confirmation_status")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_appointments_confirmation_status_practice_id_external_id")),
    )
    op.create_index(
        "uq_appointments_confirmation_status_meaning",
        "appointments_confirmation_status",
        ["practice_id", "meaning"],
        unique=True,
        postgresql_where=sa.text("meaning <> ''"),
    )
    op.create_table(
        "appointments_recall_type",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("special", sa.Text(), nullable=False),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column("joins_special", sa.Boolean(), nullable=False),
        sa.Column("interval_months", sa.Integer(), nullable=False),
        sa.Column("interval_days", sa.Integer(), nullable=False),
        sa.Column("pattern", sa.Text(), server_default="", nullable=False),
        sa.Column("procedures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("blockout_type_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("only_in_blockouts", sa.Boolean(), nullable=False),
        sa.Column("instructions_before", sa.Text(), nullable=False),
        sa.Column("instructions_after", sa.Text(), nullable=False),
        sa.Column("bring", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("own", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("pattern ~ '^[X/]*$'", name=op.f("ck_appointments_recall_type_pattern")),
        sa.CheckConstraint("special in ('', 'prophy', 'child_prophy', 'perio')", name=op.f("ck_appointments_recall_type_special")),
        sa.CheckConstraint(
            "interval_months between 0 and 120 and interval_days between 0 and 3650", name=op.f("ck_appointments_recall_type_interval")
        ),
        sa.CheckConstraint("max_age between 0 and 150", name=op.f("ck_appointments_recall_type_max_age")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_recall_type_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_recall_type")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_appointments_recall_type_practice_id_external_id")),
    )
    op.create_table(
        "appointments_type",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), server_default="", nullable=False),
        sa.Column("procedures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("for_existing", sa.Boolean(), nullable=False),
        sa.Column("for_new", sa.Boolean(), nullable=False),
        sa.Column("min_age", sa.Integer(), nullable=True),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column("blockout_type_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("only_in_blockouts", sa.Boolean(), nullable=False),
        sa.Column("instructions_before", sa.Text(), nullable=False),
        sa.Column("instructions_after", sa.Text(), nullable=False),
        sa.Column("bring", sa.Text(), nullable=False),
        sa.Column("forms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("own", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("pattern ~ '^[X/]*$'", name=op.f("ck_appointments_type_pattern")),
        sa.CheckConstraint("min_age between 0 and 150 and max_age between 0 and 150", name=op.f("ck_appointments_type_ages")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_type_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_type")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_appointments_type_practice_id_external_id")),
    )
    op.create_table(
        "appointments_operatory",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("abbreviation", sa.Text(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("hygienist_id", sa.Uuid(), nullable=True),
        sa.Column("is_hygiene", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("takes_recalls", sa.Boolean(), nullable=False),
        sa.Column("appointment_type_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("own", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinic_id"], ["clinic.practice_id", "clinic.id"], name=op.f("fk_appointments_operatory_practice_id_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "hygienist_id"],
            ["provider.practice_id", "provider.id"],
            name=op.f("fk_appointments_operatory_practice_id_hygienist_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "provider_id"],
            ["provider.practice_id", "provider.id"],
            name=op.f("fk_appointments_operatory_practice_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_operatory_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_operatory")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_appointments_operatory_practice_id_external_id")),
    )
    op.create_table(
        "appointments_schedule",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("blockout_type_id", sa.Uuid(), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("operatory_ids", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(provider_id is null) <> (blockout_type_id is null)", name=op.f("ck_appointments_schedule_what")),
        sa.CheckConstraint("starts >= 0 and starts < ends and ends <= 1440", name=op.f("ck_appointments_schedule_times")),
        sa.ForeignKeyConstraint(
            ["practice_id", "blockout_type_id"],
            ["appointments_blockout_type.practice_id", "appointments_blockout_type.id"],
            name=op.f("fk_appointments_schedule_practice_id_blockout_type_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinic_id"], ["clinic.practice_id", "clinic.id"], name=op.f("fk_appointments_schedule_practice_id_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "provider_id"],
            ["provider.practice_id", "provider.id"],
            name=op.f("fk_appointments_schedule_practice_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_schedule_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_schedule")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_appointments_schedule_practice_id_external_id")),
    )
    op.create_index(op.f("ix_appointments_schedule_practice_id_held_on"), "appointments_schedule", ["practice_id", "held_on"], unique=False)
    op.create_table(
        "appointments_hold",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("span", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("appointments_uuidrange(practice_id, practice_id, '[]')"), "&&"),
            (sa.text("appointments_uuidrange(resource_id, resource_id, '[]')"), "&&"),
            (sa.column("span"), "&&"),
            using="gist",
            name="ex_appointments_hold_overlap",
        ),
        sa.CheckConstraint("not isempty(span)", name=op.f("ck_appointments_hold_span")),
        sa.ForeignKeyConstraint(
            ["practice_id", "appointment_id"],
            ["appointments_appointment.practice_id", "appointments_appointment.id"],
            name=op.f("fk_appointments_hold_practice_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_hold_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_hold")),
    )
    op.create_index(
        op.f("ix_appointments_hold_practice_id_appointment_id"), "appointments_hold", ["practice_id", "appointment_id"], unique=False
    )
    op.create_table(
        "appointments_recall",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recall_type_id", sa.Uuid(), nullable=False),
        sa.Column("previous_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("interval_months", sa.Integer(), nullable=True),
        sa.Column("interval_days", sa.Integer(), nullable=True),
        sa.Column("pattern", sa.Text(), server_default="", nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_until", sa.Date(), nullable=True),
        sa.Column("scheduled_on", sa.Date(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("pattern ~ '^[X/]*$'", name=op.f("ck_appointments_recall_pattern")),
        sa.CheckConstraint("priority in ('normal', 'asap')", name=op.f("ck_appointments_recall_priority")),
        sa.CheckConstraint(
            "interval_months between 0 and 120 and interval_days between 0 and 3650", name=op.f("ck_appointments_recall_interval")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "appointment_id"],
            ["appointments_appointment.practice_id", "appointments_appointment.id"],
            name=op.f("fk_appointments_recall_practice_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_appointments_recall_practice_id_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "recall_type_id"],
            ["appointments_recall_type.practice_id", "appointments_recall_type.id"],
            name=op.f("fk_appointments_recall_practice_id_recall_type_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_recall_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_recall")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_appointments_recall_practice_id_external_id")),
        sa.UniqueConstraint(
            "practice_id", "patient_id", "recall_type_id", name=op.f("uq_appointments_recall_practice_id_patient_id_recall_type_id")
        ),
    )
    op.create_index(
        "ix_appointments_recall_appointment",
        "appointments_recall",
        ["practice_id", "appointment_id"],
        unique=False,
        postgresql_where=sa.text("appointment_id is not null"),
    )
    op.create_index(op.f("ix_appointments_recall_practice_id_due_on"), "appointments_recall", ["practice_id", "due_on"], unique=False)
    op.create_table(
        "appointments_request",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("wanted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind in ('callback', 'cancel', 'move', 'visit')", name=op.f("ck_appointments_request_kind")),
        sa.CheckConstraint("state in ('waiting', 'accepted', 'declined', 'withdrawn')", name=op.f("ck_appointments_request_state")),
        sa.ForeignKeyConstraint(
            ["practice_id", "account_id"],
            ["account.practice_id", "account.id"],
            name=op.f("fk_appointments_request_practice_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "answered_by"],
            ["account.practice_id", "account.id"],
            name=op.f("fk_appointments_request_practice_id_answered_by"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "appointment_id"],
            ["appointments_appointment.practice_id", "appointments_appointment.id"],
            name=op.f("fk_appointments_request_practice_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinic_id"], ["clinic.practice_id", "clinic.id"], name=op.f("fk_appointments_request_practice_id_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patient.practice_id", "patient.id"],
            name=op.f("fk_appointments_request_practice_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_request_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_request")),
    )
    op.create_index(
        op.f("ix_appointments_request_practice_id_patient_id"), "appointments_request", ["practice_id", "patient_id"], unique=False
    )
    op.create_index(
        "ix_appointments_request_waiting",
        "appointments_request",
        ["practice_id", "made_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    _add_columns()
    _add_links()
    _check("status", "status in ('scheduled', 'complete', 'broken', 'planned', 'unscheduled')")
    _check("confirmation", "confirmation in ('unconfirmed', 'asked', 'confirmed', 'callback', 'failed')")
    op.create_check_constraint(op.f(f"ck_{_T}_pattern"), _T, "pattern ~ '^[X/]*$'")
    op.create_check_constraint(op.f(f"ck_{_T}_made_by"), _T, "made_by in ('office', 'recall', 'existing', 'new', 'waiting')")
    op.protect_table("appointments_blockout_type")
    op.protect_table("appointments_confirmation_status")
    op.protect_table("appointments_recall_type")
    op.protect_table("appointments_type")
    op.protect_table("appointments_operatory")
    op.protect_table("appointments_schedule")
    op.protect_table("appointments_hold")
    op.protect_table("appointments_recall")
    op.protect_table("appointments_request")


def _drop_links():
    op.drop_constraint(op.f("fk_appointments_appointment_practice_id_made_by_id"), "appointments_appointment", type_="foreignkey")
    op.drop_constraint(op.f("fk_appointments_appointment_practice_id_hygienist_id"), "appointments_appointment", type_="foreignkey")
    op.drop_constraint(
        op.f("fk_appointments_appointment_practice_id_confirmation_status_id"), "appointments_appointment", type_="foreignkey"
    )
    op.drop_constraint(op.f("fk_appointments_appointment_practice_id_recall_type_id"), "appointments_appointment", type_="foreignkey")
    op.drop_constraint(op.f("fk_appointments_appointment_practice_id_operatory_id"), "appointments_appointment", type_="foreignkey")
    op.drop_constraint(op.f("fk_appointments_appointment_practice_id_ended_by"), "appointments_appointment", type_="foreignkey")
    op.drop_constraint(op.f("fk_appointments_appointment_practice_id_appointment_type_id"), "appointments_appointment", type_="foreignkey")
    op.drop_index(op.f("ix_appointments_appointment_practice_id_starts_at"), table_name="appointments_appointment")


def _drop_columns():
    op.drop_column("appointments_appointment", "end_reason")
    op.drop_column("appointments_appointment", "ended_by")
    op.drop_column("appointments_appointment", "ended_at")
    op.drop_column("appointments_appointment", "made_by_id")
    op.drop_column("appointments_appointment", "made_at")
    op.drop_column("appointments_appointment", "made_by")
    op.drop_column("appointments_appointment", "is_new_patient")
    op.drop_column("appointments_appointment", "wants_earlier")
    op.drop_column("appointments_appointment", "note")
    op.drop_column("appointments_appointment", "procedures")
    op.drop_column("appointments_appointment", "arrive_at")
    op.drop_column("appointments_appointment", "pattern")
    op.drop_column("appointments_appointment", "confirmation_status_id")
    op.drop_column("appointments_appointment", "recall_type_id")
    op.drop_column("appointments_appointment", "appointment_type_id")
    op.drop_column("appointments_appointment", "operatory_id")
    op.drop_column("appointments_appointment", "is_hygiene")
    op.drop_column("appointments_appointment", "hygienist_id")


def downgrade():
    """Back to visits alone. What the older code has no word for becomes the nearest that it has."""
    op.execute("RESET ROLE")
    op.execute("update appointments_appointment set status = 'planned' where status = 'unscheduled'")
    op.execute("update appointments_appointment set confirmation = 'unconfirmed' where confirmation in ('asked', 'failed')")
    op.execute(f"SET ROLE {OWNER}")
    _check("status", "status in ('scheduled', 'complete', 'broken', 'planned')")
    _check("confirmation", "confirmation in ('unconfirmed', 'confirmed', 'callback')")
    _drop_links()
    _drop_columns()
    op.drop_index("ix_appointments_request_waiting", table_name="appointments_request", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f("ix_appointments_request_practice_id_patient_id"), table_name="appointments_request")
    op.drop_table("appointments_request")
    op.drop_index(op.f("ix_appointments_recall_practice_id_due_on"), table_name="appointments_recall")
    op.drop_index(
        "ix_appointments_recall_appointment", table_name="appointments_recall", postgresql_where=sa.text("appointment_id is not null")
    )
    op.drop_table("appointments_recall")
    op.drop_index(op.f("ix_appointments_hold_practice_id_appointment_id"), table_name="appointments_hold")
    op.drop_table("appointments_hold")
    op.execute("drop type appointments_uuidrange")
    op.drop_index(op.f("ix_appointments_schedule_practice_id_held_on"), table_name="appointments_schedule")
    op.drop_table("appointments_schedule")
    op.drop_table("appointments_operatory")
    op.drop_table("appointments_type")
    op.drop_table("appointments_recall_type")
    op.drop_index(
        "uq_appointments_confirmation_status_meaning",
        table_name="appointments_confirmation_status",
        postgresql_where=sa.text("meaning <> ''"),
    )
    op.drop_table("appointments_confirmation_status")
    op.drop_table("appointments_blockout_type")
