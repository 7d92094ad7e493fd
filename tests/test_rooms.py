"""The structure of the project is what its documents say."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_top_level_is_the_one_the_readme_names() -> None:
    wanted = {"dags", "consumers", "schemas", "expectations", "infra", "tests"}
    assert wanted <= {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert not {"utils", "common", "helpers"} & {
        path.stem for path in ROOT.rglob("*.py") if ".venv" not in path.parts
    }


def test_no_dag_file_imports_what_is_heavy() -> None:
    for path in (ROOT / "dags").glob("*.py"):
        code = f"import sys, runpy; runpy.run_path({str(path)!r}); print(*sys.modules)"
        loaded = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
        heavy = {"great_expectations", "pandas", "pyarrow", "boto3", "duckdb", "matplotlib", "kafka"}
        assert not heavy & set(loaded), f"{path.name} loads {heavy & set(loaded)}"


def test_no_dag_file_imports_another() -> None:
    names = {path.stem for path in (ROOT / "dags").glob("*.py")}
    for path in (ROOT / "dags").glob("*.py"):
        imported = set(re.findall(r"^\s*(?:from|import)\s+(\w+)", path.read_text(), re.M))
        assert not imported & names, path.name
