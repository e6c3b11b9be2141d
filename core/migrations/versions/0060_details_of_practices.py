"""What the practice's system says of the practice itself

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "1d6fa0c84be3"
down_revision = "e0b4c93d71a8"
branch_labels = None
depends_on = None

TABLE = "practice_details"


def upgrade():
    op.create_table(
        TABLE,
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f(f"fk_{TABLE}_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f(f"uq_{TABLE}_practice_id_external_id")),
        sa.UniqueConstraint("practice_id", name=op.f(f"uq_{TABLE}_practice_id")),
    )
    op.protect_table(TABLE)


def downgrade():
    op.drop_table(TABLE)
