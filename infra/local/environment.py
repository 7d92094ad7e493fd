"""The environment of the stack's own processes: the settings, spelled out, and nothing that misleads.

A child never guesses: every setting that has a value is passed by name. The user's own ``AIRFLOW_…``
variables stay behind, for they belong to another Airflow.
"""

import os
from collections.abc import MutableMapping
from pathlib import Path

from pydantic import SecretStr

from infra.local.ports import LOOPBACK
from infra.settings import PREFIX, Settings

_FOREIGN = ("AIRFLOW_", "AIRFLOW__", "_AIRFLOW_")


def variables(settings: Settings) -> dict[str, str]:
    """Every set setting as ``CARELOOP_…``; paths are absolute, for children run elsewhere."""
    found = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is not None:
            found[f"{PREFIX}{name.upper()}"] = _spelled(value)
    return found


def keep_loopback_direct(variables: MutableMapping[str, str]) -> None:
    """A proxy of the user's must not stand between the parts of the stack."""
    for name in ("NO_PROXY", "no_proxy"):
        there = [host for host in variables.get(name, "").split(",") if host]
        variables[name] = ",".join(dict.fromkeys([*there, LOOPBACK, "localhost"]))


def of(settings: Settings) -> dict[str, str]:
    """The whole environment of a child."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and not name.startswith(PREFIX)
    }
    # A child runs inside the home: what lies there must never be imported.
    whole = {**inherited, "PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1", **variables(settings)}
    keep_loopback_direct(whole)
    return whole


def _spelled(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.resolve())
    return str(value)
