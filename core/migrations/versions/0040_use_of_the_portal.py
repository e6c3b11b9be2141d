"""What is kept of each day's use of the portal

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "2f6d90b8e7c1"
down_revision = "e81a4c6b5f30"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "portal_use",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("was_invited", sa.Boolean(), nullable=False),
        sa.Column("signed_in", sa.Boolean(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("viewed", sa.Boolean(), nullable=False),
        sa.Column("did", sa.Boolean(), nullable=False),
        sa.Column("whats", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_portal_use_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_portal_use")),
        sa.UniqueConstraint("practice_id", "day", "person_id", name=op.f("uq_portal_use_practice_id_day_person_id")),
    )
    op.create_index("ix_portal_use_first", "portal_use", ["practice_id", "person_id", "day"], unique=False, postgresql_where=sa.text("is_first"))
    op.protect_table("portal_use")


def downgrade():
    op.drop_table("portal_use")
