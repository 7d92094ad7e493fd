"""What a part of the stack offers: its process, the settings it fills in, and when it is ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.processes import Part


@dataclass(frozen=True)
class Service:
    """One service that commands reach by settings. ``ready`` is asked again until it is True."""

    part: Part
    address: Mapping[str, Any]
    ready: Callable[[], bool]
    seconds: float = 30
