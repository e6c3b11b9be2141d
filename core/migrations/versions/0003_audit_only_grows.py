"""The audit log only grows: the application's login cannot change or delete its entries and seals

The code that is running now must go on working with the tables as this leaves them.
"""

from alembic import op

revision = 'a7d41c09be52'
down_revision = '31cc8cb60092'
branch_labels = None
depends_on = None

# An installation may use another login for the application; then its administrator takes the rights away.
_CHANGE = """
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cuspid_app') THEN
            {} UPDATE, DELETE, TRUNCATE ON audit_event, audit_seal {} cuspid_app;
        END IF;
    END $$
"""


def upgrade():
    op.execute(_CHANGE.format('REVOKE', 'FROM'))


def downgrade():
    op.execute(_CHANGE.format('GRANT', 'TO'))
