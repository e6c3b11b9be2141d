"""Patients whom the office writes down by hand

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "e81a4c6b5f30"
down_revision = "c50b7e19f2d4"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("patient", sa.Column("source", sa.Text(), server_default="records", nullable=False))
    op.create_check_constraint(op.f("ck_patient_source"), "patient", "source in ('records', 'office')")


def downgrade():
    op.drop_constraint(op.f("ck_patient_source"), "patient", type_="check")
    op.drop_column("patient", "source")
