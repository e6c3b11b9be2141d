"""Good-faith estimates

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "5ad3f0c81e67"
down_revision = "a1d47c90be25"
branch_labels = None
depends_on = None


def upgrade():
    """What was asked for, and what was given."""
    op.create_table(
        "account_estimate",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("planned_key", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("given", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('asked', 'given', 'closed')", name=op.f("ck_account_estimate_state")),
        sa.CheckConstraint("origin in ('patient', 'visit', 'office')", name=op.f("ck_account_estimate_origin")),
        sa.CheckConstraint("(state = 'given') = (given is not null)", name=op.f("ck_account_estimate_given")),
        sa.CheckConstraint("(state = 'asked') = (answered_at is null)", name=op.f("ck_account_estimate_answered")),
        sa.CheckConstraint("state <> 'asked' or due_on is not null", name=op.f("ck_account_estimate_due")),
        sa.CheckConstraint("total_cents >= 0", name=op.f("ck_account_estimate_total")),
        *(
            sa.ForeignKeyConstraint(["practice_id", column], [f"{table}.practice_id", f"{table}.id"], name=op.f(f"fk_account_estimate_practice_id_{column}"))
            for table, column in (("patient", "patient_id"), ("clinic", "clinic_id"), ("account", "asked_by"), ("account", "answered_by"))
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_estimate_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_estimate")),
    )
    op.create_index(op.f("ix_account_estimate_practice_id_patient_id_asked_at"), "account_estimate", ["practice_id", "patient_id", "asked_at"], unique=False)
    op.create_index("ix_account_estimate_waiting", "account_estimate", ["practice_id", "due_on"], unique=False, postgresql_where=sa.text("state = 'asked'"))
    op.create_index("uq_account_estimate_asked", "account_estimate", ["practice_id", "patient_id"], unique=True, postgresql_where=sa.text("state = 'asked'"))
    op.protect_table("account_estimate")


def downgrade():
    """Without them."""
    op.drop_table("account_estimate")
