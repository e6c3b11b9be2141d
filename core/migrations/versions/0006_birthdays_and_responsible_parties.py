"""Responsible parties, and when somebody was told that a birthday will end their access

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = 'e19b64c07f2d'
down_revision = 'd3b8a9e6f115'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('patient', sa.Column('responsible_party_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_patient_practice_id_responsible_party_id'), 'patient', 'patient', ['practice_id', 'responsible_party_id'], ['practice_id', 'id'])
    op.add_column('access_grant', sa.Column('told_at', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column('access_grant', 'told_at')
    op.drop_constraint(op.f('fk_patient_practice_id_responsible_party_id'), 'patient', type_='foreignkey')
    op.drop_column('patient', 'responsible_party_id')
