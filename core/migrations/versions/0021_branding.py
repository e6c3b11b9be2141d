"""Pictures of an office and the history of its look; logos move to the pictures

The code that is running now must go on working with the tables as this leaves them: the columns of the logo stay.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from core.database_roles import OWNER

revision = 'e94b7d1f60c2'
down_revision = '91c4e6b0d27a'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('branding_picture',
    sa.Column('mark', sa.Text(), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('small', sa.LargeBinary(), nullable=False),
    sa.Column('large', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("content_type in ('image/svg+xml', 'image/png', 'image/jpeg', 'image/webp')", name=op.f('ck_branding_picture_content_type')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_branding_picture_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_branding_picture')),
    sa.UniqueConstraint('practice_id', 'mark', name=op.f('uq_branding_picture_practice_id_mark'))
    )
    op.protect_table('branding_picture')
    op.create_table('branding_change',
    sa.Column('clinic_id', sa.Uuid(), nullable=True),
    sa.Column('before', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('after', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changed_by', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'clinic_id'], ['clinic.practice_id', 'clinic.id'], name=op.f('fk_branding_change_practice_id_clinic_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_branding_change_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_branding_change'))
    )
    op.create_index(op.f('ix_branding_change_practice_id_changed_at'), 'branding_change', ['practice_id', 'changed_at'], unique=False)
    op.protect_table('branding_change')
    # The owner of the tables is behind the wall like everyone else, and would see no logo.
    op.execute("RESET ROLE")
    op.execute(
        "insert into branding_picture (practice_id, id, mark, content_type, body, small, large, made_at) "
        "select distinct on (practice_id, mark) practice_id, gen_random_uuid(), mark, logo_type, logo, '', '', now() from "
        "(select practice_id, logo_type, logo, left(encode(sha256(logo), 'hex'), 32) as mark from branding where logo is not null) as kept"
    )
    op.execute(
        "update branding set theme = theme || jsonb_build_object('logo', left(encode(sha256(logo), 'hex'), 32)) where logo is not null"
    )
    # What later steps make must belong to the owner again, or the application could not read it.
    op.execute(f"SET ROLE {OWNER}")


def downgrade():
    op.drop_table('branding_change')
    op.drop_table('branding_picture')
