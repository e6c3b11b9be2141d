"""Settings that were changed in one go belong together, and changes can be planned for a later time

The code that is running now must go on working with the tables as this leaves them: what it changes meanwhile is a set by itself.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "91c4e6b0d27a"
down_revision = "c41d7f0e93b2"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("setting_change", sa.Column("account_id", sa.Uuid(), nullable=True))
    op.add_column("setting_change", sa.Column("change_set", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False))
    op.add_column("setting_change", sa.Column("undoes", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_setting_change_practice_id_change_set"), "setting_change", ["practice_id", "change_set"], unique=False)
    op.create_table(
        "setting_plan",
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("change_set", sa.Uuid(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('waiting', 'done', 'cancelled', 'failed')", name=op.f("ck_setting_plan_state")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_setting_plan_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_setting_plan")),
    )
    op.create_index(op.f("ix_setting_plan_practice_id_due_at"), "setting_plan", ["practice_id", "due_at"], unique=False)
    op.protect_table("setting_plan")


def downgrade():
    op.drop_table("setting_plan")
    op.drop_index(op.f("ix_setting_change_practice_id_change_set"), table_name="setting_change")
    for column in ("undoes", "change_set", "account_id"):
        op.drop_column("setting_change", column)
