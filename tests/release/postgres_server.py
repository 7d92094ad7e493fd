"""PostgreSQL on loopback, as Debian packages it, with a password and a database per caller.

PostgreSQL refuses to run as root: where the tests do, the server runs as the user that its package made.

``python -m tests.release.postgres_server COMMAND…`` runs a command beside a server, whose address is in its
environment as ``CARELOOP_TEST_POSTGRES_URL``.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from infra.local.ports import LOOPBACK, any_free
from infra.local.processes import Part, Supervisor
from tests.release import needed

USER = "careloop"
PASSWORD = "a-password-of-the-release-gate"
URL = "CARELOOP_TEST_POSTGRES_URL"
"""where `main` tells its command where the server is"""
_PACKAGED = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@dataclass(frozen=True)
class Postgres:
    """A running server, and a user that may make databases."""

    port: int

    def new_database(self) -> str:
        """The SQLAlchemy URL of a database that nobody used before."""
        name = f"ledger_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return f"postgresql+psycopg://{USER}:{PASSWORD}@{LOOPBACK}:{self.port}/{name}"

    def answers(self) -> bool:
        try:
            psycopg.connect(self._conninfo("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _conninfo(self, database: str) -> str:
        return f"host={LOOPBACK} port={self.port} user={USER} password={PASSWORD} dbname={database}"


@contextmanager
def running() -> Iterator[Postgres]:
    """A server with its state in a temporary folder; stopped, and the folder removed, at the end."""
    # not under pytest's own temporary folder: only root may enter that one
    home = Path(tempfile.mkdtemp(prefix="careloop-postgres-"))
    try:
        data = home / "data"
        if os.geteuid() == 0:
            shutil.chown(home, "postgres")
        _initialise(home, data)
        postgres = Postgres(any_free())
        command = (
            *_as_postgres(), needed.program("postgres", *_PACKAGED), "-D", str(data),
            "-h", LOOPBACK, "-p", str(postgres.port), "-c", "unix_socket_directories=",
            # speed: nothing here outlives the test run
            "-c", "fsync=off", "-c", "max_connections=50",
        )  # fmt: skip
        with Supervisor(home) as supervisor:
            supervisor.start(Part("postgres", command, patience=5))
            supervisor.wait_for("postgres", postgres.answers, 30)
            yield postgres
    finally:
        shutil.rmtree(home)


def _initialise(home: Path, data: Path) -> None:
    password = home / "password"
    password.write_text(PASSWORD)
    if os.geteuid() == 0:
        shutil.chown(password, "postgres")
    initdb = (
        needed.program("initdb", *_PACKAGED), "-D", str(data), "-U", USER, "--pwfile", str(password),
        "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync",
    )  # fmt: skip
    done = subprocess.run([*_as_postgres(), *initdb], cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    password.unlink()


def _as_postgres() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    user = pwd.getpwnam("postgres")
    return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")


def main(command: list[str]) -> int:
    """Run ``command`` beside a server; its exit code."""
    with running() as server:
        environment = {**os.environ, URL: server.new_database()}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
