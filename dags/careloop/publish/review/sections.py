"""What each section of the review shows: published rows, chosen and ordered, and their chart. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from careloop.publish.manifest import Manifest
from careloop.publish.review import charts
from careloop.publish.review.charts import Bar, Dot, Part
from careloop.publish.review.compare import SCALE, Change
from careloop.publish.review.words import named, plain

Row = dict[str, Any]
PARTS = (
    ("responded", "good"),
    ("opened", "accent"),
    ("declined", "bad"),
    ("silent", "muted"),
    ("undelivered", "wary"),
)
COHORTS = 8
"""the latest cohorts and periods that are shown"""

_EASIER = "mean rating, 1 to 7: higher is easier"


@dataclass(frozen=True)
class Section:
    """Rows, and their chart as SVG ("" where there is nothing to draw)."""

    rows: list[Row]
    chart: str = ""
    about: str = ""
    """which period the rows are about"""


def effort(table: pa.Table, made: list[Change], weeks: tuple[date, date] | None) -> Section:
    """Each product's effort: the latest closed week beside the one before, or the total so far."""
    if weeks is None:
        rows = [
            row
            for row in _published(table)
            if row["period"] == "total"
            and row["dimension"] == "product"
            and row["scale"] == SCALE
            and row["mean"] is not None
        ]
        rows.sort(key=lambda row: row["mean"])
        drawn = [Dot(row["member"], row["mean"], row["mean_low"], row["mean_high"]) for row in rows]
        return Section(rows, _effort_chart(drawn, "Effort by product"), "so far")
    shown = sorted((each for each in made if each.after), key=lambda each: (each.after or {})["mean"])
    colours = {"easier": "good", "harder": "bad"}
    drawn = [
        Dot(
            each.product, each.after["mean"], each.after["mean_low"], each.after["mean_high"],
            each.before["mean"] if each.before else None, colours.get(each.tendency, "accent"),
        )
        for each in shown
        if each.after is not None
    ]  # fmt: skip
    return Section([], _effort_chart(drawn, f"Effort by product, week of {weeks[1]}"), f"week of {weeks[1]}")


def _effort_chart(drawn: list[Dot], title: str) -> str:
    if not drawn:
        return ""
    return charts.dots("effort", drawn, axis=_EASIER, title=title)


def response(table: pa.Table) -> Section:
    """The latest send cohorts, a week each, over all programmes."""
    every = [row for row in _published(table) if row["dimension"] == "all" and row["sent"]]
    weeks = [row for row in every if row["period"] == "week"]
    rows = sorted(weeks, key=lambda row: row["period_start"])[-COHORTS:]
    rows = rows or [row for row in every if row["period"] == "total"]
    if not rows:
        return Section(rows)
    labels = [str(row["period_start"] or "total") for row in rows]
    shares = {name: [100 * row[name] / row["sent"] for row in rows] for name, _ in PARTS}
    parts = [Part(named(name), shares[name], colour) for name, colour in PARTS]
    title = "What became of the check-ins of each cohort, in per cent"
    chart = charts.stacked("response", labels, parts, axis="% of the check-ins sent", title=title)
    return Section(rows, chart)


def asks(table: pa.Table) -> Section:
    """Asks made and avoided since the beginning, by reason, over all programmes."""
    totals: dict[tuple[str, str], int] = {}
    for row in _published(table):
        if row["period"] == "total":
            key = (row["disposition"], row["reason"])
            totals[key] = totals.get(key, 0) + row["asks"]
    order = {"sent": 0, "avoided": 1}
    ranked = sorted(totals.items(), key=lambda each: (order.get(each[0][0], 2), -each[1], each[0]))
    rows: list[Row] = [{"disposition": what, "reason": why, "asks": asks} for (what, why), asks in ranked]
    if not rows:
        return Section(rows)
    drawn = [
        Bar(
            plain(row["reason"] or row["disposition"]),
            row["asks"],
            "good" if row["disposition"] == "sent" else "accent",
        )
        for row in rows
    ]
    return Section(rows, charts.bars("asks", drawn, axis="asks", title="Asks made and avoided, by reason"))


def dignity(table: pa.Table, today: date) -> Section:
    """The counters of the latest closed week over all products, or of the total so far."""
    every = [row for row in _published(table) if row["dimension"] == "all" and row["per_100"] is not None]
    closed = [
        row for row in every if row["period"] == "week" and row["period_start"] + timedelta(days=7) <= today
    ]
    latest = max((row["period_start"] for row in closed), default=None)
    rows = [row for row in closed if row["period_start"] == latest]
    rows = rows or [row for row in every if row["period"] == "total"]
    rows.sort(key=lambda row: -row["per_100"])
    if not rows:
        return Section(rows)
    drawn = [
        Dot(named(row["counter"]), row["per_100"], row["per_100_low"], row["per_100_high"]) for row in rows
    ]
    about = f"week of {latest}" if latest else "so far"
    chart = charts.dots("dignity", drawn, axis="per 100", title=f"Dignity per 100, {about}")
    return Section(rows, chart, about)


def moments(table: pa.Table) -> Section:
    """The journey's steps since the beginning, the most fragile first; those without a rating last."""
    rows = [row for row in _published(table) if row["period"] == "total"]
    rows.sort(key=lambda row: (row["fragility_rank"] is None, row["fragility_rank"] or 0, row["moment"]))
    drawn = [
        Dot(plain(row["moment"]), row["effort_mean"], row["effort_mean_low"], row["effort_mean_high"])
        for row in rows
        if row["effort_mean"] is not None
    ]
    if not drawn:
        return Section(rows)
    title = "Mean effort at each moment, the most fragile first"
    return Section(rows, charts.dots("moments", drawn, axis=_EASIER, title=title))


def triage(table: pa.Table, stories: pa.Table) -> Section:
    """Stress and sentiment since the beginning, each beside the words of a person."""
    words = {row["story_id"]: row["story"] for row in stories.to_pylist()}
    rows = [row for row in _published(table) if row["period"] == "total"]
    for row in rows:
        row["story"] = words.get(row["story_id"])
        if row["story"] is None:
            row["sentiment_mean"] = None
    rows.sort(key=lambda row: (-(row["stress_mean"] or 0), row["product"], row["impact"]))
    return Section(rows)


def prompt_rows(table: pa.Table) -> list[Row]:
    """The prompts, the latest month first."""
    return sorted(_published(table), key=lambda row: (row["month"], row["prompt_id"]), reverse=True)[:COHORTS]


def hidden(manifest: Manifest, tables: Mapping[str, pa.Table]) -> list[Row]:
    """What is not shown, by dataset."""
    return [
        {
            "dataset": name,
            "rows": table.num_rows,
            "suppressed": manifest.suppressed.get(name, 0),
            "awaiting": manifest.awaiting.get(name, 0),
        }
        for name, table in tables.items()
    ]


def _published(table: pa.Table) -> list[Row]:
    return [row for row in table.to_pylist() if row["status"] == "published"]
