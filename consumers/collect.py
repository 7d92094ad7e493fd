"""The loop: poll, decode, close ranges, land them, commit the hint. Never commits what has not landed.

The outcomes of any input are decided here, once: wrong for ever is a dead letter (`consumers.decode`),
wrong for now is `Unavailable` (no commit, back off, try again), and everything else is ours: it stops the
collector, loudly. See ``docs/checkpointing.md``. Called by ``careloop collect`` and by tests.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

from consumers.backoff import Backoff
from consumers.batch import Close
from consumers.holdings import Holdings
from consumers.source import Partition, Source
from consumers.tally import Tally
from infra.broker import ensure_topics
from infra.clock import Clock, utc_now
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import Unavailable

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
REST_SECONDS = 0.2
"""after a poll that gave nothing; a broker that answers every fetch at once would keep us spinning"""
LEAVE_WITHIN = timedelta(seconds=20)
"""how long a stopped collector tries to land what it holds; the rest is read again by the next one"""
PATIENCE = timedelta(seconds=60)
"""how long ``--until-caught-up`` goes without any progress before it gives up"""

Progress = Callable[[int, int], None]
"""called with the offsets landed and the offsets to land"""


class Collector:
    """One run: until told to stop, or until caught up."""

    def __init__(
        self, settings: Settings, bucket: Bucket, clock: Clock,
        stop: threading.Event, progress: Progress | None, *, until_caught_up: bool,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._bucket = bucket
        self._clock = clock
        self._stop = stop
        self._progress = progress
        self._until_caught_up = until_caught_up
        self._targets: dict[Partition, int] = {}
        self._moved_at = clock()
        self._backoff = Backoff(patience=PATIENCE if until_caught_up else None)

    def run(self) -> Tally:
        source = self._connected()
        if source is None:
            return Tally()
        with closing(source):
            self._ours = Holdings(self._settings, self._bucket, source, self._clock)
            while not (self._stop.is_set() or self._caught_up()):
                self._step(source)
            self._leave()
        return self._ours.tally

    def _connected(self) -> Source | None:
        """Kafka, once it answers; None where we were told to stop before it did."""
        while not self._stop.is_set():
            try:
                ensure_topics(self._settings)
                source = Source(self._settings, in_group=not self._until_caught_up)
            except Unavailable as why:
                self._stop.wait(self._delay(why))
            else:
                self._backoff.succeeded()
                return source
        return None

    def _step(self, source: Source) -> None:
        """One turn: whatever came, then whatever is due."""
        try:
            found = source.poll(POLL_SECONDS)
        except Unavailable as why:
            self._stop.wait(self._delay(why))
            return
        if not found:
            self._stop.wait(REST_SECONDS)
        for assigned in source.assignments():
            self._ours.follow(assigned)
        if self._ours.take(found):
            self._moved_at = self._clock()
        if self._backoff.waiting(self._clock()):
            return
        try:
            self._start()
            self._land_due()
        except Unavailable as why:
            self._delay(why)
            source.pause(self._ours.held)
        else:
            if self._backoff.failing:
                self._backoff.succeeded()
                source.resume(self._ours.held)
                log.info("going on: what did not answer is back")

    def _delay(self, why: Unavailable) -> float:
        """How many seconds to wait, said once for every try."""
        seconds = self._backoff.failed(why, self._clock()).total_seconds()
        log.warning("trying again in %.1f s, nothing was committed: %s", seconds, why)
        return seconds

    def _start(self) -> None:
        for partition, standing in self._ours.start().items():
            if self._until_caught_up:
                self._targets.setdefault(partition, standing.end)
            self._moved_at = self._clock()

    def _land_due(self) -> None:
        for partition, because in self._ours.due(self._targets):
            self._ours.land(partition, because)
            self._moved_at = self._clock()
        if self._progress and self._targets:
            self._progress(sum(map(self._reached, self._targets)), sum(self._targets.values()))

    def _reached(self, partition: Partition) -> int:
        return min(self._ours.landed_to(partition), self._targets[partition])

    def _caught_up(self) -> bool:
        """Whether every partition has landed up to the end that it had when we began."""
        if not self._until_caught_up or not self._targets or self._ours.waiting:
            return False
        if all(self._reached(partition) >= target for partition, target in self._targets.items()):
            return True
        if not self._backoff.failing and self._clock() - self._moved_at > PATIENCE:
            raise Unavailable(
                f"Kafka at {self._settings.kafka_bootstrap} gave nothing for {PATIENCE.seconds} s, "
                f"and the end is not reached; what was read has landed, try again"
            )
        return False

    def _leave(self) -> None:
        """Land what we hold within `LEAVE_WITHIN`; what is left is read again by the next collector."""
        deadline = self._clock() + LEAVE_WITHIN
        for partition, holder in list(self._ours.held.items()):
            while not holder.open.empty:
                try:
                    self._ours.land(partition, Close.SHUTDOWN)
                    break
                except Unavailable as why:
                    if self._clock() >= deadline:
                        log.warning("%s: not landed, it will be read again: %s", holder.open.chain, why)
                        break
                    threading.Event().wait(0.5)


def collect(
    settings: Settings,
    bucket: Bucket,
    *,
    until_caught_up: bool = False,
    stop: threading.Event | None = None,
    clock: Clock = utc_now,
    progress: Progress | None = None,
) -> Tally:
    """Collect all topics into landing; returns what was done."""
    stop = stop or threading.Event()
    return Collector(settings, bucket, clock, stop, progress, until_caught_up=until_caught_up).run()
