"""The address that a practice's mails come from, with what its domain says

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "7a41f3c8e052"
down_revision = "0d9e61b7a3c4"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "mail_sender",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("records", sa.dialects.postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("passes_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_look", sa.Uuid(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('new', 'ok', 'missing', 'wrong', 'unanswered')", name=op.f("ck_mail_sender_state")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_mail_sender_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_mail_sender")),
        sa.UniqueConstraint("practice_id", name=op.f("uq_mail_sender_practice_id")),
    )
    op.protect_table("mail_sender")


def downgrade():
    op.drop_table("mail_sender")
