"""Signatures of treatment plans, and plans that were declined

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c5d1f7a0e264"
down_revision = "8872cdf90b04"
branch_labels = None
depends_on = None

PLAN, SIGNATURE, DECLINE = "plan_treatment_plan", "plan_signature", "plan_decline"


def upgrade():
    """What a record says of signing; signatures; declined plans."""
    op.add_column(PLAN, sa.Column("signature", sa.Text(), server_default="", nullable=False))
    op.add_column(PLAN, sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(PLAN, sa.Column("signed_by", sa.Text(), server_default="", nullable=False))
    op.create_check_constraint(op.f("ck_plan_treatment_plan_signature"), PLAN, "signature in ('', 'wanted', 'not_wanted')")
    _create(
        SIGNATURE,
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("for_self", sa.Boolean(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("terms_sha256", sa.Text(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("known_there_at", sa.DateTime(timezone=True), nullable=True),
    )
    _index(SIGNATURE, "patient_id", "signed_at")
    _index(SIGNATURE, "signed_at", "id")
    _create(DECLINE, sa.Column("declined_at", sa.DateTime(timezone=True), nullable=False), sa.Column("why", sa.Text(), nullable=False))
    _index(DECLINE, "patient_id")
    _index(DECLINE, "declined_at", "id")


def _create(table: str, *columns: sa.Column) -> None:
    """A table of answers to plans."""
    keys = {"plan_id": PLAN, "patient_id": "patient", "account_id": "account"}
    op.create_table(
        table,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in keys),
        *columns,
        sa.Column("plan_sha256", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint(["practice_id", name], [f"{other}.practice_id", f"{other}.id"], name=op.f(f"fk_{table}_practice_id_{name}"))
            for name, other in keys.items()
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f(f"fk_{table}_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("practice_id", "plan_id", "plan_sha256", name=op.f(f"uq_{table}_practice_id_plan_id_plan_sha256")),
    )
    op.protect_table(table)


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_practice_id_{'_'.join(columns)}"), table, ["practice_id", *columns], unique=False)


def downgrade():
    """Signatures are lost."""
    op.drop_table(DECLINE)
    op.drop_table(SIGNATURE)
    op.drop_constraint(op.f("ck_plan_treatment_plan_signature"), PLAN, type_="check")
    for name in ("signature", "signed_at", "signed_by"):
        op.drop_column(PLAN, name)
