"""Rules and preferences

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "1db15955a4e7"
down_revision = "0b96d8f8f12c"
branch_labels = None
depends_on = None


def upgrade():
    """Which procedures are not booked twice at one time; who may book, and how to reach them."""
    op.create_table(
        "appointments_rule",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_code", sa.Text(collation="C"), nullable=False),
        sa.Column("last_code", sa.Text(collation="C"), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("first_code <= last_code", name=op.f("ck_appointments_rule_codes")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_rule_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_rule")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_appointments_rule_practice_id_external_id")),
    )
    op.create_table(
        "appointments_preference",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("is_restricted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("prefers", sa.Text(), server_default="", nullable=False),
        sa.Column("text_ok", sa.Boolean(), nullable=True),
        sa.Column("excluded", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("excluded <@ '{email,text}'::text[]", name=op.f("ck_appointments_preference_excluded")),
        sa.CheckConstraint("prefers in ('', 'email', 'text', 'phone', 'none')", name=op.f("ck_appointments_preference_prefers")),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patient.practice_id", "patient.id"],
            name=op.f("fk_appointments_preference_practice_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointments_preference_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointments_preference")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_appointments_preference_practice_id_external_id")),
        sa.UniqueConstraint("practice_id", "patient_id", name=op.f("uq_appointments_preference_practice_id_patient_id")),
    )
    op.protect_table("appointments_rule")
    op.protect_table("appointments_preference")


def downgrade():
    """Without both."""
    op.drop_table("appointments_preference")
    op.drop_table("appointments_rule")
