"""The papers of statements that the practice's system sends: PDFs, kept as they came."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from core.files import PracticeFiles
from core.files.transaction import put_with
from core.safety import prove

PDF = "application/pdf"


def keep_paper(session: Session, files: PracticeFiles, path: Path, content_type: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Check and store the paper of a statement; returns the columns that it fills. Raises UnsafeFile."""
    with prove(path, "statement.pdf") as proven, proven.clean.open("rb") as stream:
        stored = put_with(session, files, files.new_key("account", uuid4()), stream, content_type)
        return {"file_key": stored.key, "file_size": stored.size, "file_sha256": proven.sha256}
