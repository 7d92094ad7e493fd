"""History → published datasets: definitions as SQL files, privacy before figures. See `aggregate`."""

from careloop.metrics.aggregate import Aggregates, aggregate
from careloop.metrics.previous import WAITING, PreviousVersion

__all__ = ["WAITING", "Aggregates", "PreviousVersion", "aggregate"]
