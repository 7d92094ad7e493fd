"""Honest variations pass the gate; each way of being wrong is caught by the expectation that names it."""

import socket
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from expectations import engine
from expectations.facts import Facts, Reconciled
from expectations.gate import SUITES, check, check_dataset, frames_of, rules
from expectations.verdict import Finding, Verdict
from schemas.tables import DATASETS
from tests.version_fixture import EFFORT, NOW, WEEKS, effort_row, empty, facts, policy, table, tables

Mutation = Callable[[pa.Table], pa.Table]


@pytest.fixture(scope="module")
def honest() -> dict[str, pa.Table]:
    return tables()


def set_value(column: str, value: Any, row: int = 0, where: str | None = None) -> Mutation:
    """One cell replaced; ``where``: the first row with this status."""

    def mutate(rows: pa.Table) -> pa.Table:
        at = rows.column("status").to_pylist().index(where) if where else row
        values = rows.column(column).to_pylist()
        values[at] = value
        field = rows.schema.field(column)
        return rows.set_column(rows.column_names.index(column), field, pa.array(values, field.type))

    return mutate


def also(*mutations: Mutation) -> Mutation:
    def mutate(rows: pa.Table) -> pa.Table:
        for each in mutations:
            rows = each(rows)
        return rows

    return mutate


def drop(column: str) -> Mutation:
    return lambda rows: rows.drop_columns([column])


def swap(one: str, other: str) -> Mutation:
    """The columns change their places: names and types stay where they were."""

    def mutate(rows: pa.Table) -> pa.Table:
        names = [{one: other, other: one}.get(name, name) for name in rows.column_names]
        return rows.rename_columns(names).select(rows.column_names)

    return mutate


def reorder(rows: pa.Table) -> pa.Table:
    return rows.select(rows.column_names[::-1])


def repeat(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, rows.slice(0, 1)])


def half(rows: pa.Table) -> pa.Table:
    return rows.slice(0, rows.num_rows // 2)


def cast(column: str, kind: pa.DataType) -> Mutation:
    return lambda rows: rows.set_column(
        rows.column_names.index(column), column, pc.cast(rows.column(column), kind)
    )


LEAKED = "ask ana.silva@mail.example about it"

MUTATIONS: dict[str, tuple[str, Mutation, str]] = {
    "a dropped column": ("effort", drop("easy_share"), "columns-as-promised"),
    "columns in another order": ("asks", reorder, "columns-as-promised"),
    "another type": ("volumes", cast("tickets", pa.float64()), "types-as-promised"),
    "NaN": ("effort", set_value("mean", float("nan")), "no-nan"),
    "infinity": ("dignity", set_value("per_100_high", float("inf")), "no-infinity"),
    "a duplicate key": ("effort", repeat, "key-is-unique"),
    "a duplicate key with a null in it": ("triage", repeat, "key-is-unique"),
    "a duplicate story": ("stories", repeat, "key-is-unique"),
    "a negative count": ("asks", set_value("asks", -1), "asks-not-negative"),
    "a negative reopen": ("volumes", set_value("reopens", -3), "reopens-not-negative"),
    "an unknown status": ("response", set_value("status", "fine"), "status-is-known"),
    "an unknown period": ("moments", set_value("period", "month"), "period-is-known"),
    "a total with a start": ("triage", set_value("period_start", date(2025, 6, 2)), "total-has-no-start"),
    "a week without a start": ("volumes", set_value("period_start", None), "day-and-week-have-a-start"),
    "an un-suppressed small group": ("effort", set_value("clients", 3), "small-groups-suppressed"),
    "a suppressed row that tells": (
        "effort", set_value("n", 3, where="suppressed"), "suppressed-tells-nothing",
    ),
    "fewer answers than clients": ("effort", set_value("n", 7), "n-at-least-clients"),
    "a mean outside the scale": ("effort", set_value("mean", 7.5), "mean-inside-the-scale"),
    "swapped bounds": ("effort", swap("mean_low", "mean_high"), "mean-not-below-its-interval"),
    "an interval without a figure": (
        "prompts", set_value("note_rate", None), "note-rate-interval-needs-a-figure",
    ),
    "a share above 1": ("response", set_value("rr1", 1.2), "rr1-in-range"),
    "outcomes that do not add up": ("response", set_value("silent", 661), "dispositions-add-up"),
    "a response rate of its own": ("response", set_value("rr1", 0.25), "rr1-is-responded-by-sent"),
    "pooled scales": ("effort", set_value("scale", "ces-7,ces-5"), "one-scale-per-row"),
    "5 to 7 on another scale": ("effort", set_value("scale", "ces-5"), "easy-share-only-on-ces"),
    "an ask avoided for no reason": ("asks", set_value("reason", "", row=1), "an-avoided-ask-has-a-reason"),
    "an unknown counter": ("dignity", set_value("counter", "sighs"), "counter-is-known"),
    "more than 100 reopened of 100": ("dignity", set_value("per_100", 120.0, row=4), "shares-at-most-100"),
    "ranks against effort": ("moments", set_value("fragility_rank", 9), "ranks-follow-effort"),
    "a mean of three answers": ("moments", set_value("effort_n", 3), "effort-mean-needs-enough-effort-n"),
    "more notes than answers": ("prompts", set_value("notes", 400), "no-more-notes-than-answers"),
    "a month that is none": ("prompts", set_value("month", "2025-13"), "month-is-a-month"),
    "a story from nine clients": ("stories", set_value("clients", 9), "stories-only-from-large-groups"),
    "a story with its rating": ("stories", set_value("effort", 2), "no-rating-of-one-client"),
    "a leaked address": ("stories", set_value("story", LEAKED), "no-address-in-story"),
    "a leaked number": ("stories", set_value("story", "call +49 170 1234567"), "no-address-in-story"),
    "an address as a product": ("triage", set_value("product", "ana@mail.example"), "no-address-in-product"),
    "sentiment without a story": ("triage", set_value("story_id", None), "sentiment-beside-a-story"),
    "a story nobody can read": ("triage", set_value("story_id", "gone"), "story-exists"),
    "sentiment shown and withheld": (
        "triage", set_value("sentiment_withheld", "no-story"), "sentiment-shown-or-withheld",
    ),
    "more scored than notes": ("triage", set_value("scored", 100), "no-more-scored-than-notes"),
    "sentiment of three notes": ("triage", set_value("scored", 3), "sentiment-mean-needs-enough-scored"),
}  # fmt: skip


@pytest.mark.parametrize("what", MUTATIONS)
def test_a_wrong_table_is_held_by_the_expectation_that_names_it(
    what: str, honest: dict[str, pa.Table]
) -> None:
    dataset, mutate, expectation = MUTATIONS[what]
    wrong = {**honest, dataset: mutate(honest[dataset])}
    (finding,) = _findings(dataset, wrong, None, {expectation})
    assert not finding.met
    assert finding.severity == "critical"
    assert finding.rows or finding.detail


def _findings(
    dataset: str, now: dict[str, pa.Table], before: dict[str, pa.Table] | None, names: set[str]
) -> list[Finding]:
    """The findings of some rules of a suite, on the frames that the gate makes."""
    some = [rule for rule in rules(dataset, policy(), facts()) if rule.meta["name"] in names]
    looked_at = frames_of(dataset, now, before, facts(), NOW)
    return engine.run(engine.context(), DATASETS[dataset], some, looked_at)


@pytest.mark.parametrize("dataset", [name for name in DATASETS if name != "stories"])
def test_a_truncated_table_is_held_beside_the_last_version(dataset: str, honest: dict[str, pa.Table]) -> None:
    wrong = {**honest, dataset: half(honest[dataset])}
    findings = check_dataset(dataset, wrong, honest, facts(), policy(), NOW)
    unmet = {
        finding.expectation for finding in findings if not finding.met and finding.severity == "critical"
    }
    assert unmet & {"rows-do-not-vanish", "total-does-not-shrink"}


def test_every_suite_has_ten_expectations_in_plain_words_and_unique_names() -> None:
    for name in DATASETS:
        suite = rules(name, policy(), facts())
        names = [rule.meta["name"] for rule in suite]
        assert len(suite) >= 10, name
        assert len(names) == len(set(names)), name
        assert all(len(rule.notes) > 15 and rule.notes.endswith(".") for rule in suite), name
        assert {"key-is-unique", "fresh", "reconciled-with-landing", "rows-do-not-vanish"} <= set(names)
    assert set(SUITES) == set(DATASETS)


def _variations() -> dict[str, tuple[dict[str, pa.Table], dict[str, pa.Table] | None, Facts]]:
    first, nothing = tables(), empty()
    unanswered = {**first, **{name: nothing[name] for name in ("effort", "prompts")}}
    quiet = set_value("sentiment_mean", None)
    for bound in ("sentiment_mean_low", "sentiment_mean_high"):
        quiet = also(quiet, set_value(bound, None))
    withheld = also(quiet, set_value("story_id", None), set_value("sentiment_withheld", "no-story"))
    doubled = tables({**EFFORT, "billing": ((280, 5.9), (300, 5.1))})
    return {
        "the first version": (first, None, facts()),
        "an empty bucket": (nothing, None, Facts()),
        "nothing changed": (first, first, facts()),
        "no answers yet": (unanswered, None, facts()),
        "a new product": (tables({**EFFORT, "gift-cards": ((20, 5.0), (22, 5.1))}), first, facts()),
        "an imported old log": (_with_old_log(first), first, facts()),
        "one team doubled": (doubled, first, facts()),
        "twice as many asks": ({**first, "asks": tables(times=2)["asks"]}, first, facts()),
        "a story withheld with its sentiment": (
            {**first, "triage": withheld(first["triage"])}, None, facts(),
        ),
        "one rating on another scale": (_with_another_scale(first), first, facts()),
        "stories that may no longer be shown": (
            {**first, "stories": nothing["stories"], "triage": nothing["triage"]}, None, facts(),
        ),
        "a name that looks like a number": (
            {**first, "effort": set_value("member", "2025-06-02 / 4711-0815")(first["effort"])},
            None,
            facts(),
        ),
    }  # fmt: skip


def _with_old_log(version: dict[str, pa.Table]) -> dict[str, pa.Table]:
    imported = {
        "source": "//servicenow/incidents", "period": "day", "period_start": date(2016, 2, 29),
        "tickets": 600, "resolutions": 608, "reopens": 8, "clients": 300, "status": "published",
    }  # fmt: skip
    return {**version, "volumes": pa.concat_tables([version["volumes"], table("volumes", [imported])])}


def _with_another_scale(version: dict[str, pa.Table]) -> dict[str, pa.Table]:
    row = effort_row("week", WEEKS[1], "product", "billing", 40, 3.0)
    row |= {"scale": "ces-5", "easy_share": None, "easy_share_low": None, "easy_share_high": None}
    return {**version, "effort": pa.concat_tables([version["effort"], table("effort", [row])])}


@pytest.mark.parametrize("what", _variations())
def test_an_honest_variation_passes(what: str) -> None:
    now, before, told = _variations()[what]
    plain = tables()
    changed = [name for name in DATASETS if not now[name].equals(plain[name])] or ["volumes"]
    findings = [
        finding
        for name in changed
        for finding in check_dataset(name, now, before, told, policy(), NOW, context=engine.context())
    ]
    assert [each for each in findings if not each.met] == []


def test_a_whole_version_passes(honest: dict[str, pa.Table]) -> None:
    verdict = check(honest, honest, facts(), policy(), NOW)
    assert verdict.failures == ()
    assert verdict.sentence.startswith("Passed: all ")


def test_a_quiet_week_is_a_warning_and_no_failure(honest: dict[str, pa.Table]) -> None:
    long_ago = facts(newest_landed=NOW - timedelta(days=7))
    verdict = Verdict(tuple(check_dataset("volumes", honest, honest, long_ago, policy(), NOW)))
    assert verdict.highest == "warning"
    assert not verdict.held
    assert {finding.expectation for finding in verdict.failures} == {"fresh"}


def test_events_that_nobody_accounts_for_hold_the_version(honest: dict[str, pa.Table]) -> None:
    lost = facts(reconciled={"asks": Reconciled(5000, 40, {"late": 60}, 0, 4899)})
    findings = check_dataset("asks", honest, None, lost, policy(), NOW)
    assert {each.expectation for each in findings if not each.met} == {"reconciled-with-landing"}


def test_a_known_cause_makes_a_shrinking_total_a_warning(honest: dict[str, pa.Table]) -> None:
    smaller = {**honest, "asks": half(honest["asks"])}
    findings = check_dataset("asks", smaller, honest, facts(cause="reopens are counted anew"), policy(), NOW)
    unmet = [finding for finding in findings if not finding.met]
    assert unmet
    assert {finding.severity for finding in unmet} == {"warning"}


def test_a_missing_dataset_holds_the_version(honest: dict[str, pa.Table]) -> None:
    some = {"volumes": honest["volumes"]}
    verdict = check(some, None, facts(), policy(), NOW)
    assert verdict.held
    assert [finding.dataset for finding in verdict.failures] == [
        each for each in DATASETS if each not in some
    ]


def test_failing_rows_show_neither_addresses_nor_stories_nor_small_groups(
    honest: dict[str, pa.Table],
) -> None:
    wrong = {
        **honest,
        "stories": set_value("story", LEAKED)(honest["stories"]),
        "triage": set_value("product", "ana.silva@mail.example")(honest["triage"]),
        "effort": also(set_value("clients", 3), set_value("n", 3))(honest["effort"]),
    }
    findings = [
        finding
        for name in ("stories", "triage", "effort")
        for finding in check_dataset(name, wrong, None, facts(), policy(), NOW)
    ]
    shown = "\n".join(f"{finding.rows} {finding.detail}" for finding in findings if not finding.met)
    assert "ana.silva" not in shown
    assert "ask " not in shown
    assert "'clients': '3'" not in shown.replace("small-groups", "")


def test_the_policy_may_raise_the_floor(honest: dict[str, pa.Table]) -> None:
    strict = policy()
    import msgspec

    strict = msgspec.structs.replace(strict, privacy=msgspec.structs.replace(strict.privacy, min_clients=100))
    findings = check_dataset("effort", honest, None, facts(), strict, NOW)
    assert "small-groups-suppressed" in {each.expectation for each in findings if not each.met}


def test_the_gate_reaches_no_network(honest: dict[str, pa.Table], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the gate opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    findings = check_dataset("stories", honest, None, facts(), policy(), NOW)
    assert all(finding.met for finding in findings)
