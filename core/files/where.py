"""Choosing the store by the setting `files_url`."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from core.config import WrongSetting
from core.files.interface import Files

_OPTIONS = frozenset({"endpoint", "region", "encryption", "encryption_key"})
_ENCRYPTIONS = frozenset({"AES256", "aws:kms"})


def files_from_url(url: str, secret: str) -> Files:
    """The store at `file:/folder` or `s3://bucket?endpoint=https://...&region=...&encryption=AES256`; `secret` signs a local store's links.

    S3 credentials come from the AWS_... environment or the machine's role, or stand in the address as `s3://key:secret@bucket`.
    Raises WrongSetting.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        from core.files.local import LocalFiles

        return LocalFiles(Path(unquote(parts.path)), secret)
    if parts.scheme == "s3" and parts.hostname:
        # Loaded only where it is used: it costs a third of a second and 20 MB.
        from core.files.s3 import S3Files

        return S3Files(_bucket(parts))
    raise WrongSetting("CUSPID_FILES_URL must be file:/folder, or s3://bucket?endpoint=https://...&region=...")


def _bucket(parts):
    from core.files.s3 import Bucket

    options = dict(parse_qsl(parts.query))
    if unknown := sorted(set(options) - _OPTIONS):
        raise WrongSetting(f"CUSPID_FILES_URL has the unknown option {unknown[0]}; known are {', '.join(sorted(_OPTIONS))}.")
    if options.get("encryption", "AES256") not in _ENCRYPTIONS:
        raise WrongSetting("CUSPID_FILES_URL: encryption is AES256 or aws:kms.")
    keys = {name: unquote(value) for name, value in (("access_key", parts.username), ("secret_key", parts.password)) if value}
    return Bucket(name=parts.netloc.rpartition("@")[2], **keys, **options)
