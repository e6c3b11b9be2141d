"""A small authenticator for tests: a key on a curve, made and shown as the standard says (WebAuthn)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text_of(data: bytes) -> str:
    """Bytes as WebAuthn writes them."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Device:
    """A device that makes one passkey and shows it."""

    def __init__(self, origin: str, counts: bool = True):
        self.origin, self.counts, self.count, self.flags = origin, counts, 0, PRESENT | VERIFIED
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = sha256(str(id(self)).encode() + self.key.private_numbers().private_value.to_bytes(32, "big")).digest()[:20]
        self.handle = b""

    def make(self, options: dict) -> str:
        """The answer to navigator.credentials.create()."""
        self.handle = urlsafe_b64decode(options["user"]["id"] + "==")
        point = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        data = self._data(options["rp"]["id"], ATTESTED) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options)
        return self._answer({"clientDataJSON": text_of(client), "attestationObject": text_of(attestation)})

    def show(self, options: dict) -> str:
        """The answer to navigator.credentials.get()."""
        data, client = self._data(options["rpId"]), self._client("webauthn.get", options)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": text_of(client), "authenticatorData": text_of(data), "signature": text_of(signature)}
        return self._answer(parts | {"userHandle": text_of(self.handle)})

    def _data(self, host: str, more: int = 0) -> bytes:
        self.count += self.counts
        return sha256(host.encode()).digest() + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def _client(self, act: str, options: dict) -> bytes:
        return json.dumps({"type": act, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict) -> str:
        return json.dumps({"id": text_of(self.id), "rawId": text_of(self.id), "type": "public-key", "response": response})
