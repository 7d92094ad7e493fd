"""``publish_feedback`` is what its page says: hourly, one run at a time, and a hold is seen."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from careloop.publish import reader, steps, tasks
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import Conflict, Held, InputError, Unavailable

ROOT = Path(__file__).parents[2]

STRUCTURE = """
import json, sys
sys.path.insert(0, "dags")
import publish_feedback as module
dag = module.publish_feedback()
print(json.dumps({
    "tasks": [[task.task_id, sorted(task.downstream_task_ids), task.retries,
               task.execution_timeout.total_seconds(), task.depends_on_past] for task in dag.tasks],
    "runs": dag.max_active_runs, "catchup": dag.catchup, "tags": sorted(dag.tags), "doc": dag.doc_md,
    "timeout": dag.dagrun_timeout.total_seconds(), "params": list(dag.params),
    "heavy": sorted({"pandas", "pyarrow", "boto3", "duckdb", "great_expectations"} & set(sys.modules)),
}))
"""


def _airflow(code: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=280
    )


def test_the_dag_is_hourly_one_at_a_time_and_thin(tmp_path: Path) -> None:
    made = _airflow(STRUCTURE, tmp_path)
    assert made.returncode == 0, made.stderr[-2000:]
    dag = json.loads(made.stdout.splitlines()[-1])
    assert [(name, after) for name, after, *_ in dag["tasks"]] == [
        ("curate", ["aggregate"]), ("aggregate", ["gate"]), ("gate", ["publish"]), ("publish", []),
    ]  # fmt: skip
    assert all(retries >= 1 and timeout and not past for _, _, retries, timeout, past in dag["tasks"])
    assert (dag["runs"], dag["catchup"], dag["params"]) == (1, False, ["reason"])
    assert dag["timeout"]
    assert "careloop" in dag["tags"]
    assert "quality page" in dag["doc"]
    assert dag["heavy"] == []


def test_airflow_runs_it_and_a_version_is_published(
    settings: Settings, bucket: Bucket, run_dag: Callable[..., Any]
) -> None:
    run = run_dag("publish_feedback", settings, reason="a metric was fixed")
    assert run.state == "success", run.log[-3000:]
    manifest = reader.latest(bucket)
    assert manifest.reason == "a metric was fixed"
    assert run.returned["publish"] == manifest.version


@pytest.fixture
def no_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_bucket", lambda: None)


@pytest.mark.parametrize(
    "error",
    [Held("held: see quality/x/index.html", "quality/x/index.html"), InputError("policy.yaml, line 3: no")],
)
def test_a_hold_fails_its_run_at_once_and_names_the_quality_page(
    error: Exception, no_bucket: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(steps, "gate", fail)
    with pytest.raises(AirflowFailException, match=str(error)[:20]):
        tasks.gate("run")


def test_a_run_that_was_overtaken_is_skipped(no_bucket: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    def lose(*_: object) -> None:
        raise Conflict("a newer publisher won")

    monkeypatch.setattr(steps, "release", lose)
    with pytest.raises(AirflowSkipException, match="a newer publisher won"):
        tasks.publish("run")


def test_what_may_pass_is_tried_again(no_bucket: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise Unavailable("S3 does not answer")

    monkeypatch.setattr(steps, "aggregate", away)
    with pytest.raises(Unavailable):
        tasks.aggregate("run")
