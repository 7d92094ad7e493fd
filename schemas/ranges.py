"""What a landing object says about itself: the link between one range of a chain and the next.

A range is ``[first, next)`` of one partition. Its object is created under ``first``; everything else
that the chain needs is the object's metadata, so that the end of a chain is found without reading a
body. Written by the collector alone; read by everyone who reads landing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.errors import ChainBroken
from schemas.keys import ChainId


@dataclass(frozen=True)
class Link:
    """One range of a chain, as its object's key and metadata tell it."""

    chain: ChainId
    first: int
    next: int
    rows: int = 0
    refused: int = 0
    """how many of its messages are dead letters"""
    dead_letters: str = ""
    """key of the object that holds them; empty where there are none"""
    last_offset: int | None = None
    """offset of the last record at or before this range; control and compacted offsets hold none"""
    last_digest: str = ""
    cluster_id: str = ""
    topic_id: str = ""

    @property
    def key(self) -> str:
        return self.chain.landing(self.first)

    def metadata(self) -> dict[str, str]:
        return {
            "next": str(self.next),
            "rows": str(self.rows),
            "refused": str(self.refused),
            "dead-letters": self.dead_letters,
            "last-offset": "" if self.last_offset is None else str(self.last_offset),
            "last-digest": self.last_digest,
            "cluster-id": self.cluster_id,
            "topic-id": self.topic_id,
        }

    @classmethod
    def read(cls, chain: ChainId, first: int, metadata: Mapping[str, str]) -> "Link":
        """The link under ``chain.landing(first)``; `ChainBroken` where its metadata is no link."""
        try:
            last = metadata.get("last-offset", "")
            link = cls(
                chain=chain,
                first=first,
                next=int(metadata["next"]),
                rows=int(metadata.get("rows", "0")),
                refused=int(metadata.get("refused", "0")),
                dead_letters=metadata.get("dead-letters", ""),
                last_offset=int(last) if last else None,
                last_digest=metadata.get("last-digest", ""),
                cluster_id=metadata.get("cluster-id", ""),
                topic_id=metadata.get("topic-id", ""),
            )
        except (KeyError, ValueError):
            raise ChainBroken(
                f"{chain.landing(first)} has no readable chain metadata: the collector did not write it. "
                f"Restore the object from a copy with its metadata, then run `careloop verify`."
            ) from None
        if link.next <= link.first:
            raise ChainBroken(
                f"{link.key} says that it ends at {link.next}, where it begins; run `careloop verify`"
            )
        return link
