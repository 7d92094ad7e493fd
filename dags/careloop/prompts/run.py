"""One run of the rotation, with everything it needs opened and closed. Called by the DAG."""

from careloop import policies
from careloop.prompts.rotate import rotate
from infra.broker import Publisher
from infra.clock import Clock, utc_now
from infra.objects import Bucket
from infra.settings import Settings


def rotate_prompt(settings: Settings, clock: Clock = utc_now, *, pinned: str | None = None) -> dict[str, str]:
    """The month and the prompt that are in force now."""
    bucket = Bucket.open(settings)
    policy, _ = policies.load(settings, bucket, clock())
    with Publisher(settings) as publisher:
        prompt = rotate(bucket, publisher, policy, clock(), pinned=pinned)
    return {"month": prompt.month, "prompt_id": prompt.prompt_id}
