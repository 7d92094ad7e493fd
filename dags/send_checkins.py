"""### Send check-ins

Every five minutes: **plan** reads what landed into the ledger, **send** makes the asks that are due:
claimed, told to Kafka, handed to the mail server, recorded. Who is asked is decided by the policy;
`careloop preview` shows it beforehand.

* Nothing is sent while the policy has no `live_from`, is `paused`, or the ledger is new and landing has
  not caught up.
* Nobody is asked twice, whatever stops: an ask of which nobody knows whether it left is *in doubt*,
  never repeated, and listed by `careloop preview`.
* A mail server that does not answer fails the run; the asks wait for the next one.

By hand: `dry_run` only counts what would be done, `limit` bounds the asks of one run.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param, dag, task


@dag(
    schedule="*/5 * * * *",
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=20),
    tags=["careloop", "ask"],
    doc_md=__doc__,
    default_args={"owner": "careloop", "retries": 2, "retry_delay": timedelta(seconds=20)},
    params={
        "dry_run": Param(False, type="boolean", title="Dry run", description="count only; send nothing"),
        "limit": Param(
            500, type="integer", minimum=1, maximum=5_000, title="Limit", description="asks in this run"
        ),
    },
)
def send_checkins() -> None:
    @task(execution_timeout=timedelta(minutes=8))
    def plan() -> dict[str, int]:
        """What is new in landing, into the ledger."""
        from careloop.checkins.run import plan_checkins
        from careloop.failing import at_once_when_wrong
        from infra.settings import Settings

        with at_once_when_wrong():
            return plan_checkins(Settings.load())

    @task(execution_timeout=timedelta(minutes=8))
    def send(params: dict[str, Any] | None = None) -> dict[str, int]:
        """The asks that are due."""
        from careloop.checkins.run import send_checkins as send_due
        from careloop.failing import at_once_when_wrong
        from infra.settings import Settings

        chosen = params or {}
        with at_once_when_wrong():
            return send_due(Settings.load(), limit=int(chosen["limit"]), dry_run=bool(chosen["dry_run"]))

    plan() >> send()


send_checkins()
