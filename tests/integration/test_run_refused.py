"""What would end badly is refused by `careloop run` with one clear line, before anything is started."""

import socket
from pathlib import Path

import pytest

from infra.local import lock
from tests.integration.stack_run import careloop

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def _refused(home: Path, code: int, *words: str, **more: str) -> None:
    done = careloop(home, "run", "--once", **more)
    assert done.returncode == code
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("careloop: ")
    for word in words:
        assert word in done.stderr
    assert not (home / "processes.json").exists()
    assert not (home / "kafka").exists()


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    with lock.hold(tmp_path, "`careloop run`"):
        (tmp_path / "stack.env").write_text("CARELOOP_KAFKA_BOOTSTRAP='127.0.0.1:9'\n")
        _refused(tmp_path, 1, "is in use by `careloop run`")


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        _refused(tmp_path, 1, "CARELOOP_AIRFLOW_PORT", port, CARELOOP_AIRFLOW_PORT=port)


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    _refused(tmp_path, 1, "MB are free", "CARELOOP_MIN_FREE_MB", CARELOOP_MIN_FREE_MB="999999999")


def test_a_service_of_the_user_s_own_never_receives_the_sample(tmp_path: Path) -> None:
    _refused(tmp_path, 2, "CARELOOP_KAFKA_BOOTSTRAP", CARELOOP_KAFKA_BOOTSTRAP="kafka.example:9092")
    _refused(tmp_path, 2, "CARELOOP_SMTP_HOST", CARELOOP_SMTP_HOST="mail.example")


def test_a_setting_that_is_wrong_is_named(tmp_path: Path) -> None:
    _refused(tmp_path, 2, "CARELOOP_DOOR_PORT", CARELOOP_DOOR_PORT="eighty")
