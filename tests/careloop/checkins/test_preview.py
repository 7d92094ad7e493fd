"""What a preview shows, and that it leaves no trace."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from careloop.checkins.plan import plan
from careloop.checkins.preview import look_ahead, preview
from infra.cli import preview as cli
from infra.ledger.engine import reading, writing
from infra.ledger.migrate import upgrade
from infra.ledger.models import AskRow, Position
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import InputError
from tests.careloop.checkins.making import NOON, resolved, text, wishes
from tests.landing_fixture import land


@pytest.fixture
def live(settings: Settings, tmp_path: Path) -> Settings:
    file = tmp_path / "policy.yaml"
    file.write_text(text(quiet=("20:00", "09:00")))
    return settings.model_copy(update={"policy_file": file})


def test_who_would_be_asked_when_and_who_not_and_why(live: Settings, bucket: Bucket) -> None:
    land(
        bucket,
        [
            resolved("T1", time_zone="Asia/Tokyo", title="The card payment"),
            resolved("T2", client="c2", resolved_by="auto"),
            resolved("T3", client="c3", resolved_at=NOON),
            wishes("c3", locale="de"),
        ],
    )
    by_ticket = {one.ticket_id: one for one in preview(live, bucket, NOON, 12)}
    tokyo = by_ticket["T1"]
    assert (tokyo.would_send, tokyo.reason) == (True, "quiet-hours")
    assert (tokyo.local.hour, tokyo.time_zone, tokyo.zone_from) == (9, "Asia/Tokyo", "ticket")
    assert tokyo.subject == "How was it to get help with “The card payment”?"
    assert tokyo.first_words.startswith("Thank you for bearing with us")
    assert (by_ticket["T2"].verdict, by_ticket["T2"].reason) == ("avoided", "auto-resolved")
    waiting = by_ticket["T3"]
    assert (waiting.verdict, waiting.at) == ("deferred", NOON + timedelta(days=1))


def test_a_preview_writes_nothing(live: Settings, bucket: Bucket) -> None:
    land(bucket, [resolved("T1")])
    before = [entry.key for entry in bucket.scan("")]
    assert len(preview(live, bucket, NOON, 1)) == 1
    assert not (live.home / "ledger.db").exists()
    assert [entry.key for entry in bucket.scan("")] == before
    engine = upgrade(live)
    assert len(preview(live, bucket, NOON, 1)) == 1
    with reading(engine) as session:
        assert session.scalars(select(Position)).all() == []
        assert session.scalars(select(AskRow)).all() == []
    engine.dispose()


def test_without_live_from_it_shows_what_would_be_sent(settings: Settings, bucket: Bucket) -> None:
    land(bucket, [resolved("T1"), resolved("T2", client="c2", resolved_at=NOON - timedelta(days=90))])
    outlook = look_ahead(settings, bucket, NOON, 24)
    assert outlook.policy.live_from is None
    assert [(one.ticket_id, one.would_send) for one in outlook.decisions] == [("T1", True)]


def test_of_one_ticket_or_client_earlier_decisions_are_shown_too(live: Settings, bucket: Bucket) -> None:
    land(bucket, [resolved("T1"), resolved("T2", client="c2")])
    engine = upgrade(live)
    plan(engine, bucket)
    with writing(engine) as session:
        session.add(
            AskRow(
                checkin_id="k", programme="after-resolution", ticket_id="T1", seq=1, client_id="c1",
                state="avoided", reason="cooldown", policy_version="v", decided_at=NOON,
            )
        )  # fmt: skip
    engine.dispose()
    outlook = look_ahead(live, bucket, NOON, 24, ticket_id="T1")
    assert outlook.decisions == []
    assert [(one.state, one.reason) for one in outlook.recorded] == [("avoided", "cooldown")]
    assert [one.ticket_id for one in look_ahead(live, bucket, NOON, 24, client_id="c2").decisions] == ["T2"]


def test_the_command_shows_it_as_a_table(
    live: Settings, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(bucket, [resolved("T1", title="A [red]title[/]"), resolved("T2", client="c2", resolved_by="auto")])
    monkeypatch.setattr(cli.Settings, "load", classmethod(lambda _cls: live))
    monkeypatch.setattr(cli.out, "width", 200)
    import typer

    app = typer.Typer()
    app.command()(cli.command)
    with cli.out.capture() as captured:
        result = CliRunner().invoke(app, ["--at", NOON.isoformat(), "--hours", "12"])
    assert result.exit_code == 0, result.exception
    shown = captured.get()
    assert "Would be asked" in shown
    assert "A [red]title[/]" in shown
    assert "1 would be asked · 1 avoided: auto-resolved · 0 in doubt" in shown


@pytest.mark.parametrize("at", ["tomorrow", "2025-06-02T12:00:00"])
def test_a_moment_without_a_zone_is_refused(at: str) -> None:
    with pytest.raises(InputError, match="--at"):
        cli.command(at=at)
