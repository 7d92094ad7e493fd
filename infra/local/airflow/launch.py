"""Starts Airflow part by part and says when it is ready.

``db migrate`` runs only where the metadata database is not yet at this Airflow's version. The scheduler
waits for the API server: its tasks report there, and one that starts sooner would fail. At first it runs
only what is asked for; `follow_schedules` lets the DAGs' own schedules begin, and starts the triggerer,
which none of them waits for.
"""

import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version

from infra.local.airflow import config
from infra.local.airflow.client import Airflow
from infra.local.keys import Keys
from infra.local.ports import LOOPBACK, Ports
from infra.local.processes import Part, Supervisor
from infra.settings import Settings
from schemas.errors import StackError

DAGS = ("send_checkins", "rotate_prompt", "publish_feedback")
_MIGRATE = "airflow-migrate"
_FIRST = {"airflow-api-server": ("api-server",), "airflow-dag-processor": ("dag-processor",)}
_SCHEDULER = {"airflow-scheduler": ("scheduler", "--skip-serve-logs")}
_TRIGGERER = {"airflow-triggerer": ("triggerer", "--skip-serve-logs")}
_BY_HAND = {"AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False"}


class Launcher:
    """Airflow for one home. ``settings`` must already reach all that the DAGs need."""

    def __init__(self, settings: Settings, keys: Keys, ports: Ports, supervisor: Supervisor) -> None:
        self._port = ports.pick("airflow_port", settings.airflow_port)
        self._supervisor = supervisor
        self._env = config.env(settings, keys, self._port)
        self._marker = config.home_of(settings) / "migrated-to"
        config.prepare(settings, keys)
        self.client = Airflow(f"http://{LOOPBACK}:{self._port}", config.USER, keys.airflow_password)

    def start(self, seconds: float) -> None:
        """Migrate where needed, start the servers, and return once Airflow is healthy and knows all DAGs."""
        deadline = time.monotonic() + seconds
        if not self._is_migrated():
            self._migrate()
        self._start(_FIRST)
        self._wait(self.client.is_up, deadline)
        self._wait(lambda: self.client.knows(DAGS), deadline)
        for dag_id in DAGS:
            # What a killed stack was running will never end, and nothing runs beside it.
            self.client.fail_unfinished(dag_id)
        self._start(_SCHEDULER, _BY_HAND)
        self._wait(self.client.is_healthy, deadline)

    def follow_schedules(self) -> None:
        """From now on the DAGs also run by themselves."""
        self._supervisor.stop(*_SCHEDULER)
        self._start(_SCHEDULER)
        self._start(_TRIGGERER)

    def _wait(self, ready: Callable[[], bool], deadline: float) -> None:
        while not ready():
            self._supervisor.check()
            if time.monotonic() > deadline:
                raise StackError(f"Airflow was not ready in time: {self._why()}")
            time.sleep(0.4)

    def _why(self) -> str:
        logs = f"see {self._supervisor.log('airflow-scheduler').parent}/airflow-*.log"
        if not self.client.is_healthy():
            return f"it is not healthy; {logs}"
        return "; ".join(self.client.import_errors()) or f"its DAGs were not read; {logs}"

    def _is_migrated(self) -> bool:
        return self._marker.exists() and self._marker.read_text() == version("apache-airflow")

    def _migrate(self) -> None:
        self._start({_MIGRATE: ("db", "migrate")})
        while (code := self._supervisor.finished(_MIGRATE)) is None:
            time.sleep(0.1)
        log = self._supervisor.log(_MIGRATE)
        self._supervisor.stop(_MIGRATE)
        if code != 0:
            raise StackError(f"Airflow's database could not be prepared (exit code {code}); see {log}")
        self._marker.write_text(version("apache-airflow"))

    def _start(self, commands: Mapping[str, tuple[str, ...]], more: Mapping[str, str] | None = None) -> None:
        for name, command in commands.items():
            whole = (sys.executable, "-m", "airflow", *command)
            env = {**self._env, **(more or {})}
            is_job = name == _MIGRATE
            self._supervisor.start(Part(name, whole, env, patience=5, group="airflow", is_job=is_job))
