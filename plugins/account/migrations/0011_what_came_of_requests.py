"""What came of requests to pay

The code that is running now must go on working with the tables as this leaves them: it never ends a request.
"""

import sqlalchemy as sa
from alembic import op

from core.database_roles import OWNER

revision = "e7b20c93fa41"
down_revision = "5e2f90a7c6d3"
branch_labels = None
depends_on = None

_RUNNING = ("waiting", "sent", "failed", "opened", "paid")


def upgrade():
    """The ways in which a request ends, and when it did."""
    op.add_column("account_pay_request", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    _states((*_RUNNING, "settled", "expired", "withdrawn", "replaced"))


def downgrade():
    """One end for all of them."""
    op.drop_constraint(op.f("ck_account_pay_request_state"), "account_pay_request", type_="check")
    op.execute("RESET ROLE")
    op.execute("update account_pay_request set state = 'ended' where state in ('settled', 'expired', 'withdrawn', 'replaced')")
    op.execute(f"SET ROLE {OWNER}")
    op.create_check_constraint(op.f("ck_account_pay_request_state"), "account_pay_request", f"state in {(*_RUNNING, 'ended')}")
    op.drop_column("account_pay_request", "ended_at")


def _states(states: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_account_pay_request_state"), "account_pay_request", type_="check")
    op.create_check_constraint(op.f("ck_account_pay_request_state"), "account_pay_request", f"state in {states}")
