"""Files in S3 object storage, Amazon's or any other that speaks its language."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast
from uuid import UUID

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.files.disposition import content_disposition
from core.files.interface import Files, FilesUnavailable, Link, NoSuchFile, StoredFile, pour, same_practice
from core.files.keys import practice_key, practice_of

IN_MEMORY = 1024 * 1024
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


@dataclass(frozen=True)
class Bucket:
    """Where and how: `encryption` is what the store does at rest, `AES256` or `aws:kms` with `encryption_key`, or none."""

    name: str
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = None
    secret_key: str | None = None
    encryption: str | None = None
    encryption_key: str | None = None

    def client(self):
        """A client that gives up in time; it can be shared by threads."""
        # Path style needs no DNS name per bucket; version 4 is the only signature that every store takes.
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=3,
            read_timeout=15,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=16,
        )
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=config,
        )


class S3Files(Files):
    """A bucket, and the keys of all practices in it. Browsers fetch from it by links that it checks itself."""

    direct = True

    def __init__(self, bucket: Bucket):
        self._bucket, self._client = bucket, bucket.client()

    def put(self, key: str, stream: BinaryIO, content_type: str) -> StoredFile:
        """Send the file in one request, with its digest, so that the store refuses what was damaged on the way."""
        practice_of(key)
        with cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY)) as body:
            size, digest = pour(stream, body)
            body.seek(0)
            with _store_faults():
                self._client.put_object(
                    **self._at(key), **self._at_rest(), Body=body, ContentLength=size, ContentType=content_type, Metadata={"sha256": digest}
                )
        return StoredFile(key, size, digest, content_type)

    def open(self, key: str) -> BinaryIO:
        """The body as it comes over the network."""
        with _store_faults():
            return self._client.get_object(**self._at(key))["Body"]

    def stat(self, key: str) -> StoredFile:
        """What the store and our note on the object say; a file that came by a link has no digest noted."""
        with _store_faults():
            about = self._client.head_object(**self._at(key))
        return StoredFile(key, about["ContentLength"], about["Metadata"].get("sha256", ""), about["ContentType"])

    def delete(self, key: str) -> None:
        """Remove the object."""
        with _store_faults():
            self._client.delete_object(**self._at(key))

    def copy(self, source: str, target: str) -> StoredFile:
        """The store copies by itself."""
        same_practice(source, target)
        with _store_faults():
            self._client.copy_object(**self._at(target), **self._at_rest(), CopySource=self._at(source))
        return self.stat(target)

    def count(self, practice_id: UUID) -> int:
        """As many as the store lists."""
        return sum(len(page) for page in self._pages(practice_id))

    def size(self, practice_id: UUID) -> int:
        """As much as the store lists."""
        return sum(one["Size"] for page in self._pages(practice_id) for one in page)

    def delete_all(self, practice_id: UUID) -> None:
        """A thousand objects at a time. Older versions, if the bucket keeps them, are its own to remove."""
        for page in self._pages(practice_id):
            keys = [{"Key": one["Key"]} for one in page]
            with _store_faults():
                answer = self._client.delete_objects(Bucket=self._bucket.name, Delete={"Objects": keys, "Quiet": True})
            if answer.get("Errors"):
                raise FilesUnavailable(f"the object storage refused: {answer['Errors'][0].get('Code', '')}")

    def _pages(self, practice_id: UUID) -> Iterator[list[dict]]:
        prefix = practice_key(practice_id, "all", practice_id).partition("/")[0] + "/"
        with _store_faults():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket.name, Prefix=prefix):
                if found := page.get("Contents"):
                    yield found

    def _link(self, link: Link) -> str:
        if link.method == "PUT":
            # What the bucket does at rest holds here too; a header for it would have to be sent by the browser.
            how = {"ContentType": link.content_type, "ContentLength": link.size}
            return self._sign("put_object", link, how)
        disposition = content_disposition(link.filename, link.content_type, link.inline)
        return self._sign("get_object", link, {"ResponseContentType": link.content_type, "ResponseContentDisposition": disposition})

    def _sign(self, operation: str, link: Link, how: dict) -> str:
        with _store_faults():
            return self._client.generate_presigned_url(operation, Params={**self._at(link.key), **how}, ExpiresIn=link.expires_seconds)

    def _at(self, key: str) -> dict[str, str]:
        practice_of(key)
        return {"Bucket": self._bucket.name, "Key": key}

    def _at_rest(self) -> dict[str, str]:
        if not self._bucket.encryption:
            return {}
        chosen = {"ServerSideEncryption": self._bucket.encryption}
        return chosen | ({"SSEKMSKeyId": self._bucket.encryption_key} if self._bucket.encryption_key else {})


@contextmanager
def _store_faults():
    """Turn the library's errors into ours; their messages can hold keys, so only the code is repeated."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _MISSING:
            raise NoSuchFile("no file is stored under this key") from None
        what = "has no such bucket" if code == "NoSuchBucket" else f"refused: {code}"
        raise FilesUnavailable(f"the object storage {what}") from error
    except BotoCoreError as error:
        raise FilesUnavailable(f"the object storage cannot be reached: {type(error).__name__}") from error
