"""``careloop publish`` and ``careloop read``: exit codes and one clear line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from careloop.publish import steps
from expectations.verdict import Finding, Verdict
from infra.cli import main
from infra.objects import Bucket
from infra.settings import PREFIX, Settings
from schemas.tables import DATASETS

MET = Finding("effort", "key-is-unique", "A row is one.", "critical", "k", met=True)
UNMET = Finding("effort", "no-nan", "No figure is NaN.", "critical", "k", met=False)


@pytest.fixture
def careloop(
    settings: Settings,
    landed: Bucket,
    figures: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """The command line on the bucket of ``landed``."""
    for name in ("home", "s3_endpoint", "s3_bucket"):
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", str(getattr(settings, name)))
    for name in ("s3_access_key", "s3_secret_key", "pseudonym_key", "link_keys"):
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", getattr(settings, name).get_secret_value())
    monkeypatch.setattr(steps, "check", lambda *_: Verdict((MET,)))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["careloop", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main.main()
        told = capfd.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call


def test_publish_then_read(careloop: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    assert careloop("read", "effort")[0] == 1
    code, out, _ = careloop("publish", "--reason", "first")
    assert (code, out.split()[0]) == (0, "published")
    version = out.split()[1]
    code, out, _ = careloop("publish")
    assert code == 0
    assert "nothing changed" in out
    code, out, _ = careloop("read")
    assert code == 0
    assert version in out
    assert all(name in out for name in DATASETS)
    code, out, _ = careloop("read", "effort", "--format", "csv")
    assert out.startswith("period,period_start,dimension,member,scale,n,")
    assert "5.10 (4.89 to 5.31)" in careloop("read", "effort")[1]
    target = tmp_path / "effort.parquet"
    assert (
        careloop("read", "effort", "--format", "parquet", "--version", version, "--out", str(target))[0] == 0
    )
    assert target.read_bytes()[:4] == b"PAR1"
    code, out, _ = careloop("read", "review")
    assert code == 0
    assert Path(out.strip()).read_bytes().startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("read", "efforts"), "no dataset 'efforts'"),
        (("read", "effort", "--version", "2020"), "no version 2020"),
    ],
)
def test_what_is_not_there_is_named_in_one_line(
    arguments: tuple[str, ...], words: str, careloop: Callable[..., tuple[int, str, str]]
) -> None:
    careloop("publish")
    code, _, err = careloop(*arguments)
    assert code == 2
    assert words in err
    assert err.strip().count("\n") == 0


def test_a_held_version_names_a_page_that_a_browser_opens(
    careloop: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(steps, "check", lambda *_: Verdict((MET, UNMET)))
    code, _, err = careloop("publish")
    assert code == 1
    assert err.strip().count("\n") == 0
    page = Path(err.strip().rpartition(" ")[2])
    assert page.is_relative_to(settings.home.resolve())
    assert "no-nan" in page.read_text()
