"""Files of statements and images, on their way from Open Dental

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c3a7d25be914"
down_revision = "91c4f0e7ab35"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
_NEW = (
    sa.Column("files_problem", sa.Text(), server_default="", nullable=False),
    sa.Column("files_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
    sa.Column("files_next_at", MOMENT, nullable=True),
)


def upgrade():
    """A row for each file that the portal wants or has; and why none come."""
    for column in _NEW:
        op.add_column("opendental_connection", column)
    op.create_table(
        "opendental_file",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("chart", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("record", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_opendental_file_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_opendental_file")),
        sa.UniqueConstraint("practice_id", "kind", "external_id", name=op.f("uq_opendental_file_practice_id_kind_external_id")),
        sa.CheckConstraint("state in ('waiting', 'asked', 'done', 'refused')", name=op.f("ck_opendental_file_state")),
    )
    op.create_index("ix_opendental_file_open", "opendental_file", ["practice_id", "dated_on"], postgresql_where=sa.text("state in ('waiting', 'asked')"))
    op.create_index("ix_opendental_file_left", "opendental_file", ["practice_id"], postgresql_where=sa.text("name <> ''"))
    op.create_index(op.f("ix_opendental_file_practice_id_chart"), "opendental_file", ["practice_id", "chart"])
    op.protect_table("opendental_file")


def downgrade():
    """The table and the columns go."""
    op.drop_table("opendental_file")
    for column in _NEW:
        op.drop_column("opendental_connection", column.name)
