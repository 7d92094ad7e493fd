"""The sample organisation's policy: a file in the home, written once, then the person's own to change."""

from importlib import resources
from pathlib import Path
from string import Template

from infra import atomic_file
from infra.clock import Clock
from infra.sample import state
from infra.sample.weeks import FIRST, ORGANISATION_ZONE, Weeks


def write(home: Path, clock: Clock) -> Path:
    """``<home>/policy.yaml``; one that is there already is left as it is."""
    path = home / "policy.yaml"
    if not path.exists():
        atomic_file.write(path, text(Weeks.before(state.load(home, clock).anchor)))
    return path


def text(weeks: Weeks) -> str:
    """The policy as it ships, live from the fortnight's first moment."""
    template = (resources.files("infra.sample") / "policy.yaml").read_text(encoding="utf-8")
    live_from = weeks.start(FIRST).astimezone(ORGANISATION_ZONE)
    return Template(template).substitute(live_from=live_from.isoformat())
