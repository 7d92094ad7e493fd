"""``careloop dead-letters list | replay``: what was refused and why; sends it again after a fix, once."""

from typing import Annotated, Literal

import typer
from rich.table import Table

from consumers.replay import refused, replay
from infra.broker import Publisher
from infra.cli.console import out
from infra.local.session import embedded
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import DeadLetterReason, InputError
from schemas.topics import Topic

Action = Annotated[Literal["list", "replay"], typer.Argument(help="show what was refused, or send it again")]
TopicName = Annotated[str | None, typer.Option("--topic", help="only this topic")]
ReasonName = Annotated[str | None, typer.Option("--reason", help="only this reason")]


def command(action: Action, topic: TopicName = None, reason: ReasonName = None) -> None:
    """What was refused and why. Shows no payload; a replay sends each message once."""
    _known("--topic", topic, [str(one) for one in Topic])
    _known("--reason", reason, [str(one) for one in DeadLetterReason])
    if action == "list":
        with embedded(Settings.load(), "s3") as settings:
            _list(Bucket.open(settings), topic, reason)
        return
    with embedded(Settings.load(), "s3", "kafka") as settings, Publisher(settings) as publisher:
        sent = replay(Bucket.open(settings), publisher, topic, reason)
    out.print(f"{sent} dead letters were sent again, as they were received", highlight=False)


def _known(option: str, value: str | None, values: list[str]) -> None:
    if value is not None and value not in values:
        raise InputError(f"{option} {value}: choose one of {', '.join(values)}")


def _list(bucket: Bucket, topic: str | None, reason: str | None) -> None:
    table = Table("reason", "topic", "partition", "offset", "sent at", "refused at", "sent again", "detail")
    for one in refused(bucket, topic, reason):
        table.add_row(
            one.reason, one.chain.topic, f"{one.chain.generation}/{one.chain.partition}", str(one.offset),
            f"{one.sent_at:%Y-%m-%d %H:%M:%S}", f"{one.refused_at:%Y-%m-%d %H:%M:%S}",
            "yes" if one.replayed else "no", one.detail.replace("[", r"\["),
        )  # fmt: skip
    if table.row_count == 0:
        out.print("no dead letters", highlight=False)
        return
    out.print(table)
    out.print(f"{table.row_count} dead letters", highlight=False)
