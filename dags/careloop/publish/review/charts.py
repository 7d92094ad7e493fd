"""The review's charts: small SVGs that live inside the page, follow its colours, and never change unasked.

Colours are placeholders that become the page's CSS variables, so that a chart follows dark mode; text stays
text. The same figures make the same bytes: a hash salt per chart, no dates. matplotlib is imported inside.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_COLOURS = {
    "ink": "#010203", "soft": "#020304", "line": "#030405", "accent": "#040506", "muted": "#050607",
    "good": "#060708", "bad": "#070809", "wary": "#08090a", "paper": "#090a0b",
}  # fmt: skip
"""CSS variable → the colour that stands for it while matplotlib draws"""

_WIDTH = 4.8
_LONGEST = 32


@dataclass(frozen=True)
class Dot:
    """One line of a chart: a figure with its interval, and the one before it where there is one."""

    label: str
    value: float
    low: float | None
    high: float | None
    before: float | None = None
    colour: str = "accent"


@dataclass(frozen=True)
class Part:
    """One part of a stacked bar."""

    name: str
    values: Sequence[float]
    colour: str


def dots(name: str, rows: Sequence[Dot], *, axis: str, title: str) -> str:
    """A figure per line, with its interval as a whisker."""
    figure, axes = _canvas(len(rows))
    for y, row in enumerate(rows):
        colour = _COLOURS[row.colour]
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [y, y], color=colour, linewidth=2.2, solid_capstyle="round")
        if row.before is not None:
            axes.plot([row.before], [y], "o", ms=6, mfc=_COLOURS["paper"], mec=_COLOURS["muted"], mew=1.4)
        axes.plot([row.value], [y], "o", ms=7, color=colour)
    _lines(axes, [row.label for row in rows], axis)
    return _svg(figure, name, title)


@dataclass(frozen=True)
class Bar:
    """One bar of a chart."""

    label: str
    value: float
    colour: str


def bars(name: str, rows: Sequence[Bar], *, axis: str, title: str) -> str:
    """A bar per line, with its number at the end."""
    figure, axes = _canvas(len(rows))
    labels, values = [row.label for row in rows], [row.value for row in rows]
    axes.barh(range(len(labels)), values, color=[_COLOURS[row.colour] for row in rows], height=0.62)
    for y, value in enumerate(values):
        axes.annotate(
            f"{value:,.0f}", (value, y), xytext=(4, 0), textcoords="offset points", va="center",
            color=_COLOURS["ink"], fontsize=9.5,
        )  # fmt: skip
    _lines(axes, labels, axis)
    axes.set_xlim(0, max([*values, 1]) * 1.18)
    return _svg(figure, name, title)


def stacked(name: str, labels: Sequence[str], parts: Sequence[Part], *, axis: str, title: str) -> str:
    """Shares of a whole, one bar per line, with a legend below."""
    figure, axes = _canvas(len(labels), extra=0.45)
    left = [0.0] * len(labels)
    for part in parts:
        axes.barh(
            range(len(labels)), part.values, left=left, height=0.62, label=part.name,
            color=_COLOURS[part.colour], edgecolor=_COLOURS["paper"], linewidth=1.2,
        )  # fmt: skip
        left = [sofar + value for sofar, value in zip(left, part.values, strict=True)]
    _lines(axes, labels, axis)
    axes.set_xlim(0, 100)
    legend = axes.legend(
        loc="upper left", bbox_to_anchor=(0, -0.62), bbox_transform=_inches(figure, axes), ncols=3,
        frameon=False, fontsize=9.5, handlelength=0.9, handleheight=0.9, columnspacing=1.2, borderaxespad=0,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_color(_COLOURS["ink"])
    return _svg(figure, name, title)


def _canvas(lines: int, extra: float = 0.0) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, 0.75 + 0.36 * max(lines, 1) + extra))
    axes = figure.add_subplot()
    axes.set_facecolor("none")
    figure.patch.set_alpha(0)
    return figure, axes


def _inches(figure: Any, axes: Any) -> Any:
    """Coordinates from the lower left corner of ``axes``: across in its widths, down in inches."""
    from matplotlib.transforms import ScaledTranslation, blended_transform_factory

    down = figure.dpi_scale_trans + ScaledTranslation(0, 0, axes.transAxes)
    return blended_transform_factory(axes.transAxes, down)


def _lines(axes: Any, labels: Sequence[str], axis: str) -> None:
    """One labelled line per row, the first one on top."""
    axes.set_yticks(range(len(labels)), [_short(label) for label in labels], fontsize=10)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlabel(axis, fontsize=9.5, color=_COLOURS["soft"])
    axes.tick_params(axis="y", length=0, labelcolor=_COLOURS["ink"])
    axes.tick_params(axis="x", length=0, labelcolor=_COLOURS["soft"], labelsize=9.5)
    axes.grid(axis="x", color=_COLOURS["line"], linewidth=0.8)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _short(label: str) -> str:
    label = " ".join(label.split())
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"


def _svg(figure: Any, name: str, title: str) -> str:
    """The drawn figure as inline SVG: no namespaces, no metadata, ids of its own, the page's font."""
    drawn = _drawn(figure, name)
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.S)
    drawn = re.sub(r"\sxmlns(:\w+)?=\"[^\"]*\"", "", drawn)
    drawn = re.sub(r"(\bid=\"|url\(#|href=\"#)", rf"\g<1>{name}-", drawn)
    drawn = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px; font-family: inherit", drawn)
    for variable, colour in _COLOURS.items():
        drawn = drawn.replace(colour, f"var(--{variable})")
    box = re.search(r"viewBox=\"([^\"]*)\"", drawn)
    size = box[1] if box else "0 0 1 1"
    start = f'<svg class="chart" viewBox="{size}" role="img" aria-label="{escape(title, quote=True)}">'
    return re.sub(r"\n\s*", "\n", start + drawn[drawn.index(">") + 1 :]).strip()


def _drawn(figure: Any, name: str) -> str:
    import matplotlib as mpl
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)
    sink = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(
            sink, format="svg", metadata=nothing, bbox_inches="tight", pad_inches=0.04, transparent=True
        )
    return sink.getvalue()
