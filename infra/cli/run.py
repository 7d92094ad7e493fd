"""``careloop run``: the whole loop on the embedded stack, for a newcomer.

Refuses what would end badly in one line before anything starts; then the stages of `infra.cli.loop`; then a
summary, all of it from the published version. Ends with everything stopped, whatever ended it.
"""

import contextlib
import time
from contextlib import ExitStack
from typing import Annotated

import typer

from infra.cli.console import out
from infra.cli.stages import Stages
from infra.clock import utc_now
from infra.local import disk, lock, signals, stack_env
from infra.local.processes import Supervisor
from infra.local.signals import Signals, Stopped
from infra.local.stack import Stack, require_embedded, require_ports
from infra.objects import Bucket
from infra.settings import Settings

Once = Annotated[bool, typer.Option("--once", help="end by itself once the version is published")]


def command(once: Once = False) -> None:
    """The whole loop on this machine, on a sample helpdesk; stays up until Ctrl-C."""
    try:
        with signals.interrupting() as listening:
            _run(stack_env.without_stale(Settings.load()), once, listening)
    except Stopped as stopped:
        raise typer.Exit(stopped.exit_code) from None


def _run(settings: Settings, once: bool, listening: Signals) -> None:
    disk.require_free(settings.home, settings.min_free_mb)
    with ExitStack() as held:
        held.enter_context(disk.one_clear_line(settings.home))
        # Before all else: the addresses of a stack that is up look like the user's own.
        held.enter_context(lock.hold(settings.home, "`careloop run`"))
        require_embedded(settings)
        require_ports(settings)
        held.callback(stack_env.remove, settings.home)
        supervisor = held.enter_context(Supervisor(settings.home))
        # Entered last, left first: from then on no signal may interrupt the stopping.
        held.callback(_say_stopping)
        held.callback(listening.ignore)
        _play(settings, supervisor, once)


def _say_stopping() -> None:
    # A closed terminal has nobody left to tell.
    with contextlib.suppress(OSError):
        out.print("[dim]stopping…[/]")


def _play(settings: Settings, supervisor: Supervisor, once: bool) -> None:
    # Imported here: a refusal need not wait for all rooms to be loaded.
    from infra.cli import summary, where
    from infra.cli.loop import Loop

    stages = Stages(out, settings.home / "logs")
    stack = Stack(settings, supervisor)
    loop = Loop(stack, stages, utc_now)
    turned = loop.turn()
    bucket = Bucket.open(loop.settings)
    version = summary.show(out, bucket)
    where.show(out, loop.settings, bucket, version, turned, once)
    if once:
        return
    stack.follow_schedules()
    out.print("\nEverything stays up until Ctrl-C; the DAGs now follow their schedules.", highlight=False)
    while True:
        supervisor.check()
        time.sleep(1)
