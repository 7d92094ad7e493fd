"""Ctrl-C, SIGTERM and a closed terminal, turned into one exception that unwinds everything in order."""

import os
import select
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NOHUP = (signal.SIGHUP, signal.SIG_IGN)


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

    @property
    def listening(self) -> bool:
        return self._listening

    def ignore(self) -> None:
        """From here on parts are being stopped: more signals must not interrupt that."""
        self._listening = False

    def handle(self, number: int, _frame: FrameType | None) -> None:
        if self._listening:
            self._listening = False
            raise Stopped(number)


@contextmanager
def interrupting() -> Iterator[Signals]:
    """`Stopped` is raised in the block at the first signal. Only for the main thread.

    Under ``nohup`` a closed terminal is none of ours: who ignores SIGHUP goes on ignoring it.
    """
    signals = Signals()
    numbers = [number for number in _NUMBERS if (number, signal.getsignal(number)) != _NOHUP]
    before = {number: signal.signal(number, signals.handle) for number in numbers}
    if signal.SIGHUP in numbers:
        _watch_terminal(signals)
    try:
        yield signals
    except Stopped:
        # The process is about to end: an impatient second signal must not turn that into a traceback.
        raise
    except BaseException:
        _restore(before)
        raise
    else:
        signals.ignore()
        _restore(before)


def _watch_terminal(signals: Signals) -> None:
    """A terminal that is closed tells its session's leader alone, which may be ``make``: look for it too."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:  # started without a terminal
        return

    def wait() -> None:
        hung_up = select.poll()
        hung_up.register(terminal, 0)
        for _, event in hung_up.poll():
            if event & select.POLLHUP and signals.listening:
                os.kill(os.getpid(), signal.SIGHUP)

    threading.Thread(target=wait, name="terminal", daemon=True).start()


def _restore(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
