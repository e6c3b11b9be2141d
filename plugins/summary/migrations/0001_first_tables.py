"""First tables

The code that is running now must go on working with the tables as this leaves them.
"""

import sqlalchemy as sa
from alembic import op

revision = '70e102cd0644'
down_revision = None
branch_labels = ('summary',)
depends_on = 'ccfc8c089eb8'


def upgrade():
    op.create_table('summary_allergy',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('substance', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('reaction', sa.Text(), nullable=False),
    sa.Column('rxnorm', sa.Text(), nullable=False),
    sa.Column('noted_on', sa.Date(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("category in ('drug', 'food', 'other')", name=op.f('ck_summary_allergy_category')),
    sa.CheckConstraint("status in ('active', 'resolved', 'none_known')", name=op.f('ck_summary_allergy_status')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_summary_allergy_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_summary_allergy_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_summary_allergy')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_summary_allergy_practice_id_external_id'))
    )
    op.create_index(op.f('ix_summary_allergy_practice_id_patient_id'), 'summary_allergy', ['practice_id', 'patient_id'], unique=False)
    op.create_table('summary_document',
    sa.Column('patient_id', sa.Uuid(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('custodian', sa.Text(), nullable=False),
    sa.Column('created', sa.Text(), nullable=False),
    sa.Column('created_on', sa.Date(), nullable=True),
    sa.Column('number_root', sa.Text(), nullable=False),
    sa.Column('number_extension', sa.Text(), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('stated_name', sa.Text(), nullable=False),
    sa.Column('stated_birthdate', sa.Date(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('file_key', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("(status = 'quarantined') = (reason <> '')", name=op.f('ck_summary_document_reason_of_quarantine')),
    sa.CheckConstraint("kind in ('ccd', 'document', 'attachment', 'ccr')", name=op.f('ck_summary_document_kind')),
    sa.CheckConstraint("reason in ('', 'nobody', 'unclear', 'conflict')", name=op.f('ck_summary_document_reason')),
    sa.CheckConstraint("status = 'quarantined' or patient_id is not null", name=op.f('ck_summary_document_shown_to_its_patient')),
    sa.CheckConstraint("status in ('shown', 'quarantined')", name=op.f('ck_summary_document_status')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_summary_document_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_summary_document_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_summary_document')),
    sa.UniqueConstraint('practice_id', 'sha256', name=op.f('uq_summary_document_practice_id_sha256'))
    )
    op.create_index(op.f('ix_summary_document_practice_id_patient_id_received_at'), 'summary_document', ['practice_id', 'patient_id', 'received_at'], unique=False)
    op.create_table('summary_immunization',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('vaccine', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('cvx', sa.Text(), nullable=False),
    sa.Column('lot_number', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('given_on', sa.Date(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("status in ('given', 'not_given')", name=op.f('ck_summary_immunization_status')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_summary_immunization_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_summary_immunization_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_summary_immunization')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_summary_immunization_practice_id_external_id'))
    )
    op.create_index(op.f('ix_summary_immunization_practice_id_patient_id'), 'summary_immunization', ['practice_id', 'patient_id'], unique=False)
    op.create_table('summary_medication',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('instructions', sa.Text(), nullable=False),
    sa.Column('rxnorm', sa.Text(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("status in ('active', 'stopped', 'none_known')", name=op.f('ck_summary_medication_status')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_summary_medication_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_summary_medication_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_summary_medication')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_summary_medication_practice_id_external_id'))
    )
    op.create_index(op.f('ix_summary_medication_practice_id_patient_id'), 'summary_medication', ['practice_id', 'patient_id'], unique=False)
    op.create_table('summary_problem',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('snomed', sa.Text(), nullable=False),
    sa.Column('icd10', sa.Text(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("status in ('active', 'resolved', 'none_known')", name=op.f('ck_summary_problem_status')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_summary_problem_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_summary_problem_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_summary_problem')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_summary_problem_practice_id_external_id'))
    )
    op.create_index(op.f('ix_summary_problem_practice_id_patient_id'), 'summary_problem', ['practice_id', 'patient_id'], unique=False)
    op.create_table('summary_procedure',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('cdt', sa.Text(), nullable=False),
    sa.Column('tooth', sa.Text(), nullable=False),
    sa.Column('surface', sa.Text(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("status in ('completed', 'done_elsewhere', 'planned')", name=op.f('ck_summary_procedure_status')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_summary_procedure_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_summary_procedure_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_summary_procedure')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_summary_procedure_practice_id_external_id'))
    )
    op.create_index(op.f('ix_summary_procedure_practice_id_patient_id'), 'summary_procedure', ['practice_id', 'patient_id'], unique=False)
    op.create_table('summary_result',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('loinc', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('reference_range', sa.Text(), nullable=False),
    sa.Column('flag', sa.Text(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("flag in ('', 'normal', 'high', 'low', 'abnormal')", name=op.f('ck_summary_result_flag')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_summary_result_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_summary_result_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_summary_result')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_summary_result_practice_id_external_id'))
    )
    op.create_index(op.f('ix_summary_result_practice_id_patient_id'), 'summary_result', ['practice_id', 'patient_id'], unique=False)
    op.create_table('summary_smoking_status',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('snomed', sa.Text(), nullable=False),
    sa.Column('asked_on', sa.Date(), nullable=False),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint("snomed in ('449868002', '428041000124106', '8517006', '266919005', '77176002', '266927001', '428071000124103', '428061000124105')", name=op.f('ck_summary_smoking_status_snomed')),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_summary_smoking_status_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_summary_smoking_status_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_summary_smoking_status')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_summary_smoking_status_practice_id_external_id'))
    )
    op.create_index(op.f('ix_summary_smoking_status_practice_id_patient_id'), 'summary_smoking_status', ['practice_id', 'patient_id'], unique=False)
    op.create_table('summary_vital_signs',
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('systolic_mmhg', sa.Integer(), nullable=True),
    sa.Column('diastolic_mmhg', sa.Integer(), nullable=True),
    sa.Column('pulse_per_minute', sa.Integer(), nullable=True),
    sa.Column('breaths_per_minute', sa.Integer(), nullable=True),
    sa.Column('oxygen_percent', sa.Integer(), nullable=True),
    sa.Column('temperature_fahrenheit', sa.Double(), nullable=True),
    sa.Column('height_inches', sa.Double(), nullable=True),
    sa.Column('weight_pounds', sa.Double(), nullable=True),
    sa.Column('practice_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['practice_id', 'patient_id'], ['patient.practice_id', 'patient.id'], name=op.f('fk_summary_vital_signs_practice_id_patient_id')),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_summary_vital_signs_practice_id')),
    sa.PrimaryKeyConstraint('practice_id', 'id', name=op.f('pk_summary_vital_signs')),
    sa.UniqueConstraint('practice_id', 'external_id', name=op.f('uq_summary_vital_signs_practice_id_external_id'))
    )
    op.create_index(op.f('ix_summary_vital_signs_practice_id_patient_id'), 'summary_vital_signs', ['practice_id', 'patient_id'], unique=False)
    op.protect_table('summary_allergy')
    op.protect_table('summary_document')
    op.protect_table('summary_immunization')
    op.protect_table('summary_medication')
    op.protect_table('summary_problem')
    op.protect_table('summary_procedure')
    op.protect_table('summary_result')
    op.protect_table('summary_smoking_status')
    op.protect_table('summary_vital_signs')


def downgrade():
    op.drop_index(op.f('ix_summary_vital_signs_practice_id_patient_id'), table_name='summary_vital_signs')
    op.drop_table('summary_vital_signs')
    op.drop_index(op.f('ix_summary_smoking_status_practice_id_patient_id'), table_name='summary_smoking_status')
    op.drop_table('summary_smoking_status')
    op.drop_index(op.f('ix_summary_result_practice_id_patient_id'), table_name='summary_result')
    op.drop_table('summary_result')
    op.drop_index(op.f('ix_summary_procedure_practice_id_patient_id'), table_name='summary_procedure')
    op.drop_table('summary_procedure')
    op.drop_index(op.f('ix_summary_problem_practice_id_patient_id'), table_name='summary_problem')
    op.drop_table('summary_problem')
    op.drop_index(op.f('ix_summary_medication_practice_id_patient_id'), table_name='summary_medication')
    op.drop_table('summary_medication')
    op.drop_index(op.f('ix_summary_immunization_practice_id_patient_id'), table_name='summary_immunization')
    op.drop_table('summary_immunization')
    op.drop_index(op.f('ix_summary_document_practice_id_patient_id_received_at'), table_name='summary_document')
    op.drop_table('summary_document')
    op.drop_index(op.f('ix_summary_allergy_practice_id_patient_id'), table_name='summary_allergy')
    op.drop_table('summary_allergy')
