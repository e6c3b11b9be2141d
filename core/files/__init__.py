"""Where files lie: in a folder or in S3 object storage, chosen by the setting `files_url`, behind one interface.

`request.files` and `registry.files.within(practice_id)` see the files of one practice only. A key is made by `practice_key`
from ids alone: nothing that a person typed can ever be part of it.
"""

from core.files.interface import Files, FilesUnavailable, NoSuchFile, StoredFile, WrongLink
from core.files.keys import WrongKey, practice_key
from core.files.practice import PracticeFiles
from core.files.where import files_from_url

__all__ = [
    "Files",
    "FilesUnavailable",
    "NoSuchFile",
    "PracticeFiles",
    "StoredFile",
    "WrongKey",
    "WrongLink",
    "files_from_url",
    "practice_key",
]


def request_files(request) -> PracticeFiles:
    """`request.files`: the files of the practice whose address was asked for."""
    return request.registry.files.within(request.practice_id)


def includeme(config) -> None:
    """Add `registry.files`, `request.files` and the address that serves a local store's links."""
    portal = config.registry.portal
    config.registry.files = files_from_url(portal.files_url, portal.secret_key)
    config.add_request_method(request_files, "files", reify=True)
    config.include("core.web.file_views")
