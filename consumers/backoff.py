"""Waits longer each time a service does not answer, and says when to give up. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.errors import Unavailable


@dataclass
class Backoff:
    """``patience`` None never gives up: a service waits for what it needs to come back."""

    first: timedelta = timedelta(seconds=0.5)
    most: timedelta = timedelta(seconds=30)
    patience: timedelta | None = None
    _since: datetime | None = None
    _delay: timedelta | None = None
    _until: datetime | None = None

    def failed(self, why: Unavailable, now: datetime) -> timedelta:
        """How long to wait now; raises ``why`` where patience is over."""
        self._since = self._since or now
        if self.patience is not None and now - self._since >= self.patience:
            raise why
        self._delay = min(self._delay * 2, self.most) if self._delay else self.first
        self._until = now + self._delay
        return self._delay

    def succeeded(self) -> None:
        self._since = self._delay = self._until = None

    def waiting(self, now: datetime) -> bool:
        return self._until is not None and now < self._until

    @property
    def failing(self) -> bool:
        """Something failed and has not succeeded since."""
        return self._since is not None
