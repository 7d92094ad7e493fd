"""The supervisor: starts the parts of the stack, notices when one dies, and leaves none behind.

Each child leads a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone and
it stops the parts in its own order. Three nets, one below the other, hold what a killed supervisor
leaves: the kernel tells the children (Linux), the `guard` ends them and what they started, and the next
start reaps what the record still names.
"""

import contextlib
import ctypes
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from infra.local import leftovers
from infra.local.leftovers import Recorded
from schemas.errors import StackError

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Part:
    """One process to run. ``env`` is all of its environment."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    patience: float = 10
    """seconds between the polite signal and the kill"""
    group: str = ""
    """parts of one group, started one after the other, are stopped at the same time"""
    is_job: bool = False
    """a job is meant to end by itself"""


@dataclass
class _Child:
    part: Part
    process: subprocess.Popen[bytes]
    recorded: Recorded


class Supervisor:
    """Runs parts for one home. Use as a context manager: leaving it stops everything, last started first."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._children: dict[str, _Child] = {}
        self._lock = threading.RLock()
        # The kernel's death signal is bound to the THREAD that started a child: one that lasts.
        self._launcher = ThreadPoolExecutor(1, "launcher")
        self._guard: subprocess.Popen[bytes] | None = None
        self._closing = False

    def __enter__(self) -> "Supervisor":
        (self.home / "logs").mkdir(parents=True, exist_ok=True)
        leftovers.reap(self.home)
        self._guard = self._launcher.submit(self._start_guard).result()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closing = True
        try:
            self._stop_all()
        finally:
            self._dismiss_guard()
            self._launcher.shutdown()

    def log(self, name: str) -> Path:
        """Where the part writes what it has to say."""
        return self.home / "logs" / f"{name}.log"

    def start(self, part: Part) -> None:
        """Start ``part``. It is up when its own ready check says so, see `wait_for`."""
        self._launcher.submit(self._start, part).result()

    def _start(self, part: Part) -> None:
        """On the launcher's thread as a whole: a signal that interrupts the caller cannot lose a child."""
        with self._lock:
            if self._guard is None or self._closing:
                raise StackError(f"{part.name} is not started: the stack is stopping")
            process = self._launch(part)
            created = psutil.Process(process.pid).create_time()
            self._children[part.name] = _Child(part, process, Recorded(part.name, process.pid, created))
            self._record()

    def stop(self, *names: str) -> None:
        """Stop parts, side by side, and everything they started."""
        with self._lock:
            children = [self._children[name] for name in names if name in self._children]
        families = [member for child in children for member in leftovers.family_of(child.recorded)]
        for child in children:
            if child.process.poll() is None:
                child.process.terminate()
        asked = time.monotonic()
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0, asked + child.part.patience - time.monotonic()))
        families += [member for child in children for member in leftovers.family_of(child.recorded)]
        leftovers.end(list(dict.fromkeys(families)), 2)
        with self._lock:
            for child in children:
                child.process.wait()
                del self._children[child.part.name]
            self._record()

    def _stop_all(self) -> None:
        """Last started first; parts of one group together."""
        parts = [child.part for child in reversed(self._children.values())]
        for _, group in itertools.groupby(parts, key=lambda part: part.group or part.name):
            self.stop(*(part.name for part in group))

    def is_running(self, name: str) -> bool:
        child = self._children.get(name)
        return child is not None and child.process.poll() is None

    def finished(self, name: str) -> int | None:
        """The exit code of a part that ended by itself; None while it runs."""
        return self._children[name].process.poll()

    def check(self) -> None:
        """`StackError` that names the part that died, why, and its log."""
        for name, child in list(self._children.items()):
            code = child.process.poll()
            if code is not None and not child.part.is_job:
                raise StackError(
                    f"{name} ended by itself ({_why(code)}); see {self.log(name)}{_last_line(self.log(name))}"
                )

    def wait_for(self, name: str, ready: Callable[[], bool], seconds: float) -> None:
        """Return once ``ready()``; `StackError` where the part dies before, or after ``seconds``."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise StackError(f"{name} was not ready within {seconds:.0f} s; see {self.log(name)}")
            time.sleep(0.05)

    def _launch(self, part: Part) -> subprocess.Popen[bytes]:
        with open(self.log(part.name), "ab") as log:
            try:
                return subprocess.Popen(
                    part.command,
                    env=dict(part.env),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.home,
                    start_new_session=True,
                    preexec_fn=_die_with_parent,
                )
            except OSError as error:
                raise StackError(f"{part.name} cannot start: {part.command[0]}: {error.strerror}") from None

    def _start_guard(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "infra.local.guard", str(self.home.resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.home,
            start_new_session=True,
        )

    def _dismiss_guard(self) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            self._guard.wait()
            self._guard = None

    def _record(self) -> None:
        leftovers.write(self.home, [child.recorded for child in self._children.values()])


def _loaded_prctl() -> Callable[..., int] | None:
    """Found before any fork: nothing may be loaded between fork and exec."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        prctl: Callable[..., int] = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None
    return prctl


_prctl = _loaded_prctl()


def _die_with_parent() -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _why(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return f" — its last line: {lines[-1][:200]}" if lines else ""
