"""Kafka as the collector reads it: one consumer, its partitions and positions.

In the group (the service) partitions come and go; listeners run on the client's own thread, so they only
note what happened and `assignments` hands it on. Outside the group (``--until-caught-up``) every
partition is assigned at once: such a run may go on beside the service, whose member it must not push
out, and the landing chain makes two writers safe.
"""

import logging
import queue
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from kafka import TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.structs import OffsetAndMetadata

from consumers.decode import Record
from consumers.land import Origin
from consumers.outcomes import sorted_errors
from infra.broker import consumer
from infra.settings import Settings
from schemas.errors import Unavailable
from schemas.ranges import Link
from schemas.topics import Topic

log = logging.getLogger(__name__)

Partition: TypeAlias = TopicPartition

MAX_POLL_RECORDS = 5_000


class Source:
    """All topics of the contract, as far as they are assigned to us."""

    def __init__(self, settings: Settings, *, in_group: bool) -> None:
        self._in_group = in_group
        self._changes: queue.SimpleQueue[frozenset[Partition]] = queue.SimpleQueue()
        self._hints: dict[Partition, OffsetAndMetadata] = {}
        self._every = settings.collect_session_seconds / 3
        self._say_again_at = 0.0
        with sorted_errors("joining"):
            self._consumer = consumer(settings, **_arguments(settings, in_group))
            if in_group:
                listener = _Listener(self._consumer, self._changes)
                self._consumer.subscribe([str(topic) for topic in Topic], listener=listener)
            else:
                self._assign_all()

    def _assign_all(self) -> None:
        everything = [
            Partition(str(topic), number) for topic in Topic for number in sorted(self.partitions(topic))
        ]
        missing = set(map(str, Topic)) - {one.topic for one in everything}
        if missing:
            raise Unavailable(f"Kafka does not know the topic {min(missing)} yet; try again")
        self._consumer.assign(everything)
        for partition in everything:
            self._consumer.seek(partition, 0)
        self._consumer.pause(*everything)
        self._changes.put(frozenset(everything))

    def assignments(self) -> Iterator[frozenset[Partition]]:
        """Every assignment since the last call, oldest first. New partitions come paused."""
        while not self._changes.empty():
            yield self._changes.get()

    def poll(self, seconds: float) -> dict[Partition, list[Record]]:
        """What was read within ``seconds``; also keeps us in the group."""
        if time.monotonic() >= self._say_again_at:
            self._commit(self._hints)
        with sorted_errors("reading"):
            found: dict[Partition, list[Record]] = self._consumer.poll(
                timeout_ms=int(seconds * 1000), max_records=MAX_POLL_RECORDS
            )
        return found

    def position(self, partition: Partition) -> int | None:
        """Where reading goes on, control and compacted offsets skipped; None where it is not ours now."""
        if partition not in self._consumer.assignment():
            return None
        with sorted_errors(f"reading {partition.topic}/{partition.partition}"):
            found: int | None = self._consumer.position(partition)
        return found

    def read_from(self, partition: Partition, offset: int) -> None:
        """Go on at ``offset``."""
        if partition in self._consumer.assignment():
            self._consumer.seek(partition, offset)
            self._consumer.resume(partition)

    def pause(self, partitions: Iterable[Partition]) -> None:
        self._consumer.pause(*(set(partitions) & self._consumer.assignment()))

    def resume(self, partitions: Iterable[Partition]) -> None:
        self._consumer.resume(*(set(partitions) & self._consumer.assignment()))

    def spans(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """The broker's [beginning, end] of each partition; the end is the last stable offset."""
        wanted = list(partitions)
        if not wanted:
            return {}
        with sorted_errors("asking for the ends of partitions"):
            begins = self._consumer.beginning_offsets(wanted)
            ends = self._consumer.end_offsets(wanted)
        return {partition: (begins[partition], ends[partition]) for partition in wanted}

    def hint(self, partition: Partition, generation: int) -> int:
        """Where the chain of ``generation`` likely ends, from the commit; 0 where nothing is known."""
        with sorted_errors("asking for commits"):
            found = self._consumer.committed(partition, metadata=True, timeout_ms=10_000)
        number, _, first = (found.metadata if found else "").partition("/")
        return int(first) if number == str(generation) and first.isdigit() else 0

    def commit(self, links: Mapping[Partition, Link]) -> None:
        """Leave a hint of where the chains end. Losing it costs requests, never events."""
        hints = {
            partition: OffsetAndMetadata(link.next, f"{link.chain.generation}/{link.first}", -1)
            for partition, link in links.items()
        }
        self._hints |= hints
        self._commit(hints)

    def _commit(self, hints: Mapping[Partition, OffsetAndMetadata]) -> None:
        """Said again every now and then: to a commit Kafka answers where another took our name, while to
        a heartbeat it does too and the client keeps that to itself."""
        self._say_again_at = time.monotonic() + self._every
        ours = {
            partition: hint for partition, hint in hints.items() if partition in self._consumer.assignment()
        }
        if self._in_group and ours:
            with sorted_errors("leaving a hint"):
                self._consumer.commit_async(ours, callback=_committed)

    def origin(self, topic: str) -> Origin:
        """Which cluster and topic this is, as far as the broker tells."""
        # No public call of kafka-python gives both; its admin client fails on brokers that tell less.
        cluster = self._consumer._cluster
        topic_id = cluster.topic_id(topic)
        return Origin(cluster.cluster_id or "", "" if topic_id is None else str(topic_id))

    def partitions(self, topic: str) -> set[int]:
        """The partitions that the broker has of ``topic``; none where there is no such topic."""
        with sorted_errors("asking for topics"):
            return set(self._consumer.partitions_for_topic(topic) or ())

    def close(self) -> None:
        """Leave. A static member's partitions stay its own until its session ends, so a restart is quick."""
        self._consumer.close(autocommit=False, timeout_ms=5_000)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes assignments. Runs on the client's thread: nothing here may block."""

    def __init__(self, consumer: Any, changes: "queue.SimpleQueue[frozenset[Partition]]") -> None:
        self._consumer = consumer
        self._changes = changes
        self._held: frozenset[Partition] = frozenset()

    def on_partitions_revoked(self, revoked: Iterable[Partition]) -> None:
        """What stays with us is only known at the next assignment, so nothing is given up before."""

    def on_partitions_lost(self, lost: Iterable[Partition]) -> None:
        self._held = frozenset()
        self._changes.put(self._held)

    def on_partitions_assigned(self, assigned: Iterable[Partition]) -> None:
        now = frozenset(assigned)
        for partition in now - self._held:
            # A position of its own, or the client would go to the commit, which is only a hint.
            self._consumer.seek(partition, 0)
            self._consumer.pause(partition)
        self._held = now
        self._changes.put(now)


def _arguments(settings: Settings, in_group: bool) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "group_id": settings.collect_group,
        "auto_offset_reset": "none",
        "allow_auto_create_topics": False,
        "client_id": "careloop-collector",
    }
    if not in_group:
        return shared
    session = int(settings.collect_session_seconds * 1000)
    return shared | {
        "group_instance_id": settings.collect_member or socket.gethostname(),
        "session_timeout_ms": session,
        "heartbeat_interval_ms": max(session // 10, 100),
        # Not the cooperative one: the embedded broker hangs with it.
        "partition_assignment_strategy": [RangePartitionAssignor],
    }


def _committed(offsets: object, response: object) -> None:
    if isinstance(response, Exception):
        log.info("the commit of a hint was refused, which loses nothing: %s", response)
