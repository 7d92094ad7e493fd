"""A child knows its settings by name, and none of the user's own Airflow or proxy."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from infra.local import environment
from infra.settings import Settings


def test_a_child_gets_every_setting_spelled_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = environment.of(Settings(home=Path("state"), pseudonym_key=SecretStr("secret"), flush_seconds=1.5))
    assert found["CARELOOP_HOME"] == str(tmp_path / "state")
    assert found["CARELOOP_PSEUDONYM_KEY"] == "secret"
    assert found["CARELOOP_FLUSH_SECONDS"] == "1.5"
    assert "CARELOOP_KAFKA_BOOTSTRAP" not in found


def test_a_child_makes_the_same_settings_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Settings(
        home=tmp_path, s3_bucket="b", link_keys=SecretStr("a,b"), smtp_security="none", door_port=5
    )
    for name, value in environment.variables(ours).items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == ours


def test_the_user_s_own_airflow_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRFLOW_HOME", "AIRFLOW__CORE__EXECUTOR", "_AIRFLOW_DB_MIGRATE"):
        monkeypatch.setenv(name, "theirs")
    assert "theirs" not in environment.of(Settings(home=tmp_path)).values()


def test_a_proxy_never_stands_between_the_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    found = environment.of(Settings(home=tmp_path))
    assert found["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"
    assert "127.0.0.1" in found["no_proxy"]
