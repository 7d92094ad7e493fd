"""### Rotate the monthly prompt

Hourly, and done once a month: draws the month's open prompt from the catalogue and tells Kafka. The
month is that of the run's own moment in the organisation's zone. Prompts are not repeated before all
have been used; a catalogue with a mistake fails the run and leaves the old prompt in force.

By hand: `prompt_id` pins a prompt for the rest of this month.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param, dag, task


@dag(
    schedule="7 * * * *",
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=10),
    tags=["careloop", "ask"],
    doc_md=__doc__,
    default_args={"owner": "careloop", "retries": 2, "retry_delay": timedelta(seconds=20)},
    params={
        "prompt_id": Param(
            None,
            type=["null", "string"],
            title="Pin a prompt",
            description="its id in the catalogue; empty: as the rotation says",
        ),
    },
)
def rotate_prompt() -> None:
    @task(execution_timeout=timedelta(minutes=3))
    def rotate(params: dict[str, Any] | None = None) -> dict[str, str]:
        """This month's prompt into force."""
        from careloop.failing import at_once_when_wrong
        from careloop.prompts.run import rotate_prompt as rotate_now
        from infra.settings import Settings

        with at_once_when_wrong():
            return rotate_now(Settings.load(), pinned=(params or {}).get("prompt_id") or None)

    rotate()


rotate_prompt()
