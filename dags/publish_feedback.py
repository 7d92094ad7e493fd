"""When: figures are published hourly. What is done lies in `careloop.publish`."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Param, dag, task

DOC = """
### publish_feedback

Landing → history → figures → gate → **a published version**, once an hour.

| task | does |
|---|---|
| curate | reads what landed since the last run: deduplicated, pseudonymous, redacted |
| aggregate | makes the tables of every dataset in `staging/<run>/` |
| gate | checks them, and writes the quality page `quality/<run>/index.html` |
| publish | writes `published/<version>/` and moves `published/latest.json`, last |

**If `gate` is red**, the version is held: readers keep the last good one, nothing after this run is
blocked, and the log's last line names the quality page, which says what failed on which rows. Mend the
cause and trigger the DAG again; it starts from landing. **If `publish` is skipped**, another run was
quicker and its version is current.

After a metric was fixed, trigger by hand and say why: figures may then shrink with a warning only.
"""


@dag(
    schedule="@hourly",
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=50),
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(minutes=20),
    },
    params={
        "reason": Param(
            None,
            type=["null", "string"],
            maxLength=500,
            title="Reason",
            description="Why figures are published again, such as a metric that was fixed. It is kept with "
            "the version; with a reason, figures may shrink.",
        )
    },
    tags=["careloop", "publish"],
    doc_md=DOC,
)
def publish_feedback() -> None:
    @task
    def curate(params: dict[str, str | None] | None = None) -> str:
        from careloop.publish import tasks

        return tasks.curate((params or {}).get("reason"))

    @task
    def aggregate(run: str) -> str:
        from careloop.publish import tasks

        return tasks.aggregate(run)

    @task
    def gate(run: str) -> str:
        from careloop.publish import tasks

        return tasks.gate(run)

    @task
    def publish(run: str) -> str:
        from careloop.publish import tasks

        return tasks.publish(run)

    publish(gate(aggregate(curate())))


publish_feedback()
