"""Stages on the console: a live line with spinner and bar on a terminal, one line per stage elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from schemas.errors import CareloopError, InputError, SettingError, StackError


class Stage:
    """One stage under way: say what it is doing, or how much of it is done."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self.detail = ""

    def say(self, detail: str) -> None:
        self.detail = detail
        self._progress.update(self._task, detail=detail)

    def advance(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)


class Stages:
    """The stages of one run, in order."""

    def __init__(self, console: Console, logs: Path) -> None:
        self._console, self._logs = console, logs

    @contextmanager
    def stage(self, title: str) -> Iterator[Stage]:
        """Show ``title`` while the block runs; a failure is named with its reason and its logs."""
        began = time.monotonic()
        try:
            with self._live() as progress:
                stage = Stage(progress, progress.add_task(title, total=None, detail=""))
                yield stage
        except (SettingError, InputError):
            self._print("[red]✗[/]", title, began, "")
            raise
        except CareloopError as error:
            self._print("[red]✗[/]", title, began, "")
            raise StackError(self._why(title, error)) from error
        self._print("[green]✓[/]", title, began, stage.detail)

    def _why(self, title: str, error: CareloopError) -> str:
        hint = "" if "see " in str(error) else f"; its logs are in {self._logs}"
        return f"{title}: {error}{hint}"

    def _live(self) -> Progress:
        return Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[detail]}[/]", table_column=Column(ratio=1, no_wrap=True)),
            console=self._console,
            transient=True,
            refresh_per_second=4,
            disable=not self._console.is_terminal,
        )

    def _print(self, mark: str, title: str, began: float, detail: str) -> None:
        spent = f"{time.monotonic() - began:5.1f} s"
        self._console.print(f"{mark} {title:<34} [dim]{spent}[/]  {detail}", highlight=False, soft_wrap=True)
