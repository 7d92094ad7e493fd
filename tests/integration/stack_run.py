"""``careloop run`` as a child of a test: started, watched stage by stage, signalled, accounted for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from infra.local import broker, leftovers

SMALL = {"CARELOOP_SAMPLE_CLIENTS": "150", "CARELOOP_SAMPLE_RESOLUTIONS": "300"}
"""a sample small enough for tests; all else is as a newcomer has it"""


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARELOOP_")}
    return {**kept, "CARELOOP_HOME": str(home), **SMALL, **more}


def careloop(home: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command in another terminal."""
    whole = [sys.executable, "-m", "infra.cli", *command]
    return subprocess.run(
        whole, env=environment(home, **more), capture_output=True, text=True, timeout=120, check=False
    )


def _as_from_a_terminal() -> None:
    """Also where the tests themselves run under ``nohup``."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Run:
    """One ``careloop run``; its output goes to a file, so that it never waits for a reader."""

    def __init__(self, home: Path, *arguments: str, **more: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.began = time.time()
        self._output = home / "run.out"
        with open(self._output, "w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "infra.cli", "run", *arguments],
                env=environment(home, **more),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_as_from_a_terminal,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def stages_done(self) -> int:
        return self.output.count("✓")

    def wait_for_stages(self, number: int, seconds: float = 240) -> None:
        """Return once so many stages are done, and the next one has begun."""
        deadline = time.monotonic() + seconds
        while self.stages_done < number or not (self.home / "processes.json").exists():
            if self.process.poll() is not None:
                raise AssertionError(
                    f"it ended ({self.process.returncode}) before stage {number}: {self.output}"
                )
            if time.monotonic() > deadline:
                raise AssertionError(f"stage {number} was not reached: {self.output}")
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 240) -> int:
        return self.process.wait(seconds)

    def kill_broker(self) -> None:
        """As a power cut would: it loses what it has not written yet."""
        for child in leftovers.read(self.home):
            if child.name == broker.NAME:
                psutil.Process(child.pid).kill()

    def left_behind(self, seconds: float = 15) -> list[str]:
        """Command lines of what still runs for this home, once ``seconds`` have passed or nothing does."""
        deadline = time.monotonic() + seconds
        while (found := self._mine()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def _mine(self) -> list[str]:
        """Whatever names the home in its command line, working directory or environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.pid == os.getpid() or process.create_time() < self.began - 1:
                    continue
                about = [*process.cmdline(), process.cwd(), *process.environ().values()]
                if process.status() != psutil.STATUS_ZOMBIE and any(str(self.home) in text for text in about):
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    def end(self) -> None:
        """Whatever the test found: leave nothing."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.left_behind()
