"""Installments that the practice's system sends, and a ledger whose sums are read from an index

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "3f9a61c2d07e"
down_revision = "7d20c5e84f1b"
branch_labels = None
depends_on = None


def upgrade():
    """The installment's own id, and the index."""
    op.add_column("account_installment", sa.Column("external_id", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_account_installment_practice_id_external_id"), "account_installment", ["practice_id", "external_id"])
    op.create_index(
        "ix_account_entry_sums",
        "account_entry",
        ["practice_id", "patient_id", "entered_on", "id"],
        unique=False,
        postgresql_include=["amount_cents", "entry_type"],
    )
    op.create_index(
        "ix_account_entry_voids",
        "account_entry",
        ["practice_id", "patient_id"],
        unique=False,
        postgresql_where=sa.text("voids_id is not null"),
    )
    op.drop_index(op.f("ix_account_entry_practice_id_patient_id_entered_on_id"), table_name="account_entry")


def downgrade():
    """The index as it was."""
    op.create_index(
        op.f("ix_account_entry_practice_id_patient_id_entered_on_id"),
        "account_entry",
        ["practice_id", "patient_id", "entered_on", "id"],
        unique=False,
    )
    op.drop_index("ix_account_entry_voids", table_name="account_entry", postgresql_where=sa.text("voids_id is not null"))
    op.drop_index("ix_account_entry_sums", table_name="account_entry")
    op.drop_constraint(op.f("uq_account_installment_practice_id_external_id"), "account_installment", type_="unique")
    op.drop_column("account_installment", "external_id")
