"""Every metric on a set small enough to be worked out on paper. The sums are in the comments."""

from datetime import date, timedelta
from math import sqrt
from typing import Any

import pytest

from schemas.tables import DATASETS
from tests.careloop.told import answered, at, decided, declined, numbered, opened, policy, reopened, resolved

WEEK, NEXT = date(2025, 6, 2), date(2025, 6, 9)


def test_effort_is_mean_and_share_with_t_and_wilson(publish: Any, row: Any) -> None:
    # Ratings 2, 4, 5, 6, 7, 6: sum 30, n 6, mean 5. Squares of the differences: 9+1+0+1+4+1 = 16, variance
    # 16/5 = 3.2, standard error √(3.2/6) = 0.730297; t(0.975, 5) = 2.570582; half = 1.877288.
    # 5 to 7: four of six. Wilson: z² = 3.841459; middle (0.666667+0.320122)/1.640243 = 0.601611;
    # half 1.959964/1.640243·√(0.037037+0.026676) = 0.301614.
    made = publish(
        [answered(f"p{n}", f"c{n}", rating, at(n / 2)) for n, rating in enumerate([2, 4, 5, 6, 7, 6])]
    )
    found = row(made, "effort", period="week", dimension="all")
    assert (found["n"], found["clients"], found["mean"], found["period_start"]) == (6, 6, 5.0, WEEK)
    assert found["mean_low"] == pytest.approx(5 - 1.877288, abs=1e-5)
    assert found["mean_high"] == pytest.approx(5 + 1.877288, abs=1e-5)
    assert found["easy_share"] == pytest.approx(4 / 6)
    assert found["easy_share_low"] == pytest.approx(0.601611 - 0.301614, abs=1e-5)
    assert found["easy_share_high"] == pytest.approx(0.601611 + 0.301614, abs=1e-5)


def test_an_interval_ends_where_the_scale_does_and_is_null_without_variance(publish: Any, row: Any) -> None:
    # 7, 7, 7, 7, 1: mean 5.8, variance 7.2, half = 2.776445·√1.44 = 3.33: the upper end is cut at 7.
    same = [answered(f"s{n}", f"s{n}", 5, at(8)) for n in range(5)]
    made = publish([answered(f"p{n}", f"c{n}", r, at()) for n, r in enumerate([7, 7, 7, 7, 1])] + same)
    found = row(made, "effort", period="week", period_start=WEEK, dimension="all")
    assert (found["mean_high"], found["mean_low"]) == (7.0, pytest.approx(5.8 - 2.776445 * 1.2, abs=1e-5))
    flat = row(made, "effort", period="week", period_start=NEXT, dimension="all")
    assert (flat["mean"], flat["mean_low"], flat["mean_high"]) == (5.0, None, None)


def test_scales_are_never_pooled_and_a_seven_that_means_hardest_is_another_scale(
    publish: Any, row: Any
) -> None:
    told = [answered(f"a{n}", f"a{n}", 7, at()) for n in range(5)]
    told += [answered(f"b{n}", f"b{n}", 7, at(), direction="higher_is_harder") for n in range(6)]
    told += [answered(f"c{n}", f"c{n}", 4, at(), scale_max=5) for n in range(7)]
    made = publish(told)
    for scale, n, share in (("ces-7", 5, 1.0), ("scale-7-harder", 6, None), ("scale-5-easier", 7, None)):
        found = row(made, "effort", period="total", dimension="all", scale=scale)
        assert (found["n"], found["easy_share"]) == (n, share)


def test_a_later_answer_replaces_an_earlier_one_within_the_window_only(publish: Any, row: Any) -> None:
    told = [decided("sent", f"k{n}", f"c{n}", at(), product="cards") for n in range(6)]
    told += [answered(f"k{n}", f"c{n}", 1, at(1), checkin_id=f"k{n}") for n in range(6)]
    told += [answered(f"k{n}", f"c{n}", 5, at(2), checkin_id=f"k{n}") for n in range(3)]
    told += [answered(f"k{n}", f"c{n}", 7, at(8), checkin_id=f"k{n}") for n in range(3, 6)]
    found = row(publish(told), "effort", period="total", dimension="product", member="cards")
    assert (found["n"], found["mean"]) == (
        6,
        3.0,
    )  # three times 5 and, the sevens being too late, three times 1


def test_response_rate_one_puts_every_check_in_of_a_closed_cohort_under_one_name(
    publish: Any, row: Any
) -> None:
    told = [decided("sent", f"k{n}", f"c{n}", at(), product="cards") for n in range(10)]
    told += [opened(f"k{n}", f"c{n}", at(1)) for n in (0, 4)]
    told += [answered(f"k{n}", f"c{n}", 6, at(2), checkin_id=f"k{n}") for n in range(3)]
    told += [answered("k3", "c3", 6, at(7), checkin_id="k3")]  # exactly at the end of the window
    told += [answered("k5", "c5", 6, at(7, 0.1), checkin_id="k5")]  # six minutes later: silent
    told += [declined("k0", "c0", at(3)), declined("k6", "c6", at(3)), declined("k7", "c7", at(9))]
    told += [decided("undelivered", "k8", "c8", at(0, 1), reason="mailbox-full")]
    told += [decided("avoided", f"v{n}", f"v{n}", at(), reason="cooldown") for n in range(20)]
    found = row(publish(told), "response", period="day", dimension="all")
    names = ("sent", "responded", "opened", "declined", "silent", "undelivered")
    # responded 0 1 2 3; opened 4; declined 6; undelivered 8; silent 5 7 9
    assert [found[name] for name in names] == [10, 4, 1, 1, 3, 1]
    assert found["rr1"] == 0.4
    assert row(publish([]), "response", period="week", dimension="programme")["sent"] == 10


def test_a_cohort_appears_when_the_window_of_its_last_ask_has_closed(publish: Any) -> None:
    told = [decided("sent", f"k{n}", f"c{n}", at(), product="cards") for n in range(10)]
    midnight = at(hours=-9) + timedelta(days=1)
    before = publish(told, now=midnight + timedelta(days=7, seconds=-1)).tables["response"]
    after = publish([], now=midnight + timedelta(days=7)).tables["response"]
    assert before.num_rows == 0
    assert set(after.column("period").to_pylist()) == {"day"}
    week = publish([], now=midnight + timedelta(days=6 + 7)).tables["response"]
    assert set(week.column("period").to_pylist()) == {"day", "week"}


def test_days_and_weeks_are_the_organisations_own(publish: Any, row: Any) -> None:
    # Sunday 23:30 UTC is Monday in Berlin and Sunday in New York.
    told = [answered(f"p{n}", f"c{n}", 5, at(6, 14.5)) for n in range(5)]
    assert (
        row(publish(told, under=policy("Europe/Berlin")), "effort", period="week", dimension="all")[
            "period_start"
        ]
        == NEXT
    )
    assert (
        row(publish([], under=policy("America/New_York")), "effort", period="week", dimension="all")[
            "period_start"
        ]
        == WEEK
    )


def test_dignity_counts_per_hundred_of_those_that_reported(publish: Any, row: Any) -> None:
    # Ten resolutions. Repeated explanations: 0,1,2,0,1 and five unknown: 4/5 = 80 per 100, t with n 5:
    # variance of 0,100,200,0,100 = 7000; half = 2.776445·√1400 = 103.885; the lower end is cut at 0.
    # Identity checks 1,2,3,0,1: beyond the first 0,1,2,0,0: 3/5 = 60. Escalated: by confusion, by risk,
    # no, no, yes with an unknown cause (unknown), five not told: 1 of 4 = 25; only 4 clients: hidden.
    told = []
    for n, client in numbered("c", 10):
        more: dict[str, Any] = {"product": "cards", "handoffs": 1}
        if n < 5:
            more |= {"repeated_explanations": [0, 1, 2, 0, 1][n], "identity_checks": [1, 2, 3, 0, 1][n]}
            more |= [
                {"escalated": True, "escalation_cause": "confusion"},
                {"escalated": True, "escalation_cause": "risk"},
                {"escalated": False},
                {"escalated": False},
                {"escalated": True},
            ][n]
        told.append(resolved(f"t{n}", client, at(), **more))
    told += [reopened("t0", "c0", at(1)), reopened("t1", "c1", at(2))]
    made = publish(told)

    def counter(name: str) -> dict[str, Any]:
        found: dict[str, Any] = row(made, "dignity", period="week", dimension="all", counter=name)
        return found

    assert (counter("repeated_explanations")["n"], counter("repeated_explanations")["per_100"]) == (5, 80.0)
    assert counter("repeated_explanations")["per_100_low"] == 0.0
    assert counter("repeated_explanations")["per_100_high"] == pytest.approx(
        80 + 2.776445 * sqrt(1400), abs=1e-3
    )
    assert counter("identity_checks_beyond_first")["per_100"] == 60.0
    assert counter("handoffs")["per_100"] == 100.0
    assert (counter("handoffs")["per_100_low"], counter("handoffs")["per_100_high"]) == (None, None)
    assert counter("escalations_by_confusion")["status"] == "suppressed"
    assert counter("escalations_by_confusion")["per_100"] is None
    # Reopened: 2 of 10, Wilson: (0.2+0.192073)/1.384146 = 0.283260;
    # half 1.416010·√(0.016+0.009604) = 0.226579.
    assert (counter("reopens")["n"], counter("reopens")["per_100"]) == (10, 20.0)
    assert counter("reopens")["per_100_low"] == pytest.approx(100 * (0.283260 - 0.226579), abs=1e-3)
    assert counter("reopens")["per_100_high"] == pytest.approx(100 * (0.283260 + 0.226579), abs=1e-3)


def test_change_compares_two_weeks_that_are_over(publish: Any, row: Any) -> None:
    # Handoffs 0,1,0,1,1,1 then 0,0,0,1,0,0 (per 100): means 66.667 and 16.667; change −50.
    # Variances 2666.667 and 1666.667; error 444.444+277.778 = 722.222;
    # df = 722.222²/(444.444²/5 + 277.778²/5) = 521604.9/(39506.2+15432.1) = 9.4944, in the table: 9;
    # half = 2.262157·√722.222 = 60.794. Reopens 3 of 6 then 0 of 6: Newcombe, see below.
    told = []
    for n, value in enumerate([0, 1, 0, 1, 1, 1]):
        told.append(resolved(f"a{n}", f"c{n}", at(), handoffs=value, product="cards"))
    for n, value in enumerate([0, 0, 0, 1, 0, 0]):
        told.append(resolved(f"b{n}", f"c{n}", at(7), handoffs=value, product="cards"))
    told += [reopened(f"a{n}", f"c{n}", at(1)) for n in range(3)]
    made = publish(told, now=at(14))
    found = row(made, "dignity", period_start=NEXT, dimension="all", counter="handoffs")
    assert found["change"] == pytest.approx(-50)
    assert found["change_low"] == pytest.approx(-50 - 60.794, abs=1e-2)
    assert found["change_high"] == pytest.approx(-50 + 60.794, abs=1e-2)
    # Wilson 3/6: 0.5 ± 0.312399 → 0.187601..0.812399. 0/6: 0..0.390334.
    # Newcombe: d = −0.5; down √(0² + 0.312399²) = 0.312399; up √(0.390334² + 0.312399²) = 0.499962.
    share = row(made, "dignity", period_start=NEXT, dimension="all", counter="reopens")
    assert share["change"] == pytest.approx(-50)
    assert share["change_low"] == pytest.approx(-81.2399, abs=1e-2)
    assert share["change_high"] == pytest.approx(-0.0038, abs=1e-2)
    assert row(made, "dignity", period_start=WEEK, dimension="all", counter="handoffs")["change"] is None
    running = publish([], now=at(9))
    assert row(running, "dignity", period_start=NEXT, dimension="all", counter="handoffs")["change"] is None


def test_understood_moments_are_a_share_of_notes_that_could_be_read(publish: Any, row: Any) -> None:
    notes = ["I felt understood, thank you for listening to me."] * 2 + [
        "The answer came quickly and it was correct, thank you very much."
    ] * 3
    notes += ["Merci beaucoup pour votre aide, tout fonctionne maintenant."] * 5  # no phrase list: not read
    made = publish([answered(f"p{n}", f"c{n}", 6, at(), note=note) for n, note in enumerate(notes)])
    found = row(made, "dignity", period="week", dimension="all", counter="understood_moments")
    assert (found["n"], found["per_100"]) == (5, 40.0)


def test_the_most_fragile_moment_is_the_one_with_the_lowest_effort(publish: Any, row: Any) -> None:
    told = []
    for moment, rating in (("billing", 6), ("identity-check", 3), ("data-request", None)):
        for n in range(5):
            told.append(resolved(f"{moment}{n}", f"{moment}{n}", at(), moment=moment, handoffs=1))
            if rating:
                told.append(
                    answered(f"p{moment}{n}", f"{moment}{n}", rating, at(1), ticket_id=f"{moment}{n}")
                )
    made = publish(told)
    ranks = {
        each: row(made, "moments", period="total", moment=each)
        for each in ("billing", "identity-check", "data-request")
    }
    assert [each["fragility_rank"] for each in ranks.values()] == [2, 1, None]
    assert (ranks["billing"]["effort_mean"], ranks["billing"]["effort_n"]) == (6.0, 5)
    assert (ranks["data-request"]["effort_mean"], ranks["data-request"]["resolutions"]) == (None, 5)


def test_an_answer_is_about_the_resolution_it_was_asked_for(publish: Any, row: Any) -> None:
    told = []
    for n in range(5):
        told.append(resolved(f"t{n}", f"c{n}", at(), product="first", seq=1))
        told.append(resolved(f"t{n}", f"c{n}", at(2), product="second", seq=2))
        told.append(decided("sent", f"k{n}", f"c{n}", at(1), ticket_id=f"t{n}", resolution_seq=1))
        told.append(answered(f"k{n}", f"c{n}", 5, at(3), checkin_id=f"k{n}", ticket_id=f"t{n}"))
        told.append(answered(f"s{n}", f"c{n}", 2, at(3), ticket_id=f"t{n}"))  # spontaneous: the latest one
    made = publish(told)
    assert row(made, "effort", period="total", dimension="product", member="first")["mean"] == 5.0
    assert row(made, "effort", period="total", dimension="product", member="second")["mean"] == 2.0


def test_prompts_count_notes_by_the_month_of_the_ask(publish: Any, row: Any) -> None:
    told = []
    for n in range(10):
        prompt = "one-thing" if n < 5 else None
        told.append(decided("sent", f"k{n}", f"c{n}", at(28), prompt_id=prompt))  # 30 June
        note = "It went well." if n in (0, 1, 7) else None
        told.append(answered(f"k{n}", f"c{n}", 5, at(29, 20), checkin_id=f"k{n}", note=note))  # 2 July
    made = publish(told, now=at(60))
    asked = row(made, "prompts", month="2025-06", prompt_id="one-thing")
    assert (asked["sent"], asked["answers"], asked["notes"], asked["note_rate"]) == (5, 5, 2, 0.4)
    assert row(made, "prompts", month="2025-06", prompt_id="plain")["notes"] == 1


def test_asks_are_counted_by_what_became_of_them(publish: Any, row: Any) -> None:
    told = [decided("claimed", f"k{n}", f"c{n}", at()) for n in range(20)]
    told += [decided("sent", f"k{n}", f"c{n}", at()) for n in range(10)]
    told += [
        decided("undelivered", f"k{n}", f"c{n}", at(0, 1), reason="550 no such user anna@x.org")
        for n in range(5)
    ]
    told += [decided("avoided", f"v{n}", f"v{n}", at(), reason="cooldown") for n in range(7)]
    now = at(0, 0.5)

    def asks(made: Any, **wanted: str) -> int:
        found: int = row(made, "asks", period="total", **wanted)["asks"]
        return found

    made = publish(told, now=now)
    assert asks(made, disposition="sent", reason="") == 5
    assert asks(made, disposition="undelivered", reason="other") == 5
    assert asks(made, disposition="avoided", reason="cooldown") == 7
    assert "in-doubt" not in made.tables["asks"].column("disposition").to_pylist()
    assert asks(publish([], now=at(0, 1.1)), disposition="in-doubt") == 10


def test_triage_shows_sentiment_only_beside_a_story(publish: Any, row: Any) -> None:
    told = []
    for product in ("told", "untold"):
        for n in range(10):
            summary = "They had to explain it twice." if product == "told" else None
            more = {"product": product, "impact": "high", "stress_indicator": n / 10, "summary": summary}
            told.append(resolved(f"{product}{n}", f"{product}{n}", at(), **more))
            note = "This was great, thank you so much for the kind help." if n < 6 else None
            told.append(
                answered(f"p{product}{n}", f"{product}{n}", 6, at(1), ticket_id=f"{product}{n}", note=note)
            )
    made = publish(told)
    shown = row(made, "triage", period="week", product="told")
    assert (shown["n"], shown["notes"], shown["scored"], shown["coverage"]) == (10, 6, 6, 1.0)
    assert shown["stress_mean"] == pytest.approx(0.45)
    assert shown["sentiment_mean"] > 0.5
    assert shown["story_id"] in made.tables["stories"].column("story_id").to_pylist()
    withheld = row(made, "triage", period="week", product="untold")
    assert (withheld["sentiment_mean"], withheld["story_id"]) == (None, None)
    assert withheld["sentiment_withheld"] == "no-story"


def test_stories_come_from_ten_clients_or_not_at_all_and_are_at_most_three(publish: Any) -> None:
    told = [resolved(f"a{n}", f"a{n}", at(), product="large", summary=f"Story {n}") for n in range(12)]
    told += [resolved(f"b{n}", f"b{n}", at(), product="small", summary=f"Story {n}") for n in range(9)]
    stories = publish(told).tables["stories"].to_pylist()
    assert {each["member"] for each in stories} == {"large"}
    assert len(stories) == 3
    assert {each["effort"] for each in stories} == {None}
    assert publish([]).tables["stories"].to_pylist() == stories


def test_every_dataset_keeps_the_contract_even_without_an_event(publish: Any) -> None:
    made = publish([])
    for name, dataset in DATASETS.items():
        assert made.tables[name].schema.equals(dataset.arrow)
        assert made.tables[name].num_rows == 0
