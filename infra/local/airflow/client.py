"""A small client of Airflow's REST API: is it ready, start a DAG run, wait for its end.

It knows nothing of what the DAGs do. Called by `careloop run`, as a person would press the button.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from schemas.errors import StackError

_OVER = {"success", "failed"}
_TRIES = 5


@dataclass(frozen=True)
class DagRun:
    """One run of a DAG and what became of it."""

    dag_id: str
    run_id: str
    state: str


class Airflow:
    """The API at ``url``, as ``user``."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url, self.user, self.password = url, user, password
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def is_up(self) -> bool:
        """Whether the API answers and reaches its database."""
        return self._health("metadatabase")

    def is_healthy(self) -> bool:
        """Whether database, scheduler and DAG processor say that they are well."""
        return self._health("metadatabase", "scheduler", "dag_processor")

    def _health(self, *names: str) -> bool:
        try:
            answer = self._http.get("/api/v2/monitor/health", timeout=5)
            return answer.is_success and all(answer.json()[name]["status"] == "healthy" for name in names)
        except (httpx.HTTPError, ValueError):
            return False

    def knows(self, dag_ids: tuple[str, ...]) -> bool:
        """Whether every DAG has been parsed and stored."""
        return all(
            self._call("GET", f"/dags/{dag_id}", accept=(200, 404)).status_code == 200 for dag_id in dag_ids
        )

    def import_errors(self) -> list[str]:
        """The DAG files that cannot be read, with the last line of why."""
        found = self._call("GET", "/importErrors").json()["import_errors"]
        return [f"{entry['filename']}: {entry['stack_trace'].strip().splitlines()[-1]}" for entry in found]

    def fail_unfinished(self, dag_id: str) -> None:
        """End the runs of a DAG that are under way or wait; only where no scheduler works on them."""
        for state in ("running", "queued"):
            found = self._call("GET", f"/dags/{dag_id}/dagRuns?state={state}&limit=100").json()["dag_runs"]
            for entry in found:
                path = f"/dags/{dag_id}/dagRuns/{entry['dag_run_id']}"
                self._call("PATCH", path, json={"state": "failed"})

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> DagRun:
        """Start a run by hand: it has no logical date, the run's own moment counts."""
        # With an id of our own a request that is sent twice starts one run: the second finds it there.
        run_id = f"by-hand__{uuid.uuid4()}"
        body = {"dag_run_id": run_id, "conf": dict(conf or {}), "logical_date": None}
        self._call("POST", f"/dags/{dag_id}/dagRuns", json=body, accept=(409,))
        return self.state(DagRun(dag_id, run_id, "queued"))

    def state(self, run: DagRun) -> DagRun:
        answer = self._call("GET", f"/dags/{run.dag_id}/dagRuns/{run.run_id}").json()
        return DagRun(run.dag_id, run.run_id, answer["state"])

    def wait(self, run: DagRun, seconds: float, meanwhile: Callable[[DagRun], None]) -> DagRun:
        """The run once it is over; `StackError` after ``seconds``. ``meanwhile`` is called at each look."""
        deadline = time.monotonic() + seconds
        while (run := self.state(run)).state not in _OVER:
            meanwhile(run)
            if time.monotonic() > deadline:
                raise StackError(
                    f"{run.dag_id} is still {run.state} after {seconds:.0f} s; see {self.page(run)}"
                )
            time.sleep(0.5)
        return run

    def tasks(self, run: DagRun) -> dict[str, str | None]:
        """The tasks of a run and their states; None for one that waits for others."""
        path = f"/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"
        instances = self._call("GET", path).json()["task_instances"]
        return {entry["task_id"]: entry["state"] for entry in instances}

    def page(self, run: DagRun) -> str:
        """Where a person looks at the run."""
        return f"{self.url}/dags/{run.dag_id}/runs/{run.run_id}"

    def _call(
        self, method: str, path: str, *, accept: tuple[int, ...] = (), json: Any = None
    ) -> httpx.Response:
        for left in reversed(range(_TRIES)):
            try:
                answer = self._sent(method, path, json)
            except httpx.HTTPError as error:
                raise StackError(f"Airflow at {self.url} does not answer: {error!r}") from error
            if answer.is_success or answer.status_code in accept:
                return answer
            # Its processes share one SQLite file: on a busy machine a request finds it locked now and then.
            if answer.status_code < 500 or not left:
                break
            time.sleep(1)
        raise StackError(f"Airflow refused {method} {path}: {answer.status_code} {answer.text[:200]}")

    def _sent(self, method: str, path: str, json: Any) -> httpx.Response:
        if "Authorization" not in self._http.headers:
            self._log_in()
        answer = self._http.request(method, f"/api/v2{path}", json=json)
        if answer.status_code == 401:
            self._log_in()
            answer = self._http.request(method, f"/api/v2{path}", json=json)
        return answer

    def _log_in(self) -> None:
        answer = self._http.post("/auth/token", json={"username": self.user, "password": self.password})
        if not answer.is_success:
            raise StackError(f"Airflow at {self.url} refused user {self.user}: {answer.status_code}")
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
