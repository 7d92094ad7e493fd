"""Creates the object of a closed range, once: dead letters first, then ``If-None-Match: *``.

Whoever comes second gets 412, and with it the link that won: it drops its own batch and goes on from
there. So a worker that was paused can neither duplicate nor overwrite.
"""

from dataclasses import dataclass
from datetime import datetime

from consumers import dead_letters
from consumers.batch import OpenRange, to_table
from infra import parquet
from infra.landing import link_at
from infra.objects import Bucket
from schemas.errors import AlreadyExists, ChainBroken
from schemas.ranges import Link


@dataclass(frozen=True)
class Origin:
    """Which cluster and topic a chain was read from; empty where the broker does not tell."""

    cluster_id: str = ""
    topic_id: str = ""


@dataclass(frozen=True)
class Landed:
    """The range that now exists, and whether it is ours."""

    link: Link
    ours: bool


def land(bucket: Bucket, closed: OpenRange, origin: Origin, now: datetime) -> Landed:
    """Make the closed range durable, or find out who did."""
    refused = dead_letters.write(bucket, closed.chain, closed.first, closed.letters, now)
    link = Link(
        chain=closed.chain,
        first=closed.first,
        next=closed.next,
        rows=len(closed.rows),
        refused=len(closed.letters),
        dead_letters=refused,
        last_offset=closed.last_offset,
        last_digest=closed.last_digest,
        cluster_id=origin.cluster_id,
        topic_id=origin.topic_id,
    )
    try:
        bucket.create(link.key, parquet.write(to_table(closed.rows)), link.metadata(), parquet.MEDIA_TYPE)
    except AlreadyExists:
        return _winner(bucket, link)
    return Landed(link, ours=True)


def _winner(bucket: Bucket, link: Link) -> Landed:
    """Who was first. It may be ourselves: an answer was lost and boto3 sent the same request again."""
    winner = link_at(bucket, link.chain, link.first)
    if winner is None:
        raise ChainBroken(
            f"{link.key} was there and is gone, and landing is never removed; run `careloop verify`"
        )
    return Landed(winner, ours=winner == link)
