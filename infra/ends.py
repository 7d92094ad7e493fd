"""Where the topics end in Kafka now. Reads nothing else, commits nothing.

Called by whoever must know that landing has caught up before acting on it.
"""

from collections.abc import Iterable

from kafka import TopicPartition
from kafka.errors import KafkaError

from infra.broker import consumer
from infra.settings import Settings
from schemas.errors import Unavailable

Ends = dict[tuple[str, int], int]
"""(topic, partition) to the offset that the next record will get"""


def ends(settings: Settings, topics: Iterable[str]) -> Ends:
    """End offsets of all partitions that still hold records."""
    try:
        reader = consumer(settings)
    except KafkaError as error:
        raise Unavailable(f"Kafka at {settings.kafka_bootstrap} does not answer: {error}") from error
    try:
        partitions = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in sorted(reader.partitions_for_topic(topic) or ())
        ]
        first, last = reader.beginning_offsets(partitions), reader.end_offsets(partitions)
        return {(p.topic, p.partition): last[p] for p in partitions if last[p] > first[p]}
    except KafkaError as error:
        raise Unavailable(f"Kafka at {settings.kafka_bootstrap} does not answer: {error}") from error
    finally:
        reader.close()
