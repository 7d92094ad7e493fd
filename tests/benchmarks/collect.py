"""``make bench``: CPU-seconds per million events, the collector beside a bare poll loop that drops them.

Both read the same events of about 300 bytes from the embedded broker, in one run, one after the other. Quote
the median and the ratio, never one time: machines are noisy. The embedded broker holds at most about 100,000
messages, so this tells about the client and the collector, not about Kafka.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.table import Table

from consumers.collect import collect
from infra.broker import Publisher, consumer, ensure_topics
from infra.cli.console import errors, out
from infra.local.session import embedded
from infra.objects import Bucket
from infra.settings import Settings
from schemas.cloudevents import event
from schemas.events import TicketResolved
from schemas.topics import Topic

EVENTS = 60_000
ROUNDS = 3


@dataclass(frozen=True)
class Cost:
    """What one pass cost."""

    cpu: float
    wall: float


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with TemporaryDirectory() as home:
        settings = Settings.load(home=Path(home), kafka_partitions=12)
        with embedded(settings, "kafka", "s3") as running, errors.status("measuring …"):
            ensure_topics(running)
            size = _produce(running, events)
            costs: dict[str, list[Cost]] = {"bare poll loop, records dropped": [], "careloop collect": []}
            for number in range(ROUNDS):
                costs["bare poll loop, records dropped"].append(_cost(lambda: _drop(running, events)))
                fresh = running.model_copy(update={"s3_bucket": f"bench-{number}"})
                Bucket.open(fresh).ensure()
                costs["careloop collect"].append(
                    _cost(lambda fresh=fresh: collect(fresh, Bucket.open(fresh), until_caught_up=True))
                )
    out.print(_table(costs, events, size))


def _produce(settings: Settings, events: int) -> float:
    """Produce, and return the mean size of a value in bytes."""
    now, total = datetime(2026, 1, 1, tzinfo=UTC), 0
    with Publisher(settings) as publisher:
        for number in range(events):
            data = TicketResolved(
                ticket_id=f"T-{number}", resolution_seq=1, resolved_at=now, resolved_by="human",
                client_id=f"C-{number % 5_000}", product="Wallet", summary="The card was blocked. " * 5,
            )  # fmt: skip
            made = event(source="bench", id=f"T-{number}/1", time=now, data=data)
            total += len(made.data)
            publisher.send(made)
        publisher.flush(120)
    return total / events


def _drop(settings: Settings, events: int) -> None:
    bare = consumer(settings, auto_offset_reset="earliest", group_id=f"bench-{time.monotonic_ns()}")
    bare.subscribe([str(Topic.RESOLUTIONS)])
    seen = 0
    while seen < events:
        seen += sum(len(records) for records in bare.poll(timeout_ms=200, max_records=5_000).values())
    bare.close()


def _cost(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def _table(costs: dict[str, list[Cost]], events: int, size: float) -> Table:
    table = Table(title=f"{events:,} events of {size:.0f} bytes, 12 partitions, median of {ROUNDS}")
    for name in ("what", "CPU-s per million", "wall s", "ratio of CPU"):
        table.add_column(name, justify="left" if name == "what" else "right")
    bare = statistics.median(cost.cpu for cost in next(iter(costs.values())))
    for name, found in costs.items():
        cpu = statistics.median(cost.cpu for cost in found)
        wall = statistics.median(cost.wall for cost in found)
        table.add_row(name, f"{cpu / events * 1e6:.1f}", f"{wall:.1f}", f"{cpu / bare:.2f}")
    return table


if __name__ == "__main__":
    main()
