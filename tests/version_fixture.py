"""A whole, honest version, made by hand: what the gate passes and the review reads. For tests only.

Two closed ISO weeks of four products: billing got harder, delivery got easier, search moved by
chance, accounts did not move.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from math import sqrt
from typing import Any

import pyarrow as pa

from careloop.publish.manifest import Manifest, MonthPrompt
from expectations.facts import Facts, Reconciled
from schemas.policy import Policy, parse
from schemas.tables import DATASETS

NOW = datetime(2025, 6, 17, 9, 0, tzinfo=UTC)
WEEKS = (date(2025, 6, 2), date(2025, 6, 9))
T = 1.98
"""near enough to the t quantile of the n used here"""

EFFORT: dict[str, tuple[tuple[int, float], tuple[int, float]]] = {
    "billing": ((140, 5.9), (150, 5.1)),
    "delivery": ((130, 4.6), (125, 5.4)),
    "search": ((120, 5.2), (118, 5.35)),
    "accounts": ((90, 5.5), (95, 5.5)),
}
"""(n, mean) of both weeks by product"""


def policy() -> Policy:
    text = (
        "version: 1\norganisation: {name: Acme}\nprogrammes: {after-resolution: {delay: 1h}}\n"
        "live_from: 2025-06-01T00:00:00+00:00\n"
    )
    return parse(text, where="policy.yaml")[0]


def facts(**changes: Any) -> Facts:
    given: dict[str, Any] = {
        "newest_landed": datetime(2025, 6, 17, 8, 0, tzinfo=UTC),
        "reconciled": {name: Reconciled(50_000, 40, {"other": 60}, 0, 49_900) for name in DATASETS},
    }
    return Facts(**{**given, **changes})


def manifest(**changes: object) -> Manifest:
    """What such a version says about itself."""
    given = {
        "version": "20250617T090000Z-0123456789ab", "started": NOW, "organisation": "Acme",
        "time_zone": "Europe/Berlin", "policy": "ab" * 32, "code": "0.1.0+0123", "min_clients": 5,
        "min_clients_for_stories": 10, "positions": {"careloop.resolutions/1/0": 5200}, "rows": {},
        "suppressed": {"effort": 1}, "awaiting": {"effort": 3}, "reconciled": {}, "warnings": (),
        "quality": "quality/x/index.html", "content": "", "files": {},
        "prompt": MonthPrompt(month="2025-06", prompt_id="one-thing", words="What made this lighter?"),
        **changes,
    }  # fmt: skip
    return Manifest(**given)  # type: ignore[arg-type]


def tables(
    effort: Mapping[str, tuple[tuple[int, float], tuple[int, float]]] | None = None, times: int = 1
) -> dict[str, pa.Table]:
    """Every dataset; ``times`` multiplies the size of all groups."""
    effort = EFFORT if effort is None else effort
    rows: dict[str, list[dict[str, Any]]] = {
        "volumes": [_volume(kind, start, times) for kind, start in _periods()],
        "effort": _effort(effort, times),
        "response": [_response(kind, start, times) for kind, start in _periods()],
        "asks": [row for kind, start in _periods() for row in _asks(kind, start, times)],
        "dignity": [row for kind, start in _periods() for row in _dignity(kind, start, times)],
        "moments": [row for kind, start in _periods() for row in _moments(kind, start, times)],
        "prompts": [_prompt("2025-05", "plain", times), _prompt("2025-06", "one-thing", times)],
        "stories": [_story(product) for product in effort],
        "triage": [_triage(product, times) for product in effort],
    }
    return {name: table(name, rows[name]) for name in DATASETS}


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = DATASETS[name].arrow
    return pa.Table.from_pylist(
        [{field: row.get(field) for field in schema.names} for row in rows], schema=schema
    )


def empty() -> dict[str, pa.Table]:
    return {name: dataset.arrow.empty_table() for name, dataset in DATASETS.items()}


def _periods() -> list[tuple[str, date | None]]:
    return [("week", WEEKS[0]), ("week", WEEKS[1]), ("total", None)]


def _figure(name: str, value: float, half: float, low: float = -1e9, high: float = 1e9) -> dict[str, float]:
    return {name: value, f"{name}_low": max(value - half, low), f"{name}_high": min(value + half, high)}


def _volume(kind: str, start: date | None, times: int) -> dict[str, Any]:
    size = (4800 if kind == "total" else 2400) * times
    return {
        "source": "//helpdesk.example/acme",
        "period": kind,
        "period_start": start,
        "status": "published",
        "tickets": size - 100,
        "resolutions": size,
        "reopens": 90 * times,
        "clients": size // 3,
    }


def effort_row(
    kind: str, start: date | None, dimension: str, member: str, n: int, mean: float
) -> dict[str, Any]:
    half = T * 1.3 / sqrt(n)
    return {
        "period": kind,
        "period_start": start,
        "dimension": dimension,
        "member": member,
        "scale": "ces-7",
        "n": n,
        "clients": n - 2,
        "status": "published",
        **_figure("mean", mean, half, 1, 7),
        **_figure("easy_share", 0.6, 0.05),
    }


def _effort(
    effort: Mapping[str, tuple[tuple[int, float], tuple[int, float]]], times: int
) -> list[dict[str, Any]]:
    rows = []
    for product, weeks in effort.items():
        for start, (n, mean) in zip(WEEKS, weeks, strict=True):
            rows.append(effort_row("week", start, "product", product, n * times, mean))
        both = sum(n for n, _ in weeks) * times
        rows.append(effort_row("total", None, "product", product, both, sum(mean for _, mean in weeks) / 2))
    for kind, start in _periods() if effort else []:
        rows.append(effort_row(kind, start, "all", "all", 480 * times, 5.3))
    hidden = {"period": "week", "period_start": WEEKS[1], "dimension": "product", "member": "a-small-one"}
    return [*rows, {**hidden, "scale": "ces-7", "status": "suppressed"}]


def _response(kind: str, start: date | None, times: int) -> dict[str, Any]:
    counts = {"responded": 240, "opened": 60, "declined": 20, "silent": 660, "undelivered": 20}
    counts = {name: count * times for name, count in counts.items()}
    return {
        "period": kind,
        "period_start": start,
        "dimension": "all",
        "member": "all",
        "status": "published",
        "sent": sum(counts.values()),
        "clients": 950 * times,
        **counts,
        **_figure("rr1", 0.24, 0.026),
    }


def _asks(kind: str, start: date | None, times: int) -> list[dict[str, Any]]:
    reasons = [
        ("sent", "", 1000),
        ("avoided", "cooldown", 800),
        ("avoided", "auto-resolved", 300),
        ("avoided", "opted-out", 40),
    ]
    return [
        {
            "period": kind,
            "period_start": start,
            "programme": "after-resolution",
            "disposition": what,
            "reason": reason,
            "asks": count * times,
            "clients": count * times - 5,
            "status": "published",
        }
        for what, reason, count in reasons
    ]


def _dignity(kind: str, start: date | None, times: int) -> list[dict[str, Any]]:
    levels = {
        "repeated_explanations": 31.0,
        "identity_checks_beyond_first": 12.0,
        "escalations_by_confusion": 4.0,
        "handoffs": 40.0,
        "reopens": 5.0,
        "understood_moments": 9.0,
    }
    change = _figure("change", -1.0, 2.0) if start == WEEKS[1] else {}
    return [
        {
            "period": kind,
            "period_start": start,
            "dimension": "all",
            "member": "all",
            "counter": counter,
            "n": 2400 * times,
            "clients": 900 * times,
            "status": "published",
            **_figure("per_100", level, 1.5, 0),
            **change,
        }
        for counter, level in levels.items()
    ]


def _moments(kind: str, start: date | None, times: int) -> list[dict[str, Any]]:
    levels = [("identity-check", 4.4), ("billing", 5.0), ("data-request", 5.6)]
    return [
        {
            "period": kind,
            "period_start": start,
            "moment": moment,
            "resolutions": 700 * times,
            "clients": 400 * times,
            "effort_n": 160 * times,
            "fragility_rank": rank,
            "status": "published",
            **_figure("effort_mean", mean, 0.2),
            **_figure("repeated_explanations_per_100", 30.0, 3.0),
            **_figure("handoffs_per_100", 40.0, 3.0),
        }
        for rank, (moment, mean) in enumerate(levels, start=1)
    ]


def _prompt(month: str, prompt: str, times: int) -> dict[str, Any]:
    return {
        "month": month,
        "prompt_id": prompt,
        "sent": 500 * times,
        "answers": 120 * times,
        "notes": 48 * times,
        "clients": 118 * times,
        "status": "published",
        **_figure("note_rate", 0.4, 0.09),
    }


def _story(product: str) -> dict[str, Any]:
    return {
        "story_id": f"story-of-{product}",
        "period": "week",
        "period_start": WEEKS[1],
        "dimension": "product",
        "member": product,
        "moment": "billing",
        "locale": "en",
        "clients": 60,
        "story": f"The client wrote three times about {product}; we had asked for the same papers twice.",
    }


def _triage(product: str, times: int) -> dict[str, Any]:
    return {
        "period": "total",
        "product": product,
        "impact": "high",
        "n": 300 * times,
        "clients": 200 * times,
        "risk_escalations": 6 * times,
        **_figure("stress_mean", 0.4, 0.05),
        "notes": 80 * times,
        "scored": 40 * times,
        **_figure("sentiment_mean", -0.1, 0.1),
        "coverage": 0.5,
        "story_id": f"story-of-{product}",
        "status": "published",
    }
