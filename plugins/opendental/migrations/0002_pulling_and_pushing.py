"""How far the pull has come, the charts over there, and what is on its way back

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "5c19be7704fa"
down_revision = "0d0a7c3e51b2"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
_NEW = (
    sa.Column("is_running", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    sa.Column("choices", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
    sa.Column("run_id", sa.Uuid(), nullable=True),
    sa.Column("run_started_at", MOMENT, nullable=True),
    sa.Column("ended_at", MOMENT, nullable=True),
    sa.Column("loaded_at", MOMENT, nullable=True),
    sa.Column("skew_seconds", sa.Integer(), server_default=sa.text("0"), nullable=False),
    sa.Column("problem", sa.Text(), server_default="", nullable=False),
    sa.Column("problem_at", MOMENT, nullable=True),
    sa.Column("counts", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
)


def upgrade():
    """New columns of the connection, and three tables."""
    for column in _NEW:
        op.add_column("opendental_connection", column)
    _make(
        "opendental_cursor",
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("next_since", sa.Text(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("deferred", sa.Integer(), nullable=False),
        sa.Column("kept", postgresql.JSONB(), nullable=False),
        sa.Column("coming", postgresql.JSONB(), nullable=False),
        sa.Column("loaded_at", MOMENT, nullable=True),
        sa.Column("pulled_at", MOMENT, nullable=True),
        unique="resource",
    )
    _make(
        "opendental_chart",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("detailed_at", MOMENT, nullable=True),
        sa.Column("wanted_at", MOMENT, nullable=True),
        unique="number",
    )
    op.create_index(op.f("ix_opendental_chart_practice_id_detailed_at"), "opendental_chart", ["practice_id", "detailed_at"])
    _make(
        "opendental_push",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("what", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("theirs", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"], ["patient.practice_id", "patient.id"], name=op.f("fk_opendental_push_practice_id_patient_id")
        ),
        sa.CheckConstraint("state in ('waiting', 'sent', 'stuck', 'passed')", name=op.f("ck_opendental_push_state")),
        unique="change_id",
    )
    op.create_index(op.f("ix_opendental_push_practice_id_state_number"), "opendental_push", ["practice_id", "state", "number"])
    op.create_index(op.f("ix_opendental_push_practice_id_patient_id"), "opendental_push", ["practice_id", "patient_id"])
    op.create_index(op.f("ix_opendental_push_practice_id_theirs"), "opendental_push", ["practice_id", "theirs"])


def _make(name, *parts, unique):
    op.create_table(
        name,
        *parts,
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f(f"fk_{name}_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("practice_id", unique, name=op.f(f"uq_{name}_practice_id_{unique}")),
    )
    op.protect_table(name)


def downgrade():
    """The tables and columns go."""
    for name in ("opendental_push", "opendental_chart", "opendental_cursor"):
        op.drop_table(name)
    for column in _NEW:
        op.drop_column("opendental_connection", column.name)
