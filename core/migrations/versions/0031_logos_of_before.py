"""The columns in which a logo stood before there were pictures; nothing reads them any more

Whatever stands in them was taken over into branding_picture when that was made.
"""

import sqlalchemy as sa
from alembic import op

revision = "5c2e91d7f046"
down_revision = "b8d40f6a15c2"
branch_labels = None
depends_on = None


def upgrade():
    op.drop_column("branding", "logo")
    op.drop_column("branding", "logo_type")


def downgrade():
    op.add_column("branding", sa.Column("logo_type", sa.Text(), nullable=True))
    op.add_column("branding", sa.Column("logo", sa.LargeBinary(), nullable=True))
