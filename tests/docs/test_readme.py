"""What README.md names is there, and what there is for its readers is named."""

import re
from pathlib import Path

from infra.cli.main import COMMANDS
from schemas.policy import AvoidReason, parse

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()
FENCES = "\n".join(re.findall(r"^```\w*\n(.*?)^```", TEXT, flags=re.M | re.S))


def test_it_names_every_command_and_no_other() -> None:
    named = set(re.findall(r"`careloop ([a-z][a-z-]*)", TEXT)) | set(
        re.findall(r"^careloop ([a-z-]+)", FENCES, re.M)
    )
    assert named == set(COMMANDS)


def test_it_names_every_reason_to_avoid_an_ask() -> None:
    assert [reason for reason in AvoidReason if f"`{reason}`" not in TEXT] == []


def test_the_rooms_and_pages_it_names_exist() -> None:
    rooms = re.findall(r"^\| `([a-z/]+/)", TEXT, re.M)
    pages = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert len(rooms) >= 6
    assert [name for name in (*rooms, *pages) if not (ROOT / name).exists()] == []


def test_its_policy_is_one() -> None:
    (written,) = re.findall(r"^```yaml\n(.*?)^```", TEXT, flags=re.M | re.S)
    policy, _ = parse(written.encode(), where="README.md")
    assert policy.live_from is not None


def test_its_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", TEXT, re.M))
    assert {"run", "test"} <= named <= targets
