"""Starts a topic's chain again from the beginning, on a person's word, and says where that is due.

The old generation stays as it is; events that are in both are duplicates, and the lowest generation
wins. Called by ``careloop collect --new-generation`` and, after its broker lost its last seconds, by
the embedded stack.
"""

import json
import logging
from contextlib import closing
from datetime import datetime

from consumers.chain import Fault, standings
from consumers.source import Partition, Source
from infra import landing
from infra.broker import ensure_topics
from infra.clock import utc_now
from infra.landing import current_generation
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import AlreadyExists, InputError
from schemas.keys import generation_marker
from schemas.topics import Topic

log = logging.getLogger(__name__)

_LOST = (Fault.AHEAD, Fault.DIFFERS, Fault.OTHER_CLUSTER, Fault.OTHER_TOPIC)


def start_new(
    settings: Settings, bucket: Bucket, topic: str, reason: str, now: datetime | None = None
) -> int:
    """Make the next generation of ``topic`` the current one; returns its number."""
    if topic not in {str(known) for known in Topic}:
        raise InputError(f"--new-generation {topic}: there is no such topic; topics are {', '.join(Topic)}")
    if not reason.strip():
        raise InputError("--reason: say why the topic starts again; it is kept with the new generation")
    number = current_generation(bucket, topic) + 1
    ensure_topics(settings)
    with closing(Source(settings, in_group=False)) as source:
        origin = source.origin(topic)
    started = {
        "topic": topic,
        "generation": number,
        "reason": reason,
        "started_at": (now or utc_now()).isoformat(),
        "cluster_id": origin.cluster_id,
        "topic_id": origin.topic_id,
    }
    key = generation_marker(topic, number)
    try:
        bucket.create(key, json.dumps(started).encode(), content_type="application/json")
    except AlreadyExists:
        raise InputError(f"--new-generation {topic}: generation {number} was started just now") from None
    log.warning("%s starts again from its beginning as generation %d: %s", topic, number, reason)
    return number


def broker_lost_data(settings: Settings, bucket: Bucket) -> list[str]:
    """Topics whose chain holds what the broker does not: it lost records, or the topic is another one."""
    ensure_topics(settings)
    with closing(Source(settings, in_group=False)) as source:
        return [topic for topic in Topic if _lost(settings, bucket, source, topic)]


def _lost(settings: Settings, bucket: Bucket, source: Source, topic: str) -> bool:
    generation = current_generation(bucket, topic)
    landed = {chain.partition for chain in landing.chains(bucket, [topic]) if chain.generation == generation}
    there = source.partitions(topic)
    if landed - there:
        return True
    found = standings(settings, bucket, source, [Partition(topic, number) for number in landed])
    return any(standing.fault in _LOST for standing in found.values())
