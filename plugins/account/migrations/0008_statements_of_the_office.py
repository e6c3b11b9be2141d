"""What came of a batch of statements, and that it makes one for each account

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c4e81b7d5a90"
down_revision = "3f9a61c2d07e"
branch_labels = None
depends_on = None


def upgrade():
    """The report, and the index that allows one statement only."""
    op.add_column("account_statement_batch", sa.Column("report", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False))
    op.create_index(
        "uq_account_statement_batch_patient",
        "account_statement",
        ["practice_id", "batch", "patient_id"],
        unique=True,
        postgresql_where=sa.text("batch is not null"),
    )


def downgrade():
    """Without both."""
    op.drop_index("uq_account_statement_batch_patient", table_name="account_statement", postgresql_where=sa.text("batch is not null"))
    op.drop_column("account_statement_batch", "report")
