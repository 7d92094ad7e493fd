"""The quality page: what the gate saw, in plain words. Self-contained: no script, nothing from the network.

Written for every run, passed or held, under ``quality/<run>/``; names rows by their keys, never a person.
"""

from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from careloop.publish.record import Run
from expectations.verdict import Finding, Verdict
from infra.objects import Bucket
from schemas import keys

_HERE = Path(__file__).parent


def write(bucket: Bucket, run: Run, verdict: Verdict) -> str:
    """Both forms of the page; returns the key of the one for people."""
    key = keys.quality(run.id, "index.html")
    result = {"run": run.id, "started": run.started, "previous": run.previous, **verdict.as_dict()}
    body = msgspec.json.format(msgspec.json.encode(result), indent=1)
    bucket.put(keys.quality(run.id, "result.json"), body, content_type="application/json")
    bucket.put(key, page(run, verdict), content_type="text/html; charset=utf-8")
    return key


def read(bucket: Bucket, run: str) -> Verdict:
    """The verdict that the gate wrote for ``run``."""
    return Verdict.from_dict(msgspec.json.decode(bucket.get(keys.quality(run, "result.json")).body))


def page(run: Run, verdict: Verdict) -> bytes:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("quality.html.j2")
    return template.render(run=run, verdict=verdict, datasets=_by_dataset(verdict)).encode()


def _by_dataset(verdict: Verdict) -> list[tuple[str, list[Finding]]]:
    """Findings by dataset in the order of the contract; what failed comes first."""
    names = list(dict.fromkeys(finding.dataset for finding in verdict.findings))
    order = {None: 2, "critical": 0, "warning": 1}
    return [
        (
            name,
            sorted(
                (finding for finding in verdict.findings if finding.dataset == name),
                key=lambda finding: order[None if finding.met else finding.severity],
            ),
        )
        for name in names
    ]
