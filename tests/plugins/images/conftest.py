"""A patient with a folder, and images that are really taken in."""

import io
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.files import practice_key
from core.safety import testing
from plugins.images.models import Folder, Image
from plugins.images.services import adding


@pytest.fixture(scope="session")
def corpus():
    """The makers of good, broken and hostile files."""
    return testing


@pytest.fixture(scope="session")
def picture(corpus) -> bytes:
    """A photo."""
    return corpus.saved(corpus.drawing(800, 600), "JPEG", quality=70)


@pytest.fixture(scope="session")
def radiograph(corpus) -> bytes:
    """A gray picture."""
    return corpus.saved(corpus.drawing(800, 600, "L"), "PNG")


@pytest.fixture
def files(registry, practice):
    """The practice's files."""
    return registry.files.within(practice.id)


@pytest.fixture
def patient(make):
    """A patient."""
    return make.patient()


@pytest.fixture
def folder(make, db, practice):
    """`folder(name, shared=True)`: the id of the folder of this external id, as the practice's system sent it."""

    def take(name: str = "X-rays", shared: bool = True, position: int = 0) -> UUID:
        make.take_in([{"kind": "image_folder", "external_id": name, "name": name, "shared": shared, "position": position}])
        return db.scalars(select(Folder.id).where(Folder.practice_id == practice.id, Folder.external_id == name)).one()

    return take


@pytest.fixture
def add(db, files, patient, folder):
    """`add(data, name)`: take a file in for the patient, committed; answers what became of it."""

    def take(data: bytes, name: str, whose=None, into: UUID | None = None, day: date = date(2026, 3, 4), **about) -> adding.Added:
        into = into or folder()
        added = adding.add(db, files, (whose or patient).id, into, io.BytesIO(data), name, adding.About(day, **about))
        db.commit()
        return added

    return take


@pytest.fixture
def note(db, patient, folder, practice):
    """`note(description, day)`: a row as of an image that was taken in, without its files; quicker where only lists are looked at."""

    def write(description: str, day: date = date(2026, 3, 4), **fields) -> UUID:
        keys = {name: practice_key(practice.id, "images", uuid4()) for name in ("file_key", "display_key", "thumbnail_key")}
        about = {"type": "photo", "content_type": "image/jpeg", "byte_size": 1, "sha256": "0", "source_sha256": uuid4().hex}
        image = Image(patient_id=patient.id, description=description, taken_on=day, **{"folder_id": folder(), **keys, **about, **fields})
        db.add(image)
        db.commit()
        return image.id

    return write


@pytest.fixture
def stored(portal_settings, practice):
    """`stored()`: how many files of the practice lie in the store."""
    from core.files import files_from_url

    root = files_from_url(portal_settings.files_url, "")._folder / str(practice.id)
    return lambda: sum(1 for path in root.rglob("*") if path.is_file() and path.suffix != ".about")
