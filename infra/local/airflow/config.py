"""Airflow's configuration, all of it by environment: loopback, SQLite, few processes, nothing sent home.

Every task runs with this environment, so it also carries the settings of the stack: a task is a client of
the running stack like any other.
"""

import json
from pathlib import Path

from cryptography.fernet import Fernet

from infra import atomic_file
from infra.local import environment
from infra.local.keys import Keys
from infra.local.ports import LOOPBACK
from infra.settings import Settings
from schemas.errors import StackError

USER = "admin"
_REPOSITORY = Path(__file__).resolve().parents[3]


def home_of(settings: Settings) -> Path:
    """Airflow's own state."""
    return settings.home.resolve() / "airflow"


def dags_folder() -> Path:
    """The DAG files beside this package, in the source checkout."""
    folder = _REPOSITORY / "dags"
    if not (folder / "publish_feedback.py").exists():
        raise StackError(f"there are no DAGs in {folder}; the embedded stack runs from a source checkout")
    return folder


def env(settings: Settings, keys: Keys, port: int) -> dict[str, str]:
    """The whole environment of an Airflow process."""
    home = home_of(settings)
    options = {
        "CORE__DAGS_FOLDER": str(dags_folder()),
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "3",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "CORE__FERNET_KEY": _fernet_key(home),
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "CORE__EXECUTION_API_SERVER_URL": f"http://{LOOPBACK}:{port}/execution/",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "infra.local.airflow.sqlite.CONNECT_ARGS",
        "DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC": "infra.local.airflow.sqlite.CONNECT_ARGS",
        "API__HOST": LOOPBACK,
        "API__PORT": str(port),
        "API__BASE_URL": f"http://{LOOPBACK}:{port}",
        "API__WORKERS": "1",
        "API__SECRET_KEY": keys.airflow_jwt_secret,
        "API_AUTH__JWT_SECRET": keys.airflow_jwt_secret,
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "3600",
        "LOGGING__LOGGING_LEVEL": "INFO",
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "dag_processor"),
        "WORKERS__EXECUTION_API_TIMEOUT": "30",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    ours = {f"AIRFLOW__{name}": value for name, value in options.items()}
    return {**environment.of(settings), "AIRFLOW_HOME": str(home), **ours}


def prepare(settings: Settings, keys: Keys) -> None:
    """Make Airflow's directories and write down its one user."""
    home = home_of(settings)
    atomic_file.write(home / "passwords.json", json.dumps({USER: keys.airflow_password}))


def _fernet_key(home: Path) -> str:
    """The key of connections kept in Airflow's database; lives and dies with that database."""
    path = home / "fernet.key"
    if not path.exists():
        atomic_file.write(path, Fernet.generate_key().decode())
    return path.read_text()
