"""What refused records said, so that the office can try them once more

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "5b8e20c7d4a1"
down_revision = "c47d1be90f52"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("records_refusal", sa.Column("content", JSON(none_as_null=True), nullable=True))
    op.add_column("records_refusal", sa.Column("is_second", sa.Boolean(), server_default="false", nullable=False))


def downgrade():
    op.drop_column("records_refusal", "is_second")
    op.drop_column("records_refusal", "content")
