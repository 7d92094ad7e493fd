"""A whole publication in one process: what the DAG ``publish_feedback`` does task by task.

Called by ``careloop publish`` and by tests.
"""

from collections.abc import Callable

from careloop.publish import steps
from careloop.publish.steps import Published
from infra.clock import Clock
from infra.objects import Bucket
from infra.settings import Settings


def publish(
    settings: Settings,
    bucket: Bucket,
    clock: Clock,
    *,
    reason: str | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Published:
    """Curate, aggregate, gate and publish; ``progress`` hears the name of each step as it begins.

    Raises `Held` where the gate holds the version and `Conflict` where another publisher was quicker;
    in both cases readers see what they saw before.
    """
    run = steps.begin(bucket, clock(), reason)
    progress("curate")
    steps.curate(bucket, settings, run)
    progress("aggregate")
    steps.aggregate(bucket, run)
    progress("gate")
    steps.gate(bucket, run)
    progress("publish")
    return steps.release(bucket, run)
