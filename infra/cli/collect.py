"""``careloop collect``: the collector, Kafka to landing. Ctrl-C or SIGTERM: it lands what it holds."""

import logging
import signal
import threading
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from consumers import generations
from consumers.collect import collect
from consumers.tally import Tally
from infra.cli.console import errors, out
from infra.local.session import embedded
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import InputError

CaughtUp = Annotated[bool, typer.Option("--until-caught-up", help="end at the offsets that are the ends now")]
NewGeneration = Annotated[
    str | None,
    typer.Option("--new-generation", metavar="TOPIC", help="first start TOPIC again from its beginning"),
]
Reason = Annotated[str, typer.Option("--reason", help="why, kept with the new generation")]


def command(
    until_caught_up: CaughtUp = False, new_generation: NewGeneration = None, reason: Reason = ""
) -> None:
    """Kafka to landing: every event in exactly one range, whatever crashes."""
    if reason and new_generation is None:
        raise InputError("--reason goes with --new-generation TOPIC")
    _log_to_stderr(quiet=until_caught_up)
    stop = _stop_on_signals()
    with embedded(Settings.load(), "kafka", "s3") as settings:
        bucket = Bucket.open(settings)
        if new_generation is not None:
            number = generations.start_new(settings, bucket, new_generation, reason)
            errors.print(f"{new_generation}: generation {number} begins", highlight=False)
        if until_caught_up:
            _summarise(_caught_up(settings, bucket, stop), stop)
        else:
            _summarise(collect(settings, bucket, stop=stop), None)


def _caught_up(settings: Settings, bucket: Bucket, stop: threading.Event) -> Tally:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bars:
        task = bars.add_task("landing, offsets", total=None)
        return collect(
            settings,
            bucket,
            until_caught_up=True,
            stop=stop,
            progress=lambda done, total: bars.update(task, completed=done, total=total),
        )


def _summarise(tally: Tally, stop: threading.Event | None) -> None:
    text = f"{tally.rows} events and {tally.refused} dead letters landed in {tally.ranges} ranges"
    if stop is not None:
        text = f"{'stopped before the end' if stop.is_set() else 'caught up'}: {text}"
    out.print(text, highlight=False)
    if stop is not None and stop.is_set():
        raise typer.Exit(1)


def _stop_on_signals() -> threading.Event:
    """Set by the first SIGTERM, SIGINT or SIGHUP; the second one ends the process as usual."""
    stop = threading.Event()

    def asked(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, asked)
    return stop


def _log_to_stderr(*, quiet: bool) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("consumers").setLevel(logging.WARNING if quiet else logging.INFO)
    # The client reports every reconnect as an error; what matters of it reaches us as an exception.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
