"""An Airflow of the test run's own: one migrated metadata database, one process that runs DAGs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from infra.local.environment import variables
from infra.settings import Settings

DAGS = Path(__file__).parents[2] / "dags"
SERVE = Path(__file__).with_name("serve_runs.py")


@dataclass(frozen=True)
class Run:
    """What one run of a DAG came to."""

    state: str
    returned: dict[str, Any]
    """task id to what it returned"""
    log: str


class Runner:
    """Runs DAGs to their end: ``run_dag("send_checkins", settings, dry_run=True)``."""

    def __init__(self, requests: IO[str], answers: IO[str], log: Path) -> None:
        self._requests, self._answers, self._log = requests, answers, log

    def __call__(self, dag_id: str, settings: Settings, **conf: Any) -> Run:
        begin = self._log.stat().st_size
        request = {"dag_id": dag_id, "environment": variables(settings), "conf": conf}
        self._requests.write(json.dumps(request) + "\n")
        self._requests.flush()
        answer = self._answers.readline()
        said = self._log.read_bytes()[begin:].decode(errors="replace")
        assert answer, said
        return Run(log=said, **json.loads(answer))


@pytest.fixture(scope="session")
def run_dag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Run]]:
    """The runner of this test session; stopped with it."""
    home = tmp_path_factory.mktemp("airflow")
    environment = _environment(home)
    log = home / "runs.log"
    with log.open("wb") as output:
        migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
        made = subprocess.run(migrate, env=environment, stdout=output, stderr=output, check=False)
        assert made.returncode == 0, log.read_text()
        read_end, write_end = os.pipe()
        process = subprocess.Popen(
            [sys.executable, str(SERVE), str(DAGS)],
            env=environment | {"ANSWERS": str(write_end)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            text=True,
            pass_fds=[write_end],
        )
        os.close(write_end)
        assert process.stdin is not None
        with os.fdopen(read_end) as answers, process.stdin as requests:
            yield Runner(requests, answers, log)
        process.wait(timeout=30)


def _environment(home: Path) -> dict[str, str]:
    """Nothing of whoever runs the tests, and an Airflow home of its own."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CARELOOP"))
    }
    return clean | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "PYTHONUNBUFFERED": "1",
    }
