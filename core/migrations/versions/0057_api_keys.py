"""Keys by which systems of a practice speak with the portal

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "f3d81a60b7e4"
down_revision = "9b2e60d1c7a5"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "api_key",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lookup", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("former_lookup", sa.Text(), nullable=True),
        sa.Column("former_hash", sa.Text(), nullable=False),
        sa.Column("former_until", _TIME, nullable=True),
        sa.Column("sends", sa.Boolean(), nullable=False),
        sa.Column("kinds", ARRAY(sa.Text()), nullable=False),
        sa.Column("reads", sa.Boolean(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("ends_at", _TIME, nullable=True),
        sa.Column("used_at", _TIME, nullable=True),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.Column("revoked_by_id", sa.Uuid(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id", "made_by_id"], ["account.practice_id", "account.id"], name=op.f("fk_api_key_practice_id_made_by_id_account")),
        sa.ForeignKeyConstraint(["practice_id", "revoked_by_id"], ["account.practice_id", "account.id"], name=op.f("fk_api_key_practice_id_revoked_by_id_account")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_api_key_practice_id_practice")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("practice_id", "former_lookup", name=op.f("uq_api_key_practice_id_former_lookup")),
        sa.UniqueConstraint("practice_id", "lookup", name=op.f("uq_api_key_practice_id_lookup")),
    )
    op.protect_table("api_key")


def downgrade():
    op.drop_table("api_key")
