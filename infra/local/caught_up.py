"""How far landing is behind the broker: zero means that every event that was written has landed."""

from kafka import TopicPartition

from infra import broker, landing
from infra.objects import Bucket
from infra.settings import Settings
from schemas.keys import ChainId
from schemas.topics import Topic


class Lag:
    """Looks again and again; remembers where each chain ended, so that a look costs little."""

    def __init__(self, settings: Settings, bucket: Bucket) -> None:
        self._settings, self._bucket = settings, bucket
        self._known: dict[ChainId, int] = {}

    def measure(self) -> int:
        """Offsets that the broker holds and landing does not, now."""
        behind = 0
        generations = {topic: landing.current_generation(self._bucket, topic) for topic in Topic}
        for partition, end in self._ends().items():
            chain = ChainId(partition.topic, generations[Topic(partition.topic)], partition.partition)
            if self._known.get(chain, 0) < end:
                link = landing.last_link(self._bucket, chain, self._known.get(chain, 0))
                self._known[chain] = link.next if link else 0
            behind += max(0, end - self._known[chain] if chain in self._known else end)
        return behind

    def _ends(self) -> dict[TopicPartition, int]:
        consumer = broker.consumer(self._settings)
        try:
            partitions = [
                TopicPartition(topic, number)
                for topic in Topic
                for number in consumer.partitions_for_topic(topic) or ()
            ]
            ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
            return ends
        finally:
            consumer.close()
