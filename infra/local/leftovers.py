"""Processes that a killed stack left behind: found by the record it kept, and ended.

The record ``<home>/processes.json`` names each child by pid and start time, so a pid that the kernel
gave to somebody else since is never touched. Children lead sessions of their own: whatever they started
is found through their tree, or, where the child itself is gone already, through its session.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra import atomic_file


@dataclass(frozen=True)
class Recorded:
    """One child as the record names it. ``created`` is seconds since the epoch."""

    name: str
    pid: int
    created: float


def record_path(home: Path) -> Path:
    return home / "processes.json"


def write(home: Path, children: Iterable[Recorded]) -> None:
    """Replace the record as a whole; a torn one is never seen."""
    atomic_file.write(record_path(home), json.dumps([vars(child) for child in children]))


def read(home: Path) -> list[Recorded]:
    try:
        return [Recorded(**entry) for entry in json.loads(record_path(home).read_text())]
    except FileNotFoundError:
        return []


def reap(home: Path, patience: float = 5) -> list[str]:
    """End everything the record of ``home`` names, and what it started. Returns the names that were alive."""
    alive: list[str] = []
    doomed: list[psutil.Process] = []
    for child in reversed(read(home)):
        family = family_of(child)
        if family:
            alive.append(child.name)
            doomed += family
    end(doomed, patience)
    record_path(home).unlink(missing_ok=True)
    return alive


def family_of(child: Recorded) -> list[psutil.Process]:
    """The child, all that descend from it, and all that are left of its session."""
    try:
        leader = psutil.Process(child.pid)
        if abs(leader.create_time() - child.created) > 0.5:
            return []
        family = [leader, *leader.children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    return list(dict.fromkeys([*family, *_session(child)]))


def _session(child: Recorded) -> list[psutil.Process]:
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getsid(process.pid) == child.pid and process.create_time() >= child.created - 0.5:
                members.append(process)
    return members


def end(processes: list[psutil.Process], patience: float) -> None:
    """Ask politely, wait for ``patience`` seconds, then kill."""
    for process in processes:
        _signal(process, signal.SIGTERM)
    stubborn = _still_there(processes, patience)
    for process in stubborn:
        _signal(process, signal.SIGKILL)
    _still_there(stubborn, 5)


def _still_there(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still run after ``seconds``, or none as soon as all have ended."""
    deadline = time.monotonic() + seconds
    while alive := [process for process in processes if _runs(process)]:
        if time.monotonic() > deadline:
            return alive
        time.sleep(0.02)
    return []


def _runs(process: psutil.Process) -> bool:
    """A zombie has ended: it only waits for its parent to notice, and some containers' never does."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        process.send_signal(number)
