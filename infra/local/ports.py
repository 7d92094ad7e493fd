"""Free ports on loopback, remembered in ``<home>/ports.json`` so that addresses stay the same.

A port that the user set, and the answer page's own (links that were sent point to it), must be free:
a taken one is refused. Every other remembered port that is taken by now is quietly replaced.
"""

import json
import socket
from collections.abc import Mapping
from pathlib import Path

from infra import atomic_file
from schemas.errors import StackError

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """A port that nothing listens on, as the kernel chooses it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class Ports:
    """The ports of one home."""

    def __init__(self, home: Path) -> None:
        self._path = home / "ports.json"
        self._kept: dict[str, int] = _read(self._path)

    def pick(self, setting: str, wanted: int, *, promised: bool = False) -> int:
        """The port for ``setting`` (such as ``door_port``); ``wanted`` 0 means any.

        ``promised``: addresses that hold this port are out in the world, so it is never changed quietly.
        """
        variable = f"CARELOOP_{setting.upper()}"
        if wanted:
            if not is_free(wanted):
                raise StackError(
                    f"{variable}: port {wanted} is taken; free it, or set {variable} to another port"
                )
            return self._keep(setting, wanted)
        kept = self._kept.get(setting)
        if kept and is_free(kept):
            return kept
        if kept and promised:
            raise StackError(
                f"{variable}: port {kept} is taken, and links already sent point to it; "
                f"free it, or set {variable} to another port and lose those links"
            )
        return self._keep(setting, self._unused())

    def require_free(self, wanted: Mapping[str, int], promised: str) -> None:
        """Refuse taken ports before anything is started; see `pick`."""
        for setting, port in wanted.items():
            if port or (setting == promised and setting in self._kept):
                self.pick(setting, port, promised=setting == promised)

    def _unused(self) -> int:
        while (port := any_free()) in self._kept.values():
            continue
        return port

    def _keep(self, setting: str, port: int) -> int:
        if self._kept.get(setting) != port:
            self._kept[setting] = port
            atomic_file.write(self._path, json.dumps(self._kept, indent=2, sort_keys=True) + "\n")
        return port


def _read(path: Path) -> dict[str, int]:
    """What was remembered; a torn or foreign file is forgotten, for every port can be picked again."""
    try:
        document = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(document, dict):
        return {}
    return {name: port for name, port in document.items() if isinstance(port, int) and 0 < port < 65536}
