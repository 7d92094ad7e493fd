"""This month's prompt, as ``prompts/current.json`` says it. Read by the sender and by whoever shows it."""

from datetime import datetime

import msgspec
from msgspec import Struct

from infra.objects import Bucket
from schemas import keys


class CurrentPrompt(Struct, frozen=True, kw_only=True):
    """One month's prompt with its words by language."""

    month: str
    """YYYY-MM, in the organisation's zone"""
    prompt_id: str
    catalogue_version: str
    """sha256 of the catalogue that it was drawn from, kept as ``catalogue/<sha256>.yaml``"""
    rotated_at: datetime
    words: dict[str, str]


def current(bucket: Bucket) -> CurrentPrompt | None:
    """The prompt in force, or None before the first rotation."""
    stored = bucket.find(keys.PROMPTS_CURRENT)
    return None if stored is None else msgspec.json.decode(stored.body, type=CurrentPrompt)
