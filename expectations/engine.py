"""Runs suites with Great Expectations and translates its results into findings.

The library is imported here, inside functions, with its analytics off; the context lives in memory
and dies with the call. Row samples show keys and checked values, masked; never a story, never the
figures of a small group. Called by the gate.
"""

import logging
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from expectations.frames import Frame
from expectations.personal import masked
from expectations.rule import Rule
from expectations.verdict import Finding
from schemas.tables import Dataset

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = 5
"""failing rows shown per expectation"""


def prepare() -> None:
    """Must run before the first import of the library: it reads its analytics switch then."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)


def context() -> Any:
    """A Great Expectations context that lives in memory, without progress bars or analytics."""
    prepare()
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    made = gx.get_context(mode="ephemeral")
    made.enable_analytics(False)
    made.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return made


def run(
    context: Any, dataset: Dataset, rules: Iterable[Rule], frames: Mapping[Frame, "pd.DataFrame"]
) -> list[Finding]:
    """A finding per rule, in the order of the rules."""
    ordered = list(rules)
    found: dict[str, Finding] = {}
    for frame, rows in frames.items():
        mine = [rule for rule in ordered if rule.meta["frame"] == frame.value]
        if mine:
            for result in _validate(context, f"{dataset.name}-{frame.value}", mine, rows):
                finding = _finding(dataset, result, rows)
                found[finding.expectation] = finding
    return [found[rule.meta["name"]] for rule in ordered]


def _validate(context: Any, name: str, rules: list[Rule], rows: "pd.DataFrame") -> list[Any]:
    import great_expectations as gx

    source = context.data_sources.add_or_update_pandas(name)
    batches = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
    batch = batches.get_batch({"dataframe": rows})
    suite = gx.ExpectationSuite(name=name, expectations=rules)
    return list(batch.validate(suite, result_format={"result_format": "COMPLETE"}).results)


def _finding(dataset: Dataset, result: Any, rows: "pd.DataFrame") -> Finding:
    configuration = result.expectation_config
    meta = configuration.meta
    met = bool(result.success)
    positions = [] if met else list(result.result.get("unexpected_index_list") or [])
    sample: tuple[dict[str, str], ...] = ()
    if positions:
        shown = _columns_shown(dataset, configuration.kwargs, rows, private=meta["private"])
        sample = tuple(_shown(rows, position, shown) for position in positions[:SAMPLE])
    about = "rows" if meta["frame"] in (Frame.ROWS, Frame.DERIVED) else meta["frame"]
    return Finding(
        dataset=dataset.name,
        expectation=meta["name"],
        says=str(configuration.notes),
        severity="critical" if configuration.severity.value == "critical" else "warning",
        kind=configuration.type,
        met=met,
        failed=len(positions) if about == "rows" else 0,
        rows=sample if about == "rows" else tuple(_unnumbered(each) for each in sample),
        about=about,
        detail="" if met else _detail(result, configuration.kwargs, rows),
    )


def _checked(arguments: Mapping[str, Any]) -> list[str]:
    return [arguments[name] for name in ("column", "column_A", "column_B") if arguments.get(name)]


def _columns_shown(
    dataset: Dataset, arguments: Mapping[str, Any], rows: "pd.DataFrame", *, private: bool
) -> list[str]:
    """The key, then what was checked; of a private rule the key alone."""
    checked = _checked(arguments)
    wanted = [*dataset.key, *(["column"] if "column" in rows.columns else []), *([] if private else checked)]
    return [name for name in dict.fromkeys(wanted) if name in rows.columns]


def _shown(rows: "pd.DataFrame", position: int, names: list[str]) -> dict[str, str]:
    return {"row": str(position), **{name: _plain(rows.at[position, name]) for name in names}}


def _unnumbered(shown: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in shown.items() if name != "row"}


def _plain(value: Any) -> str:
    if value is None or value != value:
        return "null"
    return masked(f"{value:g}" if isinstance(value, float) else str(value))[:200]


def _detail(result: Any, arguments: Mapping[str, Any], rows: "pd.DataFrame") -> str:
    """What was seen, where it is not a matter of rows: a missing column, other columns than promised."""
    if result.result.get("unexpected_index_list"):
        return ""
    promised = [*_checked(arguments), *arguments.get("column_list", [])]
    missing = [name for name in promised if name not in rows.columns]
    if missing:
        return f"could not be checked or not as promised: no column {', '.join(dict.fromkeys(missing))}"
    if "column_list" in arguments:
        return masked(f"the columns are {', '.join(map(str, rows.columns))}")
    errors = [str(each.get("exception_message")) for each in _raised(result.exception_info)]
    return masked(f"could not be checked: {'; '.join(dict.fromkeys(errors))}")[:500] if errors else ""


def _raised(information: Any) -> list[Mapping[str, Any]]:
    """The library gives one record, or one per metric."""
    if not isinstance(information, Mapping):
        return []
    if "raised_exception" in information:
        return [information] if information["raised_exception"] else []
    return [each for each in information.values() if each.get("raised_exception")]
