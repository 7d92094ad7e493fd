"""The DAG itself: what it promises about schedule, form and failure, and one run of it."""

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.clock import utc_now
from infra.objects import Bucket
from infra.settings import Settings
from tests.careloop.checkins.making import resolved, text
from tests.landing_fixture import land

DAGS = Path(__file__).parents[2] / "dags"
OURS = ("send_checkins", "rotate_prompt")


@pytest.mark.parametrize("name", OURS)
def test_a_dag_file_is_thin(name: str) -> None:
    """Each file is parsed every 30 seconds: nothing but Airflow's own names is imported at its top."""
    tree = ast.parse((DAGS / f"{name}.py").read_text())
    imported = {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert imported <= {"datetime", "typing", "airflow.sdk"}


def test_airflow_parses_no_file_of_the_domain() -> None:
    lines = (DAGS / ".airflowignore").read_text().splitlines()
    assert "careloop/" in lines


def test_a_run_counts_in_a_dry_run_and_names_no_client(
    kafka_settings: Settings, tmp_path: Path, run_dag: Callable[..., Any]
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text(delay="1s"))
    live = kafka_settings.model_copy(update={"policy_file": file})
    land(
        Bucket.open(live),
        [resolved("T1", client="secret-client", resolved_at=utc_now() - timedelta(hours=1))],
    )
    run = run_dag("send_checkins", live, dry_run=True)
    assert run.state == "success", run.log
    assert run.returned == {"plan": {"resolutions": 1}, "send": {"asked": 1}}
    assert "secret-client" not in run.log


def test_a_wrong_policy_fails_the_run_visibly(
    kafka_settings: Settings, tmp_path: Path, run_dag: Callable[..., Any]
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("version: 1\nprogrammes: [")
    run = run_dag("send_checkins", kafka_settings.model_copy(update={"policy_file": file}))
    assert run.state == "failed"
    assert "policy.yaml, line 2" in run.log
