"""How the Open Dental of a practice is reached

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0d0a7c3e51b2"
down_revision = None
branch_labels = ("opendental",)
depends_on = "d5a07e3c91f4"


def upgrade():
    """The table of the connections."""
    op.create_table(
        "opendental_connection",
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("customer_key", sa.Text(), nullable=False),
        sa.Column("hook_secret", sa.Text(), nullable=False),
        sa.Column("workstation", sa.Text(), server_default="", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("way in ('remote', 'service', 'local')", name=op.f("ck_opendental_connection_way")),
        sa.CheckConstraint("level in ('read', 'write', 'enterprise')", name=op.f("ck_opendental_connection_level")),
        sa.CheckConstraint("(way = 'remote') = (address = '')", name=op.f("ck_opendental_connection_address_of_way")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_opendental_connection_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_opendental_connection")),
        sa.UniqueConstraint("practice_id", name=op.f("uq_opendental_connection_practice_id")),
    )
    op.protect_table("opendental_connection")


def downgrade():
    """The connections go."""
    op.drop_table("opendental_connection")
