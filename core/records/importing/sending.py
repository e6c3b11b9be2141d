"""Files that were found in a file, on their way before the records that have them."""

import hashlib
import io
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from core.files import PracticeFiles
from core.records import RecordKind, uploaded
from core.records.importing.found import WithFile


def send(session: Session, files: PracticeFiles, kinds: Mapping[str, RecordKind], found: WithFile, now: datetime) -> str | None:
    """Send the file of a record: the id of the upload; None where the record will be refused, because there is no such kind here. Raises WrongUpload."""
    if found.record["kind"] not in kinds:
        return None
    announced = uploaded.Announced(found.record["kind"], len(found.data), found.content_type, hashlib.sha256(found.data).hexdigest())
    begun = uploaded.begin(session, files, kinds, announced, now)
    uploaded.receive(session, files, begun.id, io.BytesIO(found.data), now)
    return str(begun.id)
