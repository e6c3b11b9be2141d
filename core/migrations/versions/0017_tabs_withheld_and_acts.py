"""Tabs that the operator withholds; three settings that said whether patients may do something are the switches of those acts now

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = '7be204c96d1f'
down_revision = '5c0e8d27ba61'
branch_labels = None
depends_on = None

ACTS = {
    'account.accept_payments': 'account.pay',
    'appointments.allow_confirm': 'appointments.confirm',
    'images.allow_download': 'images.download',
}


def _rename(old: str, new: str) -> None:
    for table in ('office_setting', 'setting_change'):
        kept = sa.table(table, sa.column('name'))
        op.execute(kept.update().where(kept.c.name == old).values(name=new))


def upgrade():
    op.add_column('practice', sa.Column('withheld', sa.ARRAY(sa.Text()), server_default='{}', nullable=False))
    for old, new in ACTS.items():
        _rename(old, new)


def downgrade():
    for old, new in ACTS.items():
        _rename(new, old)
    op.drop_column('practice', 'withheld')
