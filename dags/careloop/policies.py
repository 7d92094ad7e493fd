"""The policy in force: read at every run, kept in the bucket as long as its decisions.

A valid new policy counts from the next run on, without a deploy. A broken one changes nothing: the
one in force stays, and the log says what is wrong on which line. Called by every DAG.
"""

import logging
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from infra.objects import Bucket
from infra.settings import Settings
from schemas import keys
from schemas.errors import AlreadyExists, Conflict, InputError
from schemas.policy import Policy, parse

DEFAULT = Path(__file__).with_name("default_policy.yaml")

log = logging.getLogger(__name__)


class _Current(Struct, frozen=True, kw_only=True):
    """``policy/current.json``."""

    version: str
    since: datetime


def load(settings: Settings, bucket: Bucket, now: datetime) -> tuple[Policy, str]:
    """The policy in force and its version; a valid new file is put into force first."""
    try:
        policy, version, raw = read(settings)
    except InputError as error:
        in_force = current(bucket)
        if in_force is None:
            raise
        log.error("the policy file is refused and the policy in force (%s) stays: %s", in_force[1], error)
        return in_force
    _keep(bucket, version, raw)
    _put_into_force(bucket, version, now)
    return policy, version


def read(settings: Settings) -> tuple[Policy, str, bytes]:
    """The policy file as it is written now, with its version and bytes. Stores nothing."""
    path = settings.policy_file or DEFAULT
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"CARELOOP_POLICY_FILE: cannot read {path}: {error.strerror}") from None
    policy, version = parse(raw, where=str(path))
    return policy, version, raw


def current(bucket: Bucket) -> tuple[Policy, str] | None:
    """The policy that was last put into force, or None before the first."""
    stored = bucket.find(keys.POLICY_CURRENT)
    if stored is None:
        return None
    key = keys.policy(msgspec.json.decode(stored.body, type=_Current).version)
    return parse(bucket.get(key).body, where=key)


def _keep(bucket: Bucket, version: str, raw: bytes) -> None:
    key = keys.policy(version)
    if bucket.head(key) is None:
        bucket.put(key, raw, content_type="application/yaml")


def _put_into_force(bucket: Bucket, version: str, now: datetime) -> None:
    """Move ``policy/current.json``; whoever moved it meanwhile had read the same file."""
    stored = bucket.find(keys.POLICY_CURRENT)
    body = msgspec.json.encode(_Current(version=version, since=now))
    try:
        if stored is None:
            bucket.create(keys.POLICY_CURRENT, body, content_type="application/json")
        elif msgspec.json.decode(stored.body, type=_Current).version != version:
            bucket.replace(keys.POLICY_CURRENT, body, stored.etag, content_type="application/json")
            log.info("policy %s is in force", version)
    except (AlreadyExists, Conflict):
        log.info("another run moved the policy in force at the same time")
