"""Runs DAGs with ``dag.test()``, one per line of its input, and answers each on the file descriptor ANSWERS.

A program, started by the tests beside it: importing Airflow takes seconds, a run after that a fraction.
"""

import json
import os
import sys
from typing import Any

from airflow.dag_processing.dagbag import DagBag


def run(folder: str, dag_id: str, environment: dict[str, str], conf: dict[str, Any]) -> dict[str, Any]:
    for name in [name for name in os.environ if name.startswith("CARELOOP_")]:
        del os.environ[name]
    os.environ.update(environment)
    bag = DagBag(f"{folder}/{dag_id}.py")
    if bag.import_errors:
        return {"state": "not imported", "returned": bag.import_errors}
    done = bag.dags[dag_id].test(run_conf=conf or None)
    returned = {ti.task_id: ti.xcom_pull(task_ids=ti.task_id) for ti in done.get_task_instances()}
    return {"state": str(done.state), "returned": returned}


def main(folder: str) -> None:
    with os.fdopen(int(os.environ["ANSWERS"]), "w") as answers:
        for line in sys.stdin:
            answers.write(json.dumps(run(folder, **json.loads(line))) + "\n")
            answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
