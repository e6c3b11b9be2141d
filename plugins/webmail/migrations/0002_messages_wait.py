"""Messages to the office wait until they are answered

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "d47f0b62ce19"
down_revision = "aaafeb1008f9"
branch_labels = None
depends_on = None

# What was taken over from an older portal does not wait, nor what the office has answered since.
_SETTLED = """
update webmail_message set settled_at = sent_at where direction = 'to_office' and (source = 'practice' or exists (
    select from webmail_message answer where answer.practice_id = webmail_message.practice_id and answer.thread_id = webmail_message.thread_id
        and answer.direction = 'to_patient' and answer.sent_at >= webmail_message.sent_at))
"""


def upgrade():
    """Keep when a message was settled."""
    op.add_column("webmail_message", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_SETTLED)
    op.create_index(
        "ix_webmail_message_waiting", "webmail_message", ["practice_id", "sent_at"], postgresql_where=sa.text("direction = 'to_office' and settled_at is null")
    )


def downgrade():
    """Forget it."""
    op.drop_index("ix_webmail_message_waiting", table_name="webmail_message")
    op.drop_column("webmail_message", "settled_at")
