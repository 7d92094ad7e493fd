"""Where the release gate's programs are. `.ci/run` installs them; a missing one fails, it never skips.

Called by the servers of this folder.
"""

import shutil
from pathlib import Path

import pytest

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "release"


def program(name: str, *places: Path) -> str:
    """The path of ``name``, from ``places`` or the PATH."""
    found = next((str(place / name) for place in places if (place / name).exists()), None) or shutil.which(
        name
    )
    if found is None:
        pytest.fail(f"the release gate needs {name}; `.ci/run` installs it", pytrace=False)
    return found


def kafka_class_path() -> str:
    """Apache Kafka's jars."""
    jars = CACHE / "kafka"
    if not any(jars.glob("kafka_*.jar")):
        pytest.fail(
            f"the release gate needs Apache Kafka's jars in {jars}; `.ci/run` copies them", pytrace=False
        )
    return f"{jars}/*"
