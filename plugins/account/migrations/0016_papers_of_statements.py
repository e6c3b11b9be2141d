"""The paper of a statement, where the practice's system sends it

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "e3b86c0f52d9"
down_revision = "a91d3c60b7e4"
branch_labels = None
depends_on = None

TABLE = "account_statement"
COLUMNS = {"file_key": sa.Text(), "file_size": sa.BigInteger(), "file_sha256": sa.Text()}


def upgrade():
    for name, sort in COLUMNS.items():
        op.add_column(TABLE, sa.Column(name, sort, nullable=True))
    op.create_check_constraint(op.f("ck_account_statement_whole_file"), TABLE, "num_nonnulls(file_key, file_size, file_sha256) in (0, 3)")


def downgrade():
    op.drop_constraint(op.f("ck_account_statement_whole_file"), TABLE, type_="check")
    for name in COLUMNS:
        op.drop_column(TABLE, name)
