"""Rotate: puts the month's prompt into force. Runs hourly; all but one run a month find it done.

The month is the run's moment in the organisation's zone. A prompt stays for its whole month, even when
the catalogue changes; only its words are corrected. Called by the DAG.
"""

import logging
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from careloop.prompts import catalogue as catalogues
from careloop.prompts.catalogue import Catalogue, Prompt
from careloop.prompts.current import CurrentPrompt, current
from careloop.prompts.rotation import prompt_for
from infra.ledger.outbox import Publishing
from infra.objects import Bucket
from schemas import keys
from schemas.cloudevents import Event, event
from schemas.errors import AlreadyExists, Conflict, InputError
from schemas.events import PromptRotated
from schemas.policy import Policy

SOURCE = "/careloop/prompts"

log = logging.getLogger(__name__)


def rotate(
    bucket: Bucket,
    publisher: Publishing,
    policy: Policy,
    now: datetime,
    *,
    pinned: str | None = None,
    path: Path = catalogues.SHIPPED,
) -> CurrentPrompt:
    """The prompt in force from now on. ``pinned`` is a prompt id that ops chose for this month.

    A wrong catalogue raises `InputError` and leaves the old prompt in force.
    """
    catalogue, raw = catalogues.read(path)
    month = now.astimezone(ZoneInfo(policy.organisation.time_zone)).strftime("%Y-%m")
    before = current(bucket)
    chosen = _choose(catalogue, policy.prompt_seed, month, before, pinned)
    kept = before is not None and before.month == month and before.prompt_id == chosen.id
    wanted = CurrentPrompt(
        month=month,
        prompt_id=chosen.id,
        catalogue_version=catalogues.version(raw),
        rotated_at=before.rotated_at if kept and before else now,
        words=chosen.words,
    )
    if wanted == before:
        return wanted
    bucket.put(keys.catalogue(wanted.catalogue_version), raw, content_type="application/yaml")
    if not kept:
        # Said before it counts: a crash in between says it again, under the same id.
        publisher.send(rotated(wanted))
        publisher.flush()
    return _put_into_force(bucket, wanted)


def rotated(prompt: CurrentPrompt) -> Event:
    """The event of one rotation. Its id follows from month and prompt."""
    data = PromptRotated(
        month=prompt.month,
        prompt_id=prompt.prompt_id,
        rotated_at=prompt.rotated_at,
        catalogue_version=prompt.catalogue_version,
    )
    return event(source=SOURCE, id=f"{prompt.month}:{prompt.prompt_id}", time=prompt.rotated_at, data=data)


def _choose(
    catalogue: Catalogue, seed: str, month: str, before: CurrentPrompt | None, pinned: str | None
) -> Prompt:
    by_id = {prompt.id: prompt for prompt in catalogue.prompts}
    if pinned is not None:
        if pinned not in by_id:
            raise InputError(
                f"prompt_id {pinned!r} is not in the catalogue; it has {', '.join(sorted(by_id))}"
            )
        return by_id[pinned]
    if before is not None and before.month == month and before.prompt_id in by_id:
        return by_id[before.prompt_id]
    return prompt_for(catalogue, seed, month)


def _put_into_force(bucket: Bucket, wanted: CurrentPrompt) -> CurrentPrompt:
    stored = bucket.find(keys.PROMPTS_CURRENT)
    body = msgspec.json.encode(wanted)
    try:
        if stored is None:
            bucket.create(keys.PROMPTS_CURRENT, body, content_type="application/json")
        else:
            bucket.replace(keys.PROMPTS_CURRENT, body, stored.etag, content_type="application/json")
    except (AlreadyExists, Conflict):
        log.info("another run rotated the prompt at the same time")
        return current(bucket) or wanted
    log.info("the prompt of %s is %s", wanted.month, wanted.prompt_id)
    return wanted
