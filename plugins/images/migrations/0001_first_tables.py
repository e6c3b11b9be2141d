"""First tables

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '903132424e9a'
down_revision = None
branch_labels = ('images',)
depends_on = 'ccfc8c089eb8'


def upgrade():
    op.create_table('images_folder',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_images_folder_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_images_folder')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_images_folder_practice_id_external_id'))
    )
    op.create_table('images_image',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('folder_id', sa.Uuid(), nullable=False),
    sa.Column('taken_on', sa.Date(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('tooth_numbers', sa.Text(), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=True),
    sa.Column('byte_size', sa.Integer(), nullable=True),
    sa.Column('sha256', sa.Text(), nullable=True),
    sa.Column('source_sha256', sa.Text(), nullable=True),
    sa.Column('file_key', sa.Text(), nullable=True),
    sa.Column('display_key', sa.Text(), nullable=True),
    sa.Column('thumbnail_key', sa.Text(), nullable=True),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('pages', sa.Integer(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("type in ('radiograph', 'photo', 'document')", name=op.f('ck_images_image_type')),
    sa.CheckConstraint('num_nonnulls(content_type, byte_size, sha256, source_sha256, file_key, display_key, thumbnail_key) in (0, 7)', name=op.f('ck_images_image_whole')),
    sa.ForeignKeyConstraint(['practice_id', 'folder_id'], ['images_folder.practice_id', 'images_folder.id'], name=op.f('fk_images_image_practice_id_folder_id')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_images_image_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_images_image_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_images_image')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_images_image_practice_id_external_id')),
    sa.UniqueConstraint('practice_id', 'patient_id', 'source_sha256', name=op.f('uq_images_image_practice_id_patient_id_source_sha256'))
    )
    op.create_index(op.f('ix_images_image_practice_id_patient_id_taken_on'), 'images_image', ['practice_id', 'patient_id', 'taken_on'], unique=False)
    op.protect_table('images_folder')
    op.protect_table('images_image')


def downgrade():
    op.drop_index(op.f('ix_images_image_practice_id_patient_id_taken_on'), table_name='images_image')
    op.drop_table('images_image')
    op.drop_table('images_folder')
