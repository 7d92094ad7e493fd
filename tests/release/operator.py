"""What an operator does: run ``careloop`` with environment variables, and nothing else."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.settings import Settings

CARELOOP = str(Path(sys.executable).with_name("careloop"))


@dataclass(frozen=True)
class Operator:
    """One machine with its environment. ``but`` gives another one that differs in some settings."""

    environment: Mapping[str, str]
    home: Path

    def but(self, **changed: str) -> "Operator":
        """The same machine with some settings changed: ``but(s3_bucket="other")``."""
        changes = {f"CARELOOP_{name.upper()}": value for name, value in changed.items()}
        return Operator({**self.environment, **changes}, self.home)

    def settings(self) -> Settings:
        """What careloop makes of this environment, in this process."""
        fields = {name.removeprefix("CARELOOP_").lower(): value for name, value in self._own().items()}
        return Settings.load(**fields)

    def run(self, *arguments: str, seconds: float = 240) -> "subprocess.CompletedProcess[str]":
        """``careloop arguments``, to its end."""
        return subprocess.run(
            [CARELOOP, *arguments], env=self._all(), cwd=self.home, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip

    @contextmanager
    def running(self, *arguments: str, log: str) -> Iterator["subprocess.Popen[bytes]"]:
        """``careloop arguments`` in the background; killed at the end where it still runs."""
        with open(self.home / log, "ab") as sink:
            process = subprocess.Popen(
                [CARELOOP, *arguments], env=self._all(), cwd=self.home,
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
            )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()

    def _own(self) -> dict[str, str]:
        return {name: value for name, value in self.environment.items() if name.startswith("CARELOOP_")}

    def _all(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
        return {
            **inherited,
            "HOME": str(self.home),
            "CARELOOP_HOME": str(self.home / "state"),
            **self.environment,
        }
