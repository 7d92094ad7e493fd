"""Object keys: the one place that knows how the bucket is laid out (see docs/architecture.md)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

LANDING = "landing/"
DEAD_LETTERS = "dead-letters/"
HISTORY = "history/"
STAGING = "staging/"
QUALITY = "quality/"
PUBLISHED = "published/"
WAITING = "waiting/"
LATEST = "published/latest.json"
POLICY_CURRENT = "policy/current.json"
PROMPTS_CURRENT = "prompts/current.json"
HISTORY_MANIFEST = "history/_manifest.json"

_LANDING = re.compile(
    r"^landing/(?P<topic>[a-zA-Z0-9._-]+)/(?P<generation>\d+)/(?P<partition>\d+)/(?P<first>\d{20})\.parquet$"
)

_DEAD_LETTERS = re.compile(
    r"^dead-letters/(?P<topic>[a-zA-Z0-9._-]+)/(?P<generation>\d+)/(?P<partition>\d+)/(?P<first>\d+)-\w+\.parquet$"
)


@dataclass(frozen=True, order=True)
class ChainId:
    """One chain of ranges: a topic's partition in one generation of the topic."""

    topic: str
    generation: int
    partition: int

    @property
    def prefix(self) -> str:
        return f"{LANDING}{self.topic}/{self.generation}/{self.partition}/"

    def landing(self, first: int) -> str:
        """Key of the range that starts at offset ``first``; sorts as the offset does."""
        return f"{self.prefix}{first:020d}.parquet"

    def dead_letters(self, first: int, unique: str) -> str:
        return f"{DEAD_LETTERS}{self.topic}/{self.generation}/{self.partition}/{first}-{unique}.parquet"

    def __str__(self) -> str:
        return f"{self.topic}/{self.generation}/{self.partition}"


def parse_landing(key: str) -> tuple[ChainId, int]:
    """The chain and first offset of a landing key; ``ValueError`` for any other key."""
    match = _LANDING.match(key)
    if match is None:
        raise ValueError(f"not a landing key: {key}")
    chain = ChainId(match["topic"], int(match["generation"]), int(match["partition"]))
    return chain, int(match["first"])


def parse_dead_letters(key: str) -> tuple[ChainId, int]:
    """The chain and the first offset of the range that a dead-letter key belongs to."""
    match = _DEAD_LETTERS.match(key)
    if match is None:
        raise ValueError(f"not a dead-letter key: {key}")
    chain = ChainId(match["topic"], int(match["generation"]), int(match["partition"]))
    return chain, int(match["first"])


def generation_marker(topic: str, generation: int) -> str:
    """Says why ``generation`` of ``topic`` was started; no landing key, so readers of ranges pass it by."""
    return f"{LANDING}{topic}/{generation}/generation.json"


def history(event: str, day: date, name: str) -> str:
    """``day`` is the UTC date of the events' ce_time."""
    return f"{HISTORY}{event}/date={day.isoformat()}/{name}.parquet"


def staging(run: str, name: str) -> str:
    return f"{STAGING}{run}/{name}"


def quality(run: str, name: str) -> str:
    return f"{QUALITY}{run}/{name}"


def published(version: str, name: str) -> str:
    return f"{PUBLISHED}{version}/{name}"


def waiting(version: str) -> str:
    """What the version after ``version`` must know of it: who is counted where. Never published."""
    return f"{WAITING}{version}.parquet"


def version(started: datetime, digest: str) -> str:
    """A version's name: its UTC start plus a digest of its inputs; sorts by time."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:12]}"


def policy(sha256: str) -> str:
    return f"policy/{sha256}.yaml"


def catalogue(sha256: str) -> str:
    return f"catalogue/{sha256}.yaml"
