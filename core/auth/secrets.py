"""Short secrets that the portal must read again, such as the seed of an authenticator app: encrypted, with a key for each practice."""

from base64 import urlsafe_b64encode
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class UnreadableSecret(Exception):
    """The secret was encrypted with another key, or was changed."""


def encrypt(secret_key: str, practice_id: UUID, text: str) -> str:
    """Encrypt a short secret of a practice with the installation's key (`CUSPID_SECRET_KEY`)."""
    return _box(secret_key, practice_id).encrypt(text.encode()).decode()


def decrypt(secret_key: str, practice_id: UUID, text: str) -> str:
    """Read it again. Raises UnreadableSecret."""
    try:
        return _box(secret_key, practice_id).decrypt(text.encode()).decode()
    except InvalidToken:
        raise UnreadableSecret from None


def _box(secret_key: str, practice_id: UUID) -> Fernet:
    key = HKDF(SHA256(), length=32, salt=practice_id.bytes, info=b"cuspid secrets").derive(secret_key.encode())
    return Fernet(urlsafe_b64encode(key))
