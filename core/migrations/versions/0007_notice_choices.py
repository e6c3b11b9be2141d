"""What an account wants to be told of, by kind of notice and channel

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "8e1f63b7a9d2"
down_revision = "e19b64c07f2d"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "notice_choice",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("channel in ('email')", name=op.f("ck_notice_choice_channel")),
        sa.ForeignKeyConstraint(
            ["practice_id", "account_id"], ["account.practice_id", "account.id"], name=op.f("fk_notice_choice_practice_id_account_id")
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_notice_choice_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_notice_choice")),
        sa.UniqueConstraint(
            "practice_id", "account_id", "kind", "channel", name=op.f("uq_notice_choice_practice_id_account_id_kind_channel")
        ),
    )
    op.protect_table("notice_choice")


def downgrade():
    op.drop_table("notice_choice")
