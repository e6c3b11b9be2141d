"""Care documents may come with the records of the practice's system

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "b0d4f7a2c915"
down_revision = "70e102cd0644"
branch_labels = None
depends_on = None

TABLE = "summary_document"
ONCE = "uq_summary_document_practice_id_external_id"


def upgrade():
    op.add_column(TABLE, sa.Column("external_id", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f(ONCE), TABLE, ["practice_id", "external_id"])


def downgrade():
    op.drop_constraint(op.f(ONCE), TABLE, type_="unique")
    op.drop_column(TABLE, "external_id")
