"""Settings: typed, from the environment or files, and every error names the variable."""

from pathlib import Path

import pytest

from infra.settings import Settings
from infra.settings_table import BEGIN, rewritten
from schemas.errors import SettingError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARELOOP_HOME", str(tmp_path))


def test_the_readme_lists_every_setting_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text()
    assert BEGIN in readme
    assert rewritten(readme) == readme, "run `make generate`"


def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARELOOP_SMTP_PORT", "many")
    with pytest.raises(SettingError, match=r"CARELOOP_SMTP_PORT.*many"):
        Settings.load()


def test_a_secret_may_come_from_a_file_and_is_never_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv("CARELOOP_S3_SECRET_KEY_FILE", str(tmp_path / "secret"))
    settings = Settings.load()
    assert settings.require("s3_secret_key") == "s3cret"
    assert "s3cret" not in repr(settings)


def test_a_secret_file_that_cannot_be_read_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARELOOP_SMTP_PASSWORD_FILE", "/no/such/file")
    with pytest.raises(SettingError, match="CARELOOP_SMTP_PASSWORD_FILE"):
        Settings.load()


def test_a_running_stacks_addresses_fill_what_the_environment_leaves_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "stack.env").write_text("CARELOOP_S3_BUCKET=embedded\nCARELOOP_KAFKA_BOOTSTRAP=127.0.0.1:1\n")
    monkeypatch.setenv("CARELOOP_KAFKA_BOOTSTRAP", "kafka.example:9093")
    settings = Settings.load()
    assert (settings.s3_bucket, settings.kafka_bootstrap) == ("embedded", "kafka.example:9093")


def test_what_is_needed_and_unset_is_named() -> None:
    with pytest.raises(SettingError, match="CARELOOP_S3_BUCKET"):
        Settings.load().require("s3_bucket")
