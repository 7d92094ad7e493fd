"""Effort ratings from 1 to 7 around a mean. Pure.

Ratings are taken from their distribution at evenly spread places instead of by chance, so that a
group's mean is the intended one within a few hundredths, whatever the day the sample is first played:
what the fortnight hides must be there to be found.
"""

import math
from collections.abc import Iterator
from functools import cache

SCALE = range(1, 8)
_SPREAD = 1.5
_GOLDEN = (math.sqrt(5) - 1) / 2


@cache
def cumulative(mean: float) -> tuple[float, ...]:
    """P(rating ≤ k) for k of the scale: a bell around some centre, cut to the scale, with this mean."""
    low, high = -5.0, 13.0
    for _ in range(60):
        centre = (low + high) / 2
        low, high = (centre, high) if _mean(_bell(centre)) < mean else (low, centre)
    total, reached = 0.0, []
    for share in _bell(low):
        total += share
        reached.append(total)
    return tuple(reached)


def _bell(centre: float) -> list[float]:
    heights = [math.exp(-((k - centre) ** 2) / (2 * _SPREAD**2)) for k in SCALE]
    return [height / sum(heights) for height in heights]


def _mean(shares: list[float]) -> float:
    return sum(k * share for k, share in zip(SCALE, shares, strict=True))


def around(mean: float, offset: float) -> Iterator[int]:
    """Endless ratings whose mean tends quickly to ``mean``; ``offset`` (0 to 1) makes them differ."""
    reached, place = cumulative(mean), offset % 1
    while True:
        place = (place + _GOLDEN) % 1
        yield next((k for k, limit in zip(SCALE, reached, strict=True) if place < limit), SCALE[-1])
