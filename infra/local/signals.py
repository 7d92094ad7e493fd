"""Ctrl-C, SIGTERM and a closed terminal, turned into one exception that unwinds everything in order."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked to stop. Not an `Exception`: nothing on the way may take it for a fault."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell expects: 130 after Ctrl-C, 143 after SIGTERM, 129 after a closed terminal."""
        return 128 + self.number


class Signals:
    """Whether the next signal interrupts. After the first one, and while cleaning up, none does."""

    def __init__(self) -> None:
        self._listening = True

    def ignore(self) -> None:
        """From here on parts are being stopped: more signals must not interrupt that."""
        self._listening = False

    def handle(self, number: int, _frame: FrameType | None) -> None:
        if self._listening:
            self._listening = False
            raise Stopped(number)


@contextmanager
def interrupting() -> Iterator[Signals]:
    """`Stopped` is raised in the block at the first signal. Only for the main thread."""
    signals = Signals()
    before = {number: signal.signal(number, signals.handle) for number in _NUMBERS}
    try:
        yield signals
    except Stopped:
        # The process is about to end: an impatient second signal must not turn that into a traceback.
        raise
    except BaseException:
        _restore(before)
        raise
    else:
        _restore(before)


def _restore(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
