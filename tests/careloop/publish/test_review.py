"""The review tells better, worse and noise apart, and shows nothing that is not published."""

import re
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from careloop.publish.quality import page as quality_page
from careloop.publish.record import Run
from careloop.publish.review import page
from careloop.publish.review.compare import changes, closed_weeks
from careloop.publish.review.opening import opening
from careloop.publish.review.words import signed
from expectations.verdict import Finding, Verdict
from tests.version_fixture import EFFORT, NOW, WEEKS, empty, manifest, tables

HOSTILE = '<script>alert("x")</script> & $\\frac{1}{2}$ "><img src=x onerror=alert(1)>'
VOID = {"meta", "link", "br", "img", "hr", "input"}


class _Tags(HTMLParser):
    """Checks that elements nest, and collects tags, ids and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.unlabelled = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append(tag)
        self.ids += [named["id"]] if named.get("id") else []
        assert not [name for name in named if name.startswith("on")]
        if tag == "svg":
            assert named["role"] == "img"
            assert named["aria-label"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _parsed(body: bytes) -> _Tags:
    tags = _Tags()
    tags.feed(body.decode())
    assert tags.open == []
    return tags


def _opening(body: bytes) -> str:
    return body.decode().split('<ul class="sentences">')[1].split("</ul>")[0]


def test_the_rise_and_the_fall_are_named_and_the_noise_is_not() -> None:
    short = _opening(page(manifest(), tables()))
    assert "Getting help with billing became harder" in short
    assert "Getting help with delivery became easier" in short
    assert "search" not in short
    assert "accounts" not in short
    assert "For the other 2 products there is no clear change." in short


def test_a_clear_change_stands_beside_a_story_of_its_group() -> None:
    short = _opening(page(manifest(), tables()))
    assert "three times about billing" in short
    without = {**tables(), "stories": empty()["stories"]}
    assert "No story may be shown beside it" in _opening(page(manifest(), without))


def test_there_are_at_most_five_sentences() -> None:
    many = {f"product-{number}": ((400, 5.9), (400, 4.9)) for number in range(9)}
    effort = tables(many)["effort"]
    sentences = opening(changes(effort, WEEKS), WEEKS, tables(many)["stories"])
    assert len(sentences) == 5
    assert sentences[-1].text == "5 products more changed clearly, as the table of effort shows."


def test_chance_alone_names_a_product_in_few_reviews() -> None:
    import numpy as np

    draw = np.random.default_rng(7)
    wrong = 0
    for _ in range(120):
        means = {
            f"p{number}": tuple((100, 5.0 + 0.13 * float(draw.standard_normal())) for _ in range(2))
            for number in range(6)
        }
        effort = tables(means)["effort"]  # type: ignore[arg-type]
        wrong += any(each.clear for each in changes(effort, WEEKS))
    assert wrong <= 14


def test_the_difference_is_the_one_of_welch() -> None:
    from scipy.stats import t, ttest_ind_from_stats

    effort = tables({"billing": ((140, 5.9), (150, 5.1))})["effort"]
    (change,) = changes(effort, WEEKS)
    assert change.before is not None
    assert change.after is not None
    deviations = []
    for row in (change.before, change.after):
        half = row["mean_high"] - row["mean"]
        deviations.append(half * row["n"] ** 0.5 / t.ppf(0.975, row["n"] - 1))
    welch = ttest_ind_from_stats(5.1, deviations[1], 150, 5.9, deviations[0], 140, equal_var=False)
    interval = welch.confidence_interval(0.95) if hasattr(welch, "confidence_interval") else None
    assert change.tendency == "harder"
    assert welch.pvalue < 0.05
    if interval is not None:
        assert change.low == pytest.approx(interval.low)


def test_an_interval_cut_at_the_end_of_the_scale_does_not_make_a_change_clearer() -> None:
    effort = tables({"billing": ((3, 6.6), (3, 5.9))})["effort"]
    assert [each.tendency for each in changes(effort, WEEKS)] == ["no clear change"]


def test_an_open_week_is_not_compared() -> None:
    effort = tables()["effort"]
    assert closed_weeks(effort, WEEKS[1]) is None
    assert closed_weeks(effort, NOW.date()) == WEEKS


def test_a_suppressed_week_is_not_compared_nor_counted_as_change() -> None:
    rows = tables()["effort"].to_pylist()
    kept = [row for row in rows if not (row["member"] == "billing" and row["period_start"] == WEEKS[0])]
    effort = pa.Table.from_pylist(kept, schema=tables()["effort"].schema)
    tendencies = {each.product: each.tendency for each in changes(effort, WEEKS)}
    assert tendencies["billing"] == "not compared"


@pytest.mark.parametrize("which", ["full", "empty", "hostile"])
def test_the_review_needs_no_script_and_no_network_and_nests(which: str) -> None:
    made = {
        "full": tables(),
        "empty": empty(),
        "hostile": tables({HOSTILE: EFFORT["billing"], "ok": EFFORT["delivery"]}),
    }[which]  # fmt: skip
    body = page(manifest(organisation=HOSTILE if which == "hostile" else "Acme"), made)
    text = body.decode()
    tags = _parsed(body)
    assert not {"script", "link", "iframe", "img", "object", "form"} & set(tags.tags)
    assert not re.search(r"(https?:)?//[a-z]|url\((?!#)|@import", text.replace("careloop.resolutions/", ""))
    assert len(tags.ids) == len(set(tags.ids))
    assert "<script" not in text
    assert len(body) < 500_000
    assert tags.tags.count("table") == tags.tags.count("caption")
    assert tags.tags.count("h1") == 1


def test_the_same_figures_make_the_same_bytes() -> None:
    assert page(manifest(), tables()) == page(manifest(), tables())


def test_without_two_weeks_nothing_is_said_about_better_or_worse() -> None:
    short = _opening(page(manifest(), empty()))
    assert "nothing can be compared" in short


def test_sentiment_without_its_story_is_not_shown() -> None:
    without = {**tables(), "stories": empty()["stories"]}
    text = page(manifest(), without).decode()
    assert "notes could be read)" not in text
    assert "withheld" in text


def test_what_waits_and_what_is_hidden_is_told() -> None:
    text = page(manifest(), tables()).decode()
    assert "Figures of fewer than 5 clients" in text
    assert re.search(
        r'effort</th><td class="number">16</td><td class="number">1</td><td class="number">3<', text
    )


def test_no_change_is_written_without_a_sign() -> None:
    assert [signed(each) for each in (0.0, -0.001, 0.2, -1.5, None)] == [
        "0.00",
        "0.00",
        "+0.20",
        "−1.50",
        "–",
    ]


def test_the_quality_page_needs_no_script_and_escapes_what_it_shows() -> None:
    finding = Finding(
        "effort", "key-is-unique", "A row is one.", "critical", "k", False, 9, ({"member": HOSTILE},), "rows"
    )
    fine = Finding("asks", "fresh", "Something landed.", "warning", "k", met=True)
    body = quality_page(Run(id="r", started=NOW, reason=HOSTILE), Verdict((finding, fine)))
    tags = _parsed(body)
    assert not {"script", "link", "iframe", "img"} & set(tags.tags)
    assert not re.search(r"https?:", body.decode())
    assert "This version is held" in body.decode()
    assert "9 rows of effort, the first 1 of them" in body.decode()
