"""Delivers events to Kafka and returns once they are acknowledged: only then is a client thanked.

One producer, shared by all requests and made at the first; after a failure it is thrown away, with what
it still held, and made anew at the next try. Keeps nothing: what could not be delivered is the page's to
keep, in the form.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from schemas.cloudevents import Event
from schemas.errors import Unavailable

SECONDS = 8.0
"""how long a client waits before the page says to try again"""


class Sends(Protocol):
    """What the outbox needs of `infra.broker.Publisher`."""

    def send(self, event: Event) -> None: ...

    def flush(self, seconds: float = ...) -> None: ...

    def close(self) -> None: ...


class Outbox:
    """Safe to use from several threads; one delivery at a time."""

    def __init__(self, connect: Callable[[], Sends]) -> None:
        self._connect = connect
        self._publisher: Sends | None = None
        self._lock = threading.Lock()

    def deliver(self, events: Sequence[Event]) -> None:
        """Return once all of ``events`` are acknowledged; `Unavailable` otherwise."""
        if not self._lock.acquire(timeout=SECONDS):
            raise Unavailable("the deliveries before this one are still waiting for Kafka")
        try:
            if self._publisher is None:
                self._publisher = self._connect()
            for event in events:
                self._publisher.send(event)
            self._publisher.flush(SECONDS)
        except Exception:
            self._drop()
            raise
        finally:
            self._lock.release()

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._publisher is not None:
            self._publisher.close()
        self._publisher = None
