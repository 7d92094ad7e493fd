"""Which prompt a month has: a pure function of catalogue, seed and month.

Every prompt is used once before any is used again. Appending a prompt (with ``since`` the month it may
first appear in) changes no month before it, so the past can always be worked out again.
"""

import hashlib

from careloop.prompts.catalogue import Catalogue, Prompt
from schemas.errors import InputError


def prompt_for(catalogue: Catalogue, seed: str, month: str) -> Prompt:
    """The prompt of ``month`` (YYYY-MM); `InputError` where the catalogue has none that early."""
    at = min(prompt.since for prompt in catalogue.prompts)
    if month < at:
        raise InputError(f"the prompt catalogue begins in {at}: it has no prompt for {month}")
    used: set[str] = set()
    cycle = 0
    last: Prompt | None = None
    while True:
        known = [prompt for prompt in catalogue.prompts if prompt.since <= at]
        if all(prompt.id in used for prompt in known):
            used, cycle = set(), cycle + 1
        free = [prompt for prompt in known if prompt.id not in used]
        # A new cycle does not begin with what the last one ended on.
        last = min((p for p in free if p is not last or len(free) == 1), key=lambda p: _lot(seed, cycle, p))
        used.add(last.id)
        if at == month:
            return last
        at = _following(at)


def _lot(seed: str, cycle: int, prompt: Prompt) -> bytes:
    return hashlib.sha256(f"{seed}|{cycle}|{prompt.id}".encode()).digest()


def _following(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"
