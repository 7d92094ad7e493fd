"""A real browser draws the review and the quality page: nothing overflows, nothing is fetched."""

import shutil
import subprocess
from html import escape
from pathlib import Path

import pytest

from careloop.publish.quality import page as quality_page
from careloop.publish.record import Run
from careloop.publish.review import page as review_page
from expectations.verdict import Finding, Verdict
from tests.version_fixture import NOW, manifest, tables

pytestmark = pytest.mark.release

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
HOST = """<!doctype html><title>waiting</title>
<iframe id="page" style="width:{width}px;height:1500px;border:0" srcdoc="{page}"></iframe>
<script>
window.addEventListener("load", () => {{
  const inside = document.getElementById("page").contentWindow;
  const root = inside.document.documentElement;
  const fetched = inside.performance.getEntriesByType("resource").length;
  const charts = inside.document.querySelectorAll("svg.chart").length;
  const wide = root.scrollWidth - root.clientWidth;
  document.title = `width=${{inside.innerWidth}} overflow=${{wide}} fetched=${{fetched}} charts=${{charts}}`;
}});
</script>"""
"""a frame as narrow as a telephone (a browser's own window is never narrower than 500), and what it held"""


def _browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "Chromium is not installed: apt-get install chromium"
    return found


def _pages(folder: Path) -> dict[str, Path]:
    unmet = Finding(
        "effort", "mean-inside-the-scale", "On CES 2.0, mean lies between 1 and 7.", "critical", "k",
        False, 1,
        ({"row": "3", "period": "week", "member": "billing", "mean": "8.4"},),
    )  # fmt: skip
    met = Finding("asks", "asks-not-negative", "asks is a count: 0 or more.", "critical", "k", met=True)
    bodies = {
        "review": review_page(manifest(), tables()),
        "quality": quality_page(Run(id="20250617T090000Z-00112233", started=NOW), Verdict((unmet, met))),
    }
    paths = {}
    for name, body in bodies.items():
        paths[name] = folder / f"{name}.html"
        paths[name].write_bytes(body)
    return paths


def _run(path: Path, folder: Path, *flags: str) -> str:
    return subprocess.run(
        [_browser(), *FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout


@pytest.mark.parametrize("width", [1280, 400, 320])
@pytest.mark.parametrize("name", ["review", "quality"])
def test_a_page_fits_its_window_and_fetches_nothing(name: str, width: int, tmp_path: Path) -> None:
    body = _pages(tmp_path)[name].read_text()
    host = tmp_path / "host.html"
    host.write_text(HOST.format(width=width, page=escape(body, quote=True)))
    shown = _run(host, tmp_path, "--window-size=1400,2000", "--virtual-time-budget=3000", "--dump-dom")
    title = shown.split("<title>")[1].split("</title>")[0]
    assert title == f"width={width} overflow=0 fetched=0 charts={5 if name == 'review' else 0}"


@pytest.mark.parametrize("name", ["review", "quality"])
def test_a_page_is_drawn(name: str, tmp_path: Path) -> None:
    path, picture = _pages(tmp_path)[name], tmp_path / f"{name}.png"
    _run(path, tmp_path, "--window-size=1280,3000", f"--screenshot={picture}")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 30_000
