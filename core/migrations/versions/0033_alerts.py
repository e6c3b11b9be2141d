"""What staff want to be alerted to, since when somebody waits for the office, and failed deliveries that were dealt with

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "5c82d1e7a04b"
down_revision = "e07a3c94b81d"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "alert_choice",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("mode in ('now', 'daily', 'never')", name=op.f("ck_alert_choice_mode")),
        sa.ForeignKeyConstraint(["practice_id", "account_id"], ["account.practice_id", "account.id"], name=op.f("fk_alert_choice_practice_id_account_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_alert_choice_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_alert_choice")),
        sa.UniqueConstraint("practice_id", "account_id", "item", name=op.f("uq_alert_choice_practice_id_account_id_item")),
    )
    op.protect_table("alert_choice")
    op.create_table(
        "alert_day",
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("minute between 0 and 1439", name=op.f("ck_alert_day_minute")),
        sa.ForeignKeyConstraint(["practice_id", "id"], ["account.practice_id", "account.id"], name=op.f("fk_alert_day_practice_id_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_alert_day_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_alert_day")),
    )
    op.protect_table("alert_day")
    op.create_table(
        "alert_round",
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_alert_round_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_alert_round")),
    )
    op.protect_table("alert_round")
    op.add_column("outbox", sa.Column("dealt_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_outbox_failed", "outbox", ["practice_id", "dead_at"], postgresql_where=sa.text("dead_at is not null and dealt_at is null"))
    op.add_column("registration", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column("registration", "looked_at")
    op.drop_index("ix_outbox_failed", table_name="outbox")
    op.drop_column("outbox", "dealt_at")
    op.drop_table("alert_round")
    op.drop_table("alert_day")
    op.drop_table("alert_choice")
