"""Pictures and papers of the demo, drawn and written in code: the files of the images that its charts announce."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from io import BytesIO
from itertools import count
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.people.models import Patient
from plugins.images.demo.drawing import draw
from plugins.images.models import Image
from plugins.images.services.adding import About, add


def make(db: Session, registry, practice_id: UUID, patients: Mapping[str, Patient], now: datetime) -> None:
    """Bring in a file for each image that waits for one; what is drawn follows from the name of the file."""
    files = registry.files.within(practice_id)
    names = {patient.id: f"{patient.first_name} {patient.last_name}" for patient in patients.values()}
    waiting = db.scalars(select(Image).where(Image.practice_id == practice_id, Image.file_key.is_(None)).order_by(Image.id)).all()
    # While one picture is being proven in a child process, the next is drawn.
    with ThreadPoolExecutor(1) as painter:
        drawn = painter.map(
            draw,
            [image.file_name for image in waiting],
            count(),
            [names[image.patient_id] for image in waiting],
            [image.taken_on for image in waiting],
        )
        for image, content in zip(waiting, drawn, strict=True):
            add(db, files, image.patient_id, image.folder_id, BytesIO(content), image.file_name, About(image.taken_on))
