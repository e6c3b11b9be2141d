"""Domains of practices that are asked for, proven and looked at, one of them the main address

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0d9e61b7a3c4"
down_revision = "c52e8a04d7f1"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("domain", sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False))
    op.add_column("domain", sa.Column("is_primary", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("domain", sa.Column("token", sa.Text(), server_default="", nullable=False))
    op.add_column("domain", sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))
    op.add_column("domain", sa.Column("state", sa.Text(), server_default="new", nullable=False))
    op.add_column("domain", sa.Column("records", sa.dialects.postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column("domain", sa.Column("certificate", sa.dialects.postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column("domain", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("domain", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("domain", sa.Column("looks", sa.Integer(), server_default="0", nullable=False))
    op.add_column("domain", sa.Column("next_look", sa.Uuid(), nullable=True))
    op.add_column("domain", sa.Column("next_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("pk_domain"), "domain", type_="primary")
    op.create_primary_key(op.f("pk_domain"), "domain", ["id"])
    op.create_unique_constraint(op.f("uq_domain_practice_id_host"), "domain", ["practice_id", "host"])
    op.create_index("uq_domain_verified", "domain", ["host"], unique=True, postgresql_where=sa.text("verified_at is not null"))
    op.create_index("uq_domain_primary", "domain", ["practice_id"], unique=True, postgresql_where=sa.text("is_primary"))
    op.create_check_constraint(op.f("ck_domain_primary"), "domain", "verified_at is not null or not is_primary")
    op.create_check_constraint(op.f("ck_domain_state"), "domain", "state in ('new', 'ok', 'missing', 'wrong', 'unanswered', 'taken')")
    op.drop_index(op.f("ix_domain_practice_id"), table_name="domain")
    # Until now the first domain by name was the one that mails and links used.
    op.execute("update domain set token = replace(gen_random_uuid()::text, '-', '')")
    op.execute(
        "update domain set is_primary = true where verified_at is not null and not exists "
        "(select 1 from domain other where other.practice_id = domain.practice_id and other.verified_at is not null and other.host < domain.host)"
    )


def downgrade():
    op.create_index(op.f("ix_domain_practice_id"), "domain", ["practice_id"], unique=False)
    op.execute("delete from domain where verified_at is null")
    op.drop_constraint(op.f("pk_domain"), "domain", type_="primary")
    op.create_primary_key(op.f("pk_domain"), "domain", ["host"])
    op.drop_constraint(op.f("uq_domain_practice_id_host"), "domain", type_="unique")
    op.drop_index("uq_domain_verified", table_name="domain")
    for name in ("next_at", "next_look", "looks", "failing_since", "checked_at", "certificate", "records", "state", "asked_at", "token", "is_primary", "id"):
        op.drop_column("domain", name)
