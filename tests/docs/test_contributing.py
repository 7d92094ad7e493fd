"""Each how-to of CONTRIBUTING.md is carried out to the letter, on a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
STEP = re.compile(r"<!-- (?P<order>.*?) -->\n```\w+\n(?P<body>.*?)```", re.S)
LEFT_OUT = shutil.ignore_patterns(
    ".venv", ".git", ".careloop", ".cache", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build"
)


@dataclass(frozen=True)
class Step:
    """One block: a change of a file, or commands to run."""

    order: str
    body: str

    def carry_out(self, copy: Path) -> None:
        if self.order == "run":
            _run(copy, self.body)
            return
        name, _, where = self.order.removeprefix("file: ").partition("; ")
        path = copy / name
        if where == "new":
            path.write_text(self.body)
            return
        side, _, line = where.partition(": ")
        text = path.read_text()
        assert text.count(f"{line}\n") == 1, f"{name} has no such line, or several: {line!r}"
        found = f"{line}\n"
        path.write_text(text.replace(found, self.body + found if side == "before" else found + self.body))


def how_tos() -> dict[str, list[Step]]:
    """Title of the section → its steps, for sections that have any."""
    found = {}
    for section in re.split(r"^## ", TEXT, flags=re.M)[1:]:
        steps = [Step(match["order"], match["body"]) for match in STEP.finditer(section)]
        if steps:
            found[section.splitlines()[0]] = steps
    return found


def _run(copy: Path, script: str) -> None:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{copy}{os.pathsep}{copy / 'dags'}",
        "CARELOOP_HOME": str(copy / ".careloop"),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=copy, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{script}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


def test_there_are_five_how_tos() -> None:
    assert list(how_tos()) == [
        "Add an event",
        "Add a metric",
        "Add an expectation",
        "Add a DAG",
        "Run careloop in an Airflow that you have",
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("title", how_tos())
def test_a_how_to_does_what_it_says(title: str, tmp_path: Path) -> None:
    copy = tmp_path / "careloop"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    for step in how_tos()[title]:
        step.carry_out(copy)
