"""The whole embedded stack of one home, part by part, as `careloop run` wants it.

It owns the order: data services, then the answer page, Airflow in the background, then the collector.
What it does not own is what happens on the stack: that is the command's business.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from infra.local import environment, keys, stack_env
from infra.local.airflow.client import Airflow
from infra.local.airflow.launch import Launcher
from infra.local.ports import Ports
from infra.local.processes import Part, Supervisor
from infra.local.session import ADDRESS, start, with_keys, with_ledger
from infra.settings import PREFIX, Settings
from schemas.errors import SettingError, StackError

COLLECTOR = "collector"
AIRFLOW_SECONDS = 300
_PORTS = ("kafka_port", "s3_port", "smtp_embedded_port", "inbox_port", "door_port", "airflow_port")


def require_embedded(settings: Settings) -> None:
    """Refuse a service of the user's own: the stack plays a sample, and real places must not receive it."""
    for name in (*ADDRESS.values(), "ledger_url"):
        if getattr(settings, name) is not None:
            raise SettingError(
                f"{PREFIX}{name.upper()} is set: `careloop run` plays a sample helpdesk and would write it "
                f"there; unset it to run on the embedded stack"
            )


def require_ports(settings: Settings) -> None:
    """Refuse a taken port that must not change, before anything is started."""
    wanted = {name: int(getattr(settings, name)) for name in _PORTS}
    Ports(settings.home).require_free(wanted, promised="door_port")


class Stack:
    """The parts of one home under one supervisor; stopped by the supervisor."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        environment.keep_loopback_direct(os.environ)
        self.settings = with_ledger(with_keys(settings))
        self.supervisor = supervisor
        self._airflow: Launcher | None = None
        self._airflow_thread: threading.Thread | None = None
        self._airflow_error: BaseException | None = None

    def use_policy(self, path: Path) -> None:
        """The policy of everything on this stack, unless the user named another."""
        if self.settings.policy_file is None:
            self.settings = self.settings.model_copy(update={"policy_file": path.resolve()})

    def start_services(self) -> None:
        """Broker, S3 and inbox, then the answer page; commands in other terminals reach them from now on."""
        self.settings = start(self.settings, self.supervisor, list(ADDRESS))
        stack_env.write(self.settings)

    def start_collector(self) -> None:
        """The collector, with ranges closed after a second: here somebody is waiting."""
        settings = self.settings
        if "flush_seconds" not in settings.model_fields_set:
            settings = settings.model_copy(update={"flush_seconds": 1.0})
        command = (sys.executable, "-m", "infra.cli", "collect")
        self.supervisor.start(Part(COLLECTOR, command, environment.of(settings), patience=20))

    def start_airflow(self) -> None:
        """Start Airflow in the background; `airflow` waits for it."""
        own = keys.load_or_make(self.settings.home)
        self._airflow = Launcher(self.settings, own, Ports(self.settings.home), self.supervisor)
        self._airflow_thread = threading.Thread(target=self._run_airflow, name="airflow", daemon=True)
        self._airflow_thread.start()

    def airflow(self, meanwhile: Callable[[], None]) -> Airflow:
        """Airflow's API, once it is ready and knows all DAGs."""
        if self._airflow is None or self._airflow_thread is None:
            raise StackError("Airflow was not started")
        while self._airflow_thread.is_alive():
            meanwhile()
            time.sleep(0.2)
        if self._airflow_error is not None:
            raise self._airflow_error
        return self._airflow.client

    def follow_schedules(self) -> None:
        """From now on the DAGs also run by themselves, as in production."""
        if self._airflow is not None:
            self._airflow.follow_schedules()

    def _run_airflow(self) -> None:
        try:
            if self._airflow is not None:
                self._airflow.start(AIRFLOW_SECONDS)
        except BaseException as error:  # kept for the thread that waits, and raised there
            self._airflow_error = error
