"""How often one link, and one address, may ask: token buckets in memory.

They protect the page from being hammered, not the links from being guessed (those are encrypted). Each
process counts for itself and forgets at its end. No address is written anywhere.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Bucket:
    tokens: float
    filled: float


class Limit:
    """At most ``burst`` requests at once and ``per_second`` from then on, for each name."""

    def __init__(
        self, burst: float, per_second: float, monotonic: Callable[[], float], names: int = 10_000
    ) -> None:
        self._burst, self._per_second, self._monotonic, self._names = burst, per_second, monotonic, names
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, name: str) -> float:
        """0 if ``name`` may go on, else the seconds to wait."""
        now = self._monotonic()
        bucket = self._buckets.pop(name, None) or _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled) * self._per_second)
        bucket.filled = now
        self._buckets[name] = bucket
        while len(self._buckets) > self._names:
            # The name unseen for longest is the one most likely to be full again.
            self._buckets.popitem(last=False)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / self._per_second


def network(address: str) -> str:
    """The name an address is counted under: an IPv6 client owns its whole /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))
