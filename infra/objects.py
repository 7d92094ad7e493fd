"""The bucket: a thin adapter over boto3 that speaks of conditional writes.

Errors are sorted in one place (`infra.object_errors`): lost conditions are `AlreadyExists` or `Conflict`,
what may pass is `Unavailable`, wrong credentials or a missing bucket are `SettingError`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.object_errors import address_checked, status, translated
from infra.settings import Settings
from schemas.errors import AlreadyExists, Conflict, NotFound

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Listed:
    """One entry of a listing."""

    key: str
    size: int
    etag: str
    modified: datetime


@dataclass(frozen=True)
class Stored:
    """One object with its body (empty for `Bucket.head`)."""

    key: str
    body: bytes
    etag: str
    metadata: Mapping[str, str]
    modified: datetime


class Bucket:
    """One bucket. Safe to share between threads, as boto3 clients are."""

    def __init__(self, client: "S3Client", name: str) -> None:
        self._s3 = client
        self.name = name

    @classmethod
    def open(cls, settings: Settings) -> "Bucket":
        access, secret = settings.s3_access_key, settings.s3_secret_key
        with address_checked(settings.s3_endpoint):
            client = boto3.client(
                "s3",
                endpoint_url=settings.s3_endpoint,
                region_name=settings.s3_region,
                aws_access_key_id=access.get_secret_value() if access else None,
                aws_secret_access_key=secret.get_secret_value() if secret else None,
                config=Config(
                    connect_timeout=5,
                    read_timeout=60,
                    max_pool_connections=16,
                    retries={"max_attempts": 4, "mode": "standard"},
                    s3={"addressing_style": "path" if settings.s3_endpoint else "auto"},
                ),
            )
        return cls(client, settings.require("s3_bucket"))

    def ensure(self) -> None:
        """Create the bucket where it is missing (the embedded stack and tests do; production need not)."""
        with translated(self.name):
            try:
                self._s3.head_bucket(Bucket=self.name)
            except ClientError as error:
                if status(error) != 404:
                    raise
                self._s3.create_bucket(Bucket=self.name)

    def create(
        self,
        key: str,
        body: bytes,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
    ) -> str:
        """Write a new object; `AlreadyExists` where the key is taken. Returns the ETag."""
        with translated(key):
            try:
                answer = self._s3.put_object(
                    Bucket=self.name,
                    Key=key,
                    Body=body,
                    Metadata=dict(metadata or {}),
                    ContentType=content_type,
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if status(error) == 412:
                    raise AlreadyExists(key) from None
                raise
        return answer["ETag"]

    def put(
        self,
        key: str,
        body: bytes,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
    ) -> str:
        """Write an object whatever was there. For keys that name their content."""
        with translated(key):
            answer = self._s3.put_object(
                Bucket=self.name, Key=key, Body=body, Metadata=dict(metadata or {}), ContentType=content_type
            )
        return answer["ETag"]

    def replace(
        self,
        key: str,
        body: bytes,
        etag: str,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
    ) -> str:
        """Write over the object that had ``etag``; `Conflict` where somebody else moved it."""
        with translated(key):
            try:
                answer = self._s3.put_object(
                    Bucket=self.name,
                    Key=key,
                    Body=body,
                    Metadata=dict(metadata or {}),
                    ContentType=content_type,
                    IfMatch=etag,
                )
            except ClientError as error:
                if status(error) in (404, 412):
                    raise Conflict(key) from None
                raise
        return answer["ETag"]

    def get(self, key: str) -> Stored:
        with translated(key):
            answer = self._s3.get_object(Bucket=self.name, Key=key)
            body = answer["Body"].read()
        return Stored(key, body, answer["ETag"], answer["Metadata"], answer["LastModified"])

    def find(self, key: str) -> Stored | None:
        """The object, or None where there is none."""
        try:
            return self.get(key)
        except NotFound:
            return None

    def head(self, key: str) -> Stored | None:
        """An object's metadata with an empty body, or None where there is none."""
        try:
            with translated(key):
                answer = self._s3.head_object(Bucket=self.name, Key=key)
        except NotFound:
            return None
        return Stored(key, b"", answer["ETag"], answer["Metadata"], answer["LastModified"])

    def scan(self, prefix: str, *, after: str | None = None, limit: int | None = None) -> Iterator[Listed]:
        """Entries under ``prefix`` in key order, those behind ``after``, at most ``limit``."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.name,
            Prefix=prefix,
            StartAfter=after or "",
            PaginationConfig={"MaxItems": limit, "PageSize": min(limit or 1000, 1000)},  # type: ignore[typeddict-item]
        )
        with translated(prefix):
            for page in pages:
                for entry in page.get("Contents", []):
                    yield Listed(entry["Key"], entry["Size"], entry["ETag"], entry["LastModified"])

    def children(self, prefix: str) -> list[str]:
        """The names directly below ``prefix`` that have objects below them, in order."""
        names: list[str] = []
        with translated(prefix):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=prefix, Delimiter="/"
            )
            for page in pages:
                names += [entry["Prefix"][len(prefix) : -1] for entry in page.get("CommonPrefixes", [])]
        return names

    def delete(self, key: str) -> None:
        with translated(key):
            self._s3.delete_object(Bucket=self.name, Key=key)
