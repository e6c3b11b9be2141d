"""How a patient stands with the practice, as its system says

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "f60a4b9e27d8"
down_revision = "f3d81a60b7e4"
branch_labels = None
depends_on = None

STATUSES = "status in ('active', 'inactive', 'prospective', 'nonpatient', 'archived', 'deceased')"


def upgrade():
    op.add_column("patient", sa.Column("status", sa.Text(), server_default="active", nullable=False))
    op.create_check_constraint(op.f("ck_patient_status"), "patient", STATUSES)


def downgrade():
    op.drop_constraint(op.f("ck_patient_status"), "patient", type_="check")
    op.drop_column("patient", "status")
