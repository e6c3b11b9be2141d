"""Images go to another chart when two charts become one."""

from uuid import UUID

from sqlalchemy import Text, cast, select, update
from sqlalchemy.orm import Session

from core.people.charts import move_rows
from plugins.images.models import Image


def move(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """Move the images of one patient to another. A file that both have stays with each image; the moved one is known by its own mark from now on."""
    there = select(Image.source_sha256).where(Image.practice_id == practice_id, Image.patient_id == kept, Image.source_sha256.is_not(None))
    doubles = (Image.practice_id == practice_id, Image.patient_id == absorbed, Image.source_sha256.in_(there))
    marked = Image.source_sha256 + ":" + cast(Image.id, Text)
    session.execute(update(Image).where(*doubles).values(source_sha256=marked).execution_options(synchronize_session=False))
    move_rows(session, practice_id, kept, absorbed, Image)
