"""``careloop``: finds the command, and turns every error a user can cause into one clear line.

Exit code 0: done. 1: the thing asked is not so. 2: wrong use (a setting, a file, an option).
Each command lives in a module of its own with a function ``command``; it is imported only when it is
called, so that ``careloop --help`` stays quick.
"""

import importlib
import sys
from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup

from infra.cli.console import errors
from schemas.errors import CareloopError, InputError, SettingError

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("infra.cli.run", "the whole loop on the embedded stack"),
    "collect": ("infra.cli.collect", "Kafka to landing: the collector"),
    "import": ("infra.cli.import_", "a helpdesk's export, or a list of opted-out clients, as events"),
    "verify": ("infra.cli.verify", "prove that landing has no gap and no overlap"),
    "dead-letters": ("infra.cli.dead_letters", "what was refused and why"),
    "preview": ("infra.cli.preview", "who would be asked when, and who not, and why; sends nothing"),
    "publish": ("infra.cli.publish", "curate, aggregate, gate and publish, outside Airflow"),
    "read": ("infra.cli.read", "a published dataset, or the review"),
}


class _Lazy(TyperGroup):
    """Knows the names and one-line helps of all commands; imports the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, text = COMMANDS[cmd_name]
        if ctx.info_name == "careloop" and "--help" in sys.argv[1:2]:
            return TyperCommand(cmd_name, help=text)
        app = typer.Typer(add_completion=False)
        app.command(cmd_name)(importlib.import_module(module).command)
        return typer.main.get_command(app)


app = typer.Typer(cls=_Lazy, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def root() -> None:
    """Every support conversation should start and end with care."""


def main() -> None:
    """The console script."""
    try:
        app(prog_name="careloop")
    except (SettingError, InputError) as error:
        errors.print(f"[red]careloop:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise SystemExit(2) from None
    except CareloopError as error:
        errors.print(f"[red]careloop:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None
    except BrokenPipeError:
        raise SystemExit(1) from None
