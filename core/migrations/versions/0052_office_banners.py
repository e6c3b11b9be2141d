"""What stands above every page of the office

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "b83d10f7c62e"
down_revision = "c8f13ab7d264"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "office_banner",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("key", "words", "link", "route", "permission")),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id", "clinic_id"], ["clinic.practice_id", "clinic.id"], name=op.f("fk_office_banner_practice_id_clinic_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_office_banner_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_office_banner")),
        sa.UniqueConstraint("practice_id", "key", name=op.f("uq_office_banner_practice_id_key")),
    )
    op.protect_table("office_banner")


def downgrade():
    op.drop_table("office_banner")
