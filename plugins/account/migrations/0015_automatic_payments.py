"""Automatic payments of payment plans: the consents, and which installment a payment is for

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "a91d3c60b7e4"
down_revision = "5ad3f0c81e67"
branch_labels = None
depends_on = None

PAYMENT = "account_payment"
WITH_CONSENT = "source <> 'plan' or num_nonnulls(payment_plan_id, installment_id, installment_attempt, consent_id) = 4"
TROUBLE = "trouble in ('', 'declined', 'refused', 'removed', 'ended', 'no_right')"


def upgrade():
    """Consents; what a payment of a plan is for; what the office should know of a plan."""
    op.add_column("account_payment_plan", sa.Column("trouble", sa.Text(), server_default="", nullable=False))
    op.add_column("account_payment_plan", sa.Column("trouble_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_account_payment_plan_trouble"), "account_payment_plan", TROUBLE)
    where = sa.text("trouble_at is not null")
    op.create_index("ix_account_payment_plan_trouble", "account_payment_plan", ["practice_id", "trouble_at"], unique=False, postgresql_where=where)
    _create_consents()
    op.add_column(PAYMENT, sa.Column("installment_id", sa.Uuid(), nullable=True))
    op.add_column(PAYMENT, sa.Column("installment_attempt", sa.Integer(), nullable=True))
    op.add_column(PAYMENT, sa.Column("consent_id", sa.Uuid(), nullable=True))
    op.add_column(PAYMENT, sa.Column("plan_cents", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_account_payment_plan_cents"), PAYMENT, "plan_cents between 0 and amount_cents")
    op.create_check_constraint(op.f("ck_account_payment_with_consent"), PAYMENT, WITH_CONSENT)
    once = op.f("uq_account_payment_practice_id_installment_id_installment_attempt")
    op.create_unique_constraint(once, PAYMENT, ["practice_id", "installment_id", "installment_attempt"])
    op.create_index(op.f("ix_account_payment_practice_id_payment_plan_id"), PAYMENT, ["practice_id", "payment_plan_id"], unique=False)
    for column, table in (("installment_id", "account_installment"), ("consent_id", "account_plan_consent")):
        op.create_foreign_key(op.f(f"fk_account_payment_practice_id_{column}"), PAYMENT, table, ["practice_id", column], ["practice_id", "id"])


def _create_consents():
    op.create_table(
        "account_plan_consent",
        sa.Column("payment_plan_id", sa.Uuid(), nullable=False),
        sa.Column("method_id", sa.Uuid(), nullable=True),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("words_sha256", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(ended_at is null) = (ended_why = '')", name=op.f("ck_account_plan_consent_ended")),
        sa.CheckConstraint(
            "ended_why in ('', 'payer', 'office', 'changed', 'over', 'removed', 'ended', 'refused', 'no_right')",
            name=op.f("ck_account_plan_consent_why"),
        ),
        *(
            sa.ForeignKeyConstraint(["practice_id", column], [f"{table}.practice_id", f"{table}.id"], name=op.f(f"fk_account_plan_consent_practice_id_{column}"))
            for column, table in (
                ("payment_plan_id", "account_payment_plan"),
                ("method_id", "account_method"),
                ("given_by", "account"),
                ("ended_by", "account"),
            )
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_plan_consent_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_plan_consent")),
    )
    op.create_index(op.f("ix_account_plan_consent_practice_id_payment_plan_id"), "account_plan_consent", ["practice_id", "payment_plan_id"], unique=False)
    op.create_index(
        "uq_account_plan_consent_open",
        "account_plan_consent",
        ["practice_id", "payment_plan_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.protect_table("account_plan_consent")


def downgrade():
    """Without them."""
    for column in ("consent_id", "installment_id"):
        op.drop_constraint(op.f(f"fk_account_payment_practice_id_{column}"), PAYMENT, type_="foreignkey")
    op.drop_index(op.f("ix_account_payment_practice_id_payment_plan_id"), table_name=PAYMENT)
    op.drop_constraint(op.f("uq_account_payment_practice_id_installment_id_installment_attempt"), PAYMENT, type_="unique")
    for name in ("with_consent", "plan_cents"):
        op.drop_constraint(op.f(f"ck_account_payment_{name}"), PAYMENT, type_="check")
    for column in ("plan_cents", "consent_id", "installment_attempt", "installment_id"):
        op.drop_column(PAYMENT, column)
    op.drop_table("account_plan_consent")
    op.drop_index("ix_account_payment_plan_trouble", table_name="account_payment_plan", postgresql_where=sa.text("trouble_at is not null"))
    op.drop_constraint(op.f("ck_account_payment_plan_trouble"), "account_payment_plan", type_="check")
    op.drop_column("account_payment_plan", "trouble_at")
    op.drop_column("account_payment_plan", "trouble")
