"""One run of the rotation, by the schedule and by hand."""

from collections.abc import Callable
from typing import Any

from careloop.prompts import catalogue, current
from infra.objects import Bucket
from infra.settings import Settings


def test_a_run_puts_the_months_prompt_into_force_and_a_pin_replaces_it(
    kafka_settings: Settings, run_dag: Callable[..., Any]
) -> None:
    run = run_dag("rotate_prompt", kafka_settings)
    assert run.state == "success", run.log
    prompt = current(Bucket.open(kafka_settings))
    assert prompt is not None
    assert run.returned["rotate"] == {"month": prompt.month, "prompt_id": prompt.prompt_id}
    other = next(p.id for p in catalogue.read()[0].prompts if p.id != prompt.prompt_id)
    pinned = run_dag("rotate_prompt", kafka_settings, prompt_id=other)
    assert pinned.returned["rotate"]["prompt_id"] == other
