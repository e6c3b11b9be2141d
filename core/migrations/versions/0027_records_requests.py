"""Requests for the own record, with the days that the law gives, and what became of each

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "4fd1c07e6ba8"
down_revision = "7b0e5d92c3af"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "records_request",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("wanted", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_address", sa.Text(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("is_extended", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("told_ahead", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("told_last", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("format in ('file', 'paper', 'send')", name=op.f("ck_records_request_format")),
        sa.CheckConstraint("state in ('asked', 'taken', 'fulfilled', 'denied', 'withdrawn')", name=op.f("ck_records_request_state")),
        sa.ForeignKeyConstraint(["practice_id", "account_id"], ["account.practice_id", "account.id"], name=op.f("fk_records_request_practice_id_account_id")),
        sa.ForeignKeyConstraint(["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_records_request_practice_id_patient_id")),
        sa.ForeignKeyConstraint(["practice_id", "taken_by"], ["account.practice_id", "account.id"], name=op.f("fk_records_request_practice_id_taken_by")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_records_request_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_records_request")),
    )
    op.create_index(op.f("ix_records_request_practice_id_patient_id"), "records_request", ["practice_id", "patient_id"], unique=False)
    op.create_index(op.f("ix_records_request_practice_id_state_due_on"), "records_request", ["practice_id", "state", "due_on"], unique=False)
    op.protect_table("records_request")
    op.create_table(
        "records_request_step",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "account_id"], ["account.practice_id", "account.id"], name=op.f("fk_records_request_step_practice_id_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "request_id"], ["records_request.practice_id", "records_request.id"], name=op.f("fk_records_request_step_practice_id_request_id")
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_records_request_step_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_records_request_step")),
    )
    op.create_index(op.f("ix_records_request_step_practice_id_request_id"), "records_request_step", ["practice_id", "request_id"], unique=False)
    op.protect_table("records_request_step")


def downgrade():
    op.drop_table("records_request_step")
    op.drop_table("records_request")
