"""Records that patients take along by themselves: which tabs are in one; each account has one made at a time

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

from core.database_roles import OWNER

revision = "e3f08b52a9d6"
down_revision = "1c6a94e7f20d"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("export", sa.Column("tabs", sa.ARRAY(sa.Text()), nullable=True))
    op.drop_index("uq_export_running", table_name="export")
    op.create_index("uq_export_running", "export", ["practice_id"], unique=True, postgresql_where=sa.text("state = 'running' and tabs is null"))
    op.create_index("uq_export_own_running", "export", ["practice_id", "asked_by"], unique=True, postgresql_where=sa.text("state = 'running' and tabs is not null"))


def downgrade():
    op.execute("RESET ROLE")
    op.execute("update export set state = 'stopped' where tabs is not null and state = 'running'")
    op.execute(f"SET ROLE {OWNER}")
    op.drop_index("uq_export_own_running", table_name="export")
    op.drop_index("uq_export_running", table_name="export")
    op.create_index("uq_export_running", "export", ["practice_id"], unique=True, postgresql_where=sa.text("state = 'running'"))
    op.drop_column("export", "tabs")
