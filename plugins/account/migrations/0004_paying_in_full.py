"""Paying in full: payers and what they keep, refunds, disputes, plans, requests to pay, and the practice's accounts at the card service

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "7d20c5e84f1b"
down_revision = "b8e3017fa52d"
branch_labels = None
depends_on = None


OPEN = "state in ('created', 'submitted', 'payer', 'processing', 'unknown')"
CHECKS = (
    ("account_payment", "state", "state in ('created', 'submitted', 'payer', 'processing', 'succeeded', 'failed', 'canceled', 'unknown')"),
    ("account_payment", "process_state", "process_state in ('pending', 'processed')"),
    ("account_payment", "source", "source in ('portal', 'guest', 'verified', 'link', 'plan', 'office')"),
    ("account_payment", "scope", "scope in ('patient', 'family')"),
    ("account_payment", "method_kind", "method_kind in ('', 'card', 'bank')"),
    ("account_payment", "refunded", "refunded_cents between 0 and amount_cents"),
    ("account_payment", "disputed", "disputed_cents between 0 and amount_cents"),
    ("account_entry", "source", "source in ('records', 'office', 'portal')"),
    ("account_statement", "source", "source in ('records', 'office')"),
    ("account_statement", "scope", "scope in ('patient', 'family')"),
)


def upgrade():
    """The tables for paying in full, and what the older ones say besides."""
    op.create_table(
        "account_gateway_event",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("card_account", sa.Text(), nullable=False),
        sa.Column("object_reference", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_gateway_event_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_gateway_event")),
        sa.UniqueConstraint("practice_id", "event_id", name=op.f("uq_account_gateway_event_practice_id_event_id")),
    )
    op.create_index(
        "ix_account_gateway_event_open",
        "account_gateway_event",
        ["practice_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("handled_at is null"),
    )
    op.create_index(
        op.f("ix_account_gateway_event_practice_id_received_at"), "account_gateway_event", ["practice_id", "received_at"], unique=False
    )
    op.create_table(
        "account_claim",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("visit", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("billed_cents", sa.BigInteger(), nullable=False),
        sa.Column("estimated_cents", sa.BigInteger(), nullable=False),
        sa.Column("write_off_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('waiting', 'sent', 'received')", name=op.f("ck_account_claim_state")),
        sa.CheckConstraint("least(billed_cents, estimated_cents, write_off_cents, paid_cents) >= 0", name=op.f("ck_account_claim_amounts")),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_account_claim_practice_id_patient_id")
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_claim_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_claim")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_account_claim_practice_id_external_id")),
    )
    op.create_index(
        op.f("ix_account_claim_practice_id_patient_id_sent_on"), "account_claim", ["practice_id", "patient_id", "sent_on"], unique=False
    )
    op.create_table(
        "account_coverage",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("plan_name", sa.Text(), nullable=False),
        sa.Column("group_number", sa.Text(), nullable=False),
        sa.Column("member_number", sa.Text(), nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("relationship", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("benefit_year_ends_on", sa.Date(), nullable=True),
        sa.Column("annual_maximum_cents", sa.BigInteger(), nullable=True),
        sa.Column("used_cents", sa.BigInteger(), nullable=True),
        sa.Column("deductible_cents", sa.BigInteger(), nullable=True),
        sa.Column("deductible_met_cents", sa.BigInteger(), nullable=True),
        sa.Column("percentages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint('"order" between 1 and 9', name=op.f("ck_account_coverage_order")),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_account_coverage_practice_id_patient_id")
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_coverage_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_coverage")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_account_coverage_practice_id_external_id")),
    )
    op.create_index(
        op.f("ix_account_coverage_practice_id_patient_id_order"), "account_coverage", ["practice_id", "patient_id", "order"], unique=False
    )
    op.create_table(
        "account_card_account",
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("capabilities", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.Text(), nullable=False),
        sa.Column("details_submitted", sa.Boolean(), nullable=False),
        sa.Column("charges_enabled", sa.Boolean(), nullable=False),
        sa.Column("payouts_enabled", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinic_id"], ["clinic.practice_id", "clinic.id"], name=op.f("fk_account_card_account_practice_id_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "opened_by"], ["account.practice_id", "account.id"], name=op.f("fk_account_card_account_practice_id_opened_by")
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_card_account_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_card_account")),
        sa.UniqueConstraint("practice_id", "reference", name=op.f("uq_account_card_account_practice_id_reference")),
    )
    op.create_index(
        "uq_account_card_account_clinic",
        "account_card_account",
        ["practice_id", "clinic_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index(
        "uq_account_card_account_practice",
        "account_card_account",
        ["practice_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null and clinic_id is null"),
    )
    op.create_table(
        "account_payer",
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("card_account", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("num_nonnulls(account_id, patient_id) > 0", name=op.f("ck_account_payer_who")),
        sa.ForeignKeyConstraint(
            ["practice_id", "account_id"], ["account.practice_id", "account.id"], name=op.f("fk_account_payer_practice_id_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_account_payer_practice_id_patient_id")
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_payer_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_payer")),
        sa.UniqueConstraint("practice_id", "customer", name=op.f("uq_account_payer_practice_id_customer")),
    )
    op.create_index(
        "uq_account_payer_account",
        "account_payer",
        ["practice_id", "account_id", "card_account"],
        unique=True,
        postgresql_where=sa.text("account_id is not null"),
    )
    op.create_index(
        "uq_account_payer_patient",
        "account_payer",
        ["practice_id", "patient_id", "card_account"],
        unique=True,
        postgresql_where=sa.text("account_id is null"),
    )
    op.create_table(
        "account_statement_batch",
        sa.Column("filters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("deliver", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("form_nonce", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('waiting', 'running', 'done', 'stopped')", name=op.f("ck_account_statement_batch_state")),
        sa.ForeignKeyConstraint(
            ["practice_id", "made_by"], ["account.practice_id", "account.id"], name=op.f("fk_account_statement_batch_practice_id_made_by")
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_statement_batch_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_statement_batch")),
        sa.UniqueConstraint("practice_id", "form_nonce", name=op.f("uq_account_statement_batch_practice_id_form_nonce")),
    )
    op.create_index(
        op.f("ix_account_statement_batch_practice_id_made_at"), "account_statement_batch", ["practice_id", "made_at"], unique=False
    )
    op.create_table(
        "account_method",
        sa.Column("payer_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("ends_month", sa.Integer(), nullable=True),
        sa.Column("ends_year", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind in ('card', 'bank')", name=op.f("ck_account_method_kind")),
        sa.ForeignKeyConstraint(
            ["practice_id", "payer_id"],
            ["account_payer.practice_id", "account_payer.id"],
            name=op.f("fk_account_method_practice_id_payer_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_method_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_method")),
        sa.UniqueConstraint("practice_id", "reference", name=op.f("uq_account_method_practice_id_reference")),
    )
    op.create_index(op.f("ix_account_method_practice_id_payer_id"), "account_method", ["practice_id", "payer_id"], unique=False)
    op.create_index(
        "uq_account_method_default",
        "account_method",
        ["practice_id", "payer_id"],
        unique=True,
        postgresql_where=sa.text("is_default and removed_at is null"),
    )
    op.create_table(
        "account_pay_request",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("asked_cents", sa.BigInteger(), nullable=False),
        sa.Column("batch", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("channel in ('mail', 'text', 'link')", name=op.f("ck_account_pay_request_channel")),
        sa.CheckConstraint("scope in ('patient', 'family')", name=op.f("ck_account_pay_request_scope")),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed', 'opened', 'paid', 'ended')", name=op.f("ck_account_pay_request_state")),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinic_id"], ["clinic.practice_id", "clinic.id"], name=op.f("fk_account_pay_request_practice_id_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "made_by"], ["account.practice_id", "account.id"], name=op.f("fk_account_pay_request_practice_id_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_account_pay_request_practice_id_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "statement_id"],
            ["account_statement.practice_id", "account_statement.id"],
            name=op.f("fk_account_pay_request_practice_id_statement_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_pay_request_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_pay_request")),
    )
    op.create_index(op.f("ix_account_pay_request_practice_id_batch"), "account_pay_request", ["practice_id", "batch"], unique=False)
    op.create_index(op.f("ix_account_pay_request_practice_id_made_at"), "account_pay_request", ["practice_id", "made_at"], unique=False)
    op.create_index(
        op.f("ix_account_pay_request_practice_id_patient_id_made_at"),
        "account_pay_request",
        ["practice_id", "patient_id", "made_at"],
        unique=False,
    )
    op.create_table(
        "account_payment_plan",
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("down_payment_cents", sa.BigInteger(), nullable=False),
        sa.Column("interest_basis_points", sa.Integer(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_by", sa.Uuid(), nullable=True),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.Column("signature", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("method_id", sa.Uuid(), nullable=True),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "frequency in ('weekly', 'every_two_weeks', 'monthly', 'quarterly')", name=op.f("ck_account_payment_plan_frequency")
        ),
        sa.CheckConstraint(
            "state in ('offered', 'active', 'paused', 'completed', 'declined', 'canceled')", name=op.f("ck_account_payment_plan_state")
        ),
        sa.CheckConstraint(
            "(agreed_at is null) = (signature is null) or external_id is not null", name=op.f("ck_account_payment_plan_signed")
        ),
        sa.CheckConstraint("interest_basis_points between 0 and 10000", name=op.f("ck_account_payment_plan_interest")),
        sa.CheckConstraint("method_id is null or consented_at is not null", name=op.f("ck_account_payment_plan_consent")),
        sa.CheckConstraint(
            "total_cents > 0 and down_payment_cents between 0 and total_cents", name=op.f("ck_account_payment_plan_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "agreed_by"], ["account.practice_id", "account.id"], name=op.f("fk_account_payment_plan_practice_id_agreed_by")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinic_id"], ["clinic.practice_id", "clinic.id"], name=op.f("fk_account_payment_plan_practice_id_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "method_id"],
            ["account_method.practice_id", "account_method.id"],
            name=op.f("fk_account_payment_plan_practice_id_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "offered_by"],
            ["account.practice_id", "account.id"],
            name=op.f("fk_account_payment_plan_practice_id_offered_by"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patient.practice_id", "patient.id"],
            name=op.f("fk_account_payment_plan_practice_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_payment_plan_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_payment_plan")),
        sa.UniqueConstraint("practice_id", "external_id", name=op.f("uq_account_payment_plan_practice_id_external_id")),
    )
    op.create_index(
        op.f("ix_account_payment_plan_practice_id_patient_id_offered_at"),
        "account_payment_plan",
        ["practice_id", "patient_id", "offered_at"],
        unique=False,
    )
    op.create_table(
        "account_installment",
        sa.Column("payment_plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("interest_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_cents > 0 and interest_cents between 0 and amount_cents", name=op.f("ck_account_installment_amounts")),
        sa.CheckConstraint("paid_cents between 0 and amount_cents", name=op.f("ck_account_installment_paid")),
        sa.ForeignKeyConstraint(
            ["practice_id", "payment_plan_id"],
            ["account_payment_plan.practice_id", "account_payment_plan.id"],
            name=op.f("fk_account_installment_practice_id_payment_plan_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_installment_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_installment")),
        sa.UniqueConstraint(
            "practice_id", "payment_plan_id", "number", name=op.f("uq_account_installment_practice_id_payment_plan_id_number")
        ),
    )
    op.create_index(
        "ix_account_installment_open",
        "account_installment",
        ["practice_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("paid_cents < amount_cents"),
    )
    op.create_index(op.f("ix_account_installment_practice_id_due_on"), "account_installment", ["practice_id", "due_on"], unique=False)
    op.create_table(
        "account_allocation",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_account_allocation_amount")),
        sa.ForeignKeyConstraint(
            ["practice_id", "entry_id"],
            ["account_entry.practice_id", "account_entry.id"],
            name=op.f("fk_account_allocation_practice_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_account_allocation_practice_id_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "payment_id"],
            ["account_payment.practice_id", "account_payment.id"],
            name=op.f("fk_account_allocation_practice_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_allocation_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_allocation")),
        sa.UniqueConstraint(
            "practice_id",
            "payment_id",
            "patient_id",
            "entry_id",
            name=op.f("uq_account_allocation_practice_id_payment_id_patient_id_entry_id"),
        ),
    )
    op.create_index(op.f("ix_account_allocation_practice_id_entry_id"), "account_allocation", ["practice_id", "entry_id"], unique=False)
    op.create_index(op.f("ix_account_allocation_practice_id_patient_id"), "account_allocation", ["practice_id", "patient_id"], unique=False)
    op.create_table(
        "account_difference",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("here", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("there", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind in ('unknown_there', 'unknown_here', 'amount', 'state', 'refund', 'dispute', 'ledger')",
            name=op.f("ck_account_difference_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "closed_by"], ["account.practice_id", "account.id"], name=op.f("fk_account_difference_practice_id_closed_by")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "payment_id"],
            ["account_payment.practice_id", "account_payment.id"],
            name=op.f("fk_account_difference_practice_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_difference_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_difference")),
        sa.UniqueConstraint("practice_id", "kind", "reference", name=op.f("uq_account_difference_practice_id_kind_reference")),
    )
    op.create_index(
        "ix_account_difference_open",
        "account_difference",
        ["practice_id", "found_at"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "account_dispute",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("gateway_reference", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("won", sa.Boolean(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_account_dispute_amount")),
        sa.ForeignKeyConstraint(
            ["practice_id", "payment_id"],
            ["account_payment.practice_id", "account_payment.id"],
            name=op.f("fk_account_dispute_practice_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_dispute_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_dispute")),
        sa.UniqueConstraint("practice_id", "gateway_reference", name=op.f("uq_account_dispute_practice_id_gateway_reference")),
    )
    op.create_index(op.f("ix_account_dispute_practice_id_payment_id"), "account_dispute", ["practice_id", "payment_id"], unique=False)
    op.create_table(
        "account_payment_step",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "told_by in ('request', 'answer', 'event', 'reconciling', 'payer', 'office')", name=op.f("ck_account_payment_step_told_by")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "by_id"], ["account.practice_id", "account.id"], name=op.f("fk_account_payment_step_practice_id_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "payment_id"],
            ["account_payment.practice_id", "account_payment.id"],
            name=op.f("fk_account_payment_step_practice_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_payment_step_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_payment_step")),
        sa.UniqueConstraint("practice_id", "payment_id", "number", name=op.f("uq_account_payment_step_practice_id_payment_id_number")),
    )
    op.create_table(
        "account_refund",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("form_nonce", sa.Text(), nullable=False),
        sa.Column("gateway_reference", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('submitted', 'unknown', 'processing', 'succeeded', 'failed')", name=op.f("ck_account_refund_state")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_account_refund_amount")),
        sa.ForeignKeyConstraint(
            ["practice_id", "made_by"], ["account.practice_id", "account.id"], name=op.f("fk_account_refund_practice_id_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "payment_id"],
            ["account_payment.practice_id", "account_payment.id"],
            name=op.f("fk_account_refund_practice_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_refund_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_account_refund")),
        sa.UniqueConstraint("practice_id", "form_nonce", name=op.f("uq_account_refund_practice_id_form_nonce")),
        sa.UniqueConstraint("practice_id", "gateway_reference", name=op.f("uq_account_refund_practice_id_gateway_reference")),
        sa.UniqueConstraint("practice_id", "idempotency_key", name=op.f("uq_account_refund_practice_id_idempotency_key")),
    )
    op.create_index(
        "ix_account_refund_open",
        "account_refund",
        ["practice_id", "made_at"],
        unique=False,
        postgresql_where=sa.text("state in ('submitted', 'unknown', 'processing')"),
    )
    op.create_index(op.f("ix_account_refund_practice_id_payment_id"), "account_refund", ["practice_id", "payment_id"], unique=False)
    op.add_column("account_entry", sa.Column("code", sa.Text(), server_default="", nullable=False))
    op.add_column("account_entry", sa.Column("tooth", sa.Text(), server_default="", nullable=False))
    op.add_column("account_entry", sa.Column("clinic_id", sa.Uuid(), nullable=True))
    op.add_column("account_entry", sa.Column("source", sa.Text(), server_default="records", nullable=False))
    op.add_column("account_entry", sa.Column("entered_by", sa.Uuid(), nullable=True))
    op.add_column("account_entry", sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account_entry", sa.Column("voids_id", sa.Uuid(), nullable=True))
    op.create_index(
        op.f("ix_account_entry_practice_id_patient_id_visit"), "account_entry", ["practice_id", "patient_id", "visit"], unique=False
    )
    op.create_unique_constraint(op.f("uq_account_entry_practice_id_voids_id"), "account_entry", ["practice_id", "voids_id"])
    op.create_foreign_key(
        op.f("fk_account_entry_practice_id_clinic_id"), "account_entry", "clinic", ["practice_id", "clinic_id"], ["practice_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_account_entry_practice_id_entered_by"), "account_entry", "account", ["practice_id", "entered_by"], ["practice_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_account_entry_practice_id_voids_id"), "account_entry", "account_entry", ["practice_id", "voids_id"], ["practice_id", "id"]
    )
    op.add_column("account_payment", sa.Column("source", sa.Text(), server_default="portal", nullable=False))
    op.add_column("account_payment", sa.Column("scope", sa.Text(), server_default="patient", nullable=False))
    op.add_column("account_payment", sa.Column("method_kind", sa.Text(), server_default="", nullable=False))
    op.add_column("account_payment", sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
    op.add_column("account_payment", sa.Column("checkout_reference", sa.Text(), nullable=True))
    op.add_column("account_payment", sa.Column("card_account", sa.Text(), server_default="", nullable=False))
    op.add_column("account_payment", sa.Column("keeps_method", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("account_payment", sa.Column("method_id", sa.Uuid(), nullable=True))
    op.add_column("account_payment", sa.Column("statement_id", sa.Uuid(), nullable=True))
    op.add_column("account_payment", sa.Column("visit", sa.Text(), nullable=True))
    op.add_column("account_payment", sa.Column("payment_plan_id", sa.Uuid(), nullable=True))
    op.add_column("account_payment", sa.Column("pay_request_id", sa.Uuid(), nullable=True))
    op.add_column("account_payment", sa.Column("refunded_cents", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("account_payment", sa.Column("disputed_cents", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("account_payment", sa.Column("process_state", sa.Text(), server_default="pending", nullable=False))
    op.add_column("account_payment", sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account_payment", sa.Column("processed_by", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_account_payment_practice_id_created_at"), "account_payment", ["practice_id", "created_at"], unique=False)
    op.create_index(
        "ix_account_payment_to_process",
        "account_payment",
        ["practice_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("process_state = 'pending' and state in ('processing', 'succeeded')"),
    )
    op.create_unique_constraint(
        op.f("uq_account_payment_practice_id_checkout_reference"), "account_payment", ["practice_id", "checkout_reference"]
    )
    op.create_unique_constraint(
        op.f("uq_account_payment_practice_id_gateway_reference"), "account_payment", ["practice_id", "gateway_reference"]
    )
    op.create_foreign_key(
        op.f("fk_account_payment_practice_id_statement_id"),
        "account_payment",
        "account_statement",
        ["practice_id", "statement_id"],
        ["practice_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_account_payment_practice_id_payment_plan_id"),
        "account_payment",
        "account_payment_plan",
        ["practice_id", "payment_plan_id"],
        ["practice_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_account_payment_practice_id_processed_by"),
        "account_payment",
        "account",
        ["practice_id", "processed_by"],
        ["practice_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_account_payment_practice_id_method_id"),
        "account_payment",
        "account_method",
        ["practice_id", "method_id"],
        ["practice_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_account_payment_practice_id_pay_request_id"),
        "account_payment",
        "account_pay_request",
        ["practice_id", "pay_request_id"],
        ["practice_id", "id"],
    )
    op.add_column("account_statement", sa.Column("source", sa.Text(), server_default="records", nullable=False))
    op.add_column("account_statement", sa.Column("scope", sa.Text(), server_default="patient", nullable=False))
    op.add_column("account_statement", sa.Column("clinic_id", sa.Uuid(), nullable=True))
    op.add_column("account_statement", sa.Column("first_on", sa.Date(), nullable=True))
    op.add_column("account_statement", sa.Column("plan_due_cents", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("account_statement", sa.Column("batch", sa.Uuid(), nullable=True))
    op.add_column("account_statement", sa.Column("made_by", sa.Uuid(), nullable=True))
    op.add_column("account_statement", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account_statement", sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_account_statement_practice_id_batch"), "account_statement", ["practice_id", "batch"], unique=False)
    op.create_foreign_key(
        op.f("fk_account_statement_practice_id_made_by"), "account_statement", "account", ["practice_id", "made_by"], ["practice_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_account_statement_practice_id_clinic_id"),
        "account_statement",
        "clinic",
        ["practice_id", "clinic_id"],
        ["practice_id", "id"],
    )
    op.drop_constraint(op.f("ck_account_payment_state"), "account_payment", type_="check")
    for table, name, rule in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)
    op.drop_index("ix_account_payment_open", table_name="account_payment")
    op.create_index("ix_account_payment_open", "account_payment", ["practice_id", "created_at"], postgresql_where=sa.text(OPEN))
    op.protect_table("account_gateway_event")
    op.protect_table("account_claim")
    op.protect_table("account_coverage")
    op.protect_table("account_card_account")
    op.protect_table("account_payer")
    op.protect_table("account_statement_batch")
    op.protect_table("account_method")
    op.protect_table("account_pay_request")
    op.protect_table("account_payment_plan")
    op.protect_table("account_installment")
    op.protect_table("account_allocation")
    op.protect_table("account_difference")
    op.protect_table("account_dispute")
    op.protect_table("account_payment_step")
    op.protect_table("account_refund")


def downgrade():
    """Go back; only while no payment is in a state that was not known before."""
    op.drop_index("ix_account_payment_open", table_name="account_payment")
    op.create_index(
        "ix_account_payment_open",
        "account_payment",
        ["practice_id", "created_at"],
        postgresql_where=sa.text("state in ('created', 'submitted', 'unknown')"),
    )
    for table, name, _ in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(
        op.f("ck_account_payment_state"), "account_payment", "state in ('created', 'submitted', 'succeeded', 'failed', 'unknown')"
    )
    op.drop_constraint(op.f("fk_account_statement_practice_id_clinic_id"), "account_statement", type_="foreignkey")
    op.drop_constraint(op.f("fk_account_statement_practice_id_made_by"), "account_statement", type_="foreignkey")
    op.drop_index(op.f("ix_account_statement_practice_id_batch"), table_name="account_statement")
    op.drop_column("account_statement", "notified_at")
    op.drop_column("account_statement", "published_at")
    op.drop_column("account_statement", "made_by")
    op.drop_column("account_statement", "batch")
    op.drop_column("account_statement", "plan_due_cents")
    op.drop_column("account_statement", "first_on")
    op.drop_column("account_statement", "clinic_id")
    op.drop_column("account_statement", "scope")
    op.drop_column("account_statement", "source")
    op.drop_constraint(op.f("fk_account_payment_practice_id_pay_request_id"), "account_payment", type_="foreignkey")
    op.drop_constraint(op.f("fk_account_payment_practice_id_method_id"), "account_payment", type_="foreignkey")
    op.drop_constraint(op.f("fk_account_payment_practice_id_processed_by"), "account_payment", type_="foreignkey")
    op.drop_constraint(op.f("fk_account_payment_practice_id_payment_plan_id"), "account_payment", type_="foreignkey")
    op.drop_constraint(op.f("fk_account_payment_practice_id_statement_id"), "account_payment", type_="foreignkey")
    op.drop_constraint(op.f("uq_account_payment_practice_id_gateway_reference"), "account_payment", type_="unique")
    op.drop_constraint(op.f("uq_account_payment_practice_id_checkout_reference"), "account_payment", type_="unique")
    op.drop_index(
        "ix_account_payment_to_process",
        table_name="account_payment",
        postgresql_where=sa.text("process_state = 'pending' and state in ('processing', 'succeeded')"),
    )
    op.drop_index(op.f("ix_account_payment_practice_id_created_at"), table_name="account_payment")
    op.drop_column("account_payment", "processed_by")
    op.drop_column("account_payment", "processed_at")
    op.drop_column("account_payment", "process_state")
    op.drop_column("account_payment", "disputed_cents")
    op.drop_column("account_payment", "refunded_cents")
    op.drop_column("account_payment", "pay_request_id")
    op.drop_column("account_payment", "payment_plan_id")
    op.drop_column("account_payment", "visit")
    op.drop_column("account_payment", "statement_id")
    op.drop_column("account_payment", "method_id")
    op.drop_column("account_payment", "keeps_method")
    op.drop_column("account_payment", "card_account")
    op.drop_column("account_payment", "checkout_reference")
    op.drop_column("account_payment", "attempt")
    op.drop_column("account_payment", "method_kind")
    op.drop_column("account_payment", "scope")
    op.drop_column("account_payment", "source")
    op.drop_constraint(op.f("fk_account_entry_practice_id_voids_id"), "account_entry", type_="foreignkey")
    op.drop_constraint(op.f("fk_account_entry_practice_id_entered_by"), "account_entry", type_="foreignkey")
    op.drop_constraint(op.f("fk_account_entry_practice_id_clinic_id"), "account_entry", type_="foreignkey")
    op.drop_constraint(op.f("uq_account_entry_practice_id_voids_id"), "account_entry", type_="unique")
    op.drop_index(op.f("ix_account_entry_practice_id_patient_id_visit"), table_name="account_entry")
    op.drop_column("account_entry", "voids_id")
    op.drop_column("account_entry", "entered_at")
    op.drop_column("account_entry", "entered_by")
    op.drop_column("account_entry", "source")
    op.drop_column("account_entry", "clinic_id")
    op.drop_column("account_entry", "tooth")
    op.drop_column("account_entry", "code")
    op.drop_index(op.f("ix_account_refund_practice_id_payment_id"), table_name="account_refund")
    op.drop_index(
        "ix_account_refund_open", table_name="account_refund", postgresql_where=sa.text("state in ('submitted', 'unknown', 'processing')")
    )
    op.drop_table("account_refund")
    op.drop_table("account_payment_step")
    op.drop_index(op.f("ix_account_dispute_practice_id_payment_id"), table_name="account_dispute")
    op.drop_table("account_dispute")
    op.drop_index("ix_account_difference_open", table_name="account_difference", postgresql_where=sa.text("closed_at is null"))
    op.drop_table("account_difference")
    op.drop_index(op.f("ix_account_allocation_practice_id_patient_id"), table_name="account_allocation")
    op.drop_index(op.f("ix_account_allocation_practice_id_entry_id"), table_name="account_allocation")
    op.drop_table("account_allocation")
    op.drop_index(op.f("ix_account_installment_practice_id_due_on"), table_name="account_installment")
    op.drop_index("ix_account_installment_open", table_name="account_installment", postgresql_where=sa.text("paid_cents < amount_cents"))
    op.drop_table("account_installment")
    op.drop_index(op.f("ix_account_payment_plan_practice_id_patient_id_offered_at"), table_name="account_payment_plan")
    op.drop_table("account_payment_plan")
    op.drop_index(op.f("ix_account_pay_request_practice_id_patient_id_made_at"), table_name="account_pay_request")
    op.drop_index(op.f("ix_account_pay_request_practice_id_made_at"), table_name="account_pay_request")
    op.drop_index(op.f("ix_account_pay_request_practice_id_batch"), table_name="account_pay_request")
    op.drop_table("account_pay_request")
    op.drop_index("uq_account_method_default", table_name="account_method", postgresql_where=sa.text("is_default and removed_at is null"))
    op.drop_index(op.f("ix_account_method_practice_id_payer_id"), table_name="account_method")
    op.drop_table("account_method")
    op.drop_index(op.f("ix_account_statement_batch_practice_id_made_at"), table_name="account_statement_batch")
    op.drop_table("account_statement_batch")
    op.drop_index("uq_account_payer_patient", table_name="account_payer", postgresql_where=sa.text("account_id is null"))
    op.drop_index("uq_account_payer_account", table_name="account_payer", postgresql_where=sa.text("account_id is not null"))
    op.drop_table("account_payer")
    op.drop_index("uq_account_card_account_practice", table_name="account_card_account")
    op.drop_index("uq_account_card_account_clinic", table_name="account_card_account")
    op.drop_table("account_card_account")
    op.drop_index(op.f("ix_account_coverage_practice_id_patient_id_order"), table_name="account_coverage")
    op.drop_table("account_coverage")
    op.drop_index(op.f("ix_account_claim_practice_id_patient_id_sent_on"), table_name="account_claim")
    op.drop_table("account_claim")
    op.drop_index(op.f("ix_account_gateway_event_practice_id_received_at"), table_name="account_gateway_event")
    op.drop_index("ix_account_gateway_event_open", table_name="account_gateway_event", postgresql_where=sa.text("handled_at is null"))
    op.drop_table("account_gateway_event")
