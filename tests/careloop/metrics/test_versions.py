"""From one version to the next: nothing changes by fewer than five clients, and nothing is lost meanwhile."""

from typing import Any

import pytest

from careloop.metrics import Aggregates, PreviousVersion, aggregate
from tests.careloop.told import answered, at, decided, declined, policy, reopened, resolved

NOW = at(days=30)


def tickets(product: str, first: int, count: int, days: float = 0, **more: Any) -> list[Any]:
    return [
        resolved(f"{product}{n}", f"{product}{n}", at(days), product=product, handoffs=1, **more)
        for n in range(first, first + count)
    ]


def total(made: Aggregates, row: Any, **group: str) -> int | None:
    count: int | None = row(
        made, "dignity", period="total", counter="reopens", **group or {"dimension": "all"}
    )["n"]
    return count


def test_nothing_new_makes_the_same_figures(publish: Any) -> None:
    told = tickets("a", 0, 20) + tickets("b", 0, 6) + tickets("c", 0, 3) + tickets("a", 20, 3, days=7)
    first = publish(told)
    again = publish([], before=(first, NOW))
    assert again.tables == first.tables
    assert again.waiting.equals(first.waiting)


def test_landing_the_same_events_again_changes_nothing(publish: Any) -> None:
    told = [*tickets("a", 0, 20), reopened("a1", "a1", at(1))]
    first = publish(told)
    again = publish(told, before=(first, NOW))
    assert again.tables == first.tables
    assert again.reconciled["volumes"].duplicates == 21


def test_four_new_clients_wait_for_the_fifth(publish: Any, row: Any) -> None:
    first = publish(tickets("a", 0, 20) + tickets("b", 0, 10))
    second = publish(tickets("a", 20, 4), before=(first, NOW))
    assert total(second, row) == 30
    assert second.awaiting_group["dignity"] == 4
    account = second.reconciled["dignity"]
    assert (account.landed, account.counted, account.awaiting) == (34, 30, 4)
    third = publish(tickets("a", 24, 1), before=(second, NOW))
    assert total(third, row) == 35
    assert third.awaiting_group["dignity"] == 0


def test_what_waits_in_one_product_does_not_show_in_the_total(publish: Any, row: Any) -> None:
    first = publish(tickets("a", 0, 20) + tickets("b", 0, 10))
    second = publish(tickets("a", 20, 6) + tickets("b", 10, 2), before=(first, NOW))
    assert total(second, row) == 36
    assert total(second, row, dimension="product", member="a") == 26
    assert total(second, row, dimension="product", member="b") == 10


def test_a_second_answer_replaces_the_first_only_when_its_group_may_change(publish: Any, row: Any) -> None:
    asked = [decided("sent", f"k{n}", f"c{n}", at(), product="cards") for n in range(10)]
    once = [answered(f"k{n}", f"c{n}", 2, at(1), checkin_id=f"k{n}") for n in range(10)]
    twice = [answered(f"k{n}", f"c{n}", 7, at(2), checkin_id=f"k{n}") for n in range(10)]

    def effort(made: Aggregates) -> tuple[int, float]:
        found = row(made, "effort", period="total", dimension="all")
        return found["n"], found["mean"]

    first = publish(asked + once)
    assert effort(first) == (10, 2.0)
    second = publish(twice[:3], before=(first, NOW))
    assert effort(second) == (10, 2.0)
    assert second.awaiting_group["effort"] == 3
    third = publish(twice[3:5], before=(second, NOW))
    assert effort(third) == (10, 4.5)
    assert third.reconciled["effort"].excluded == {"replaced-by-another-answer": 5}


def test_a_late_answer_reaches_its_closed_cohort(publish: Any, row: Any) -> None:
    asked = [decided("sent", f"k{n}", f"c{n}", at(), product="cards") for n in range(20)]
    first = publish(asked)
    assert row(first, "response", period="day", dimension="all")["silent"] == 20
    late = [answered(f"k{n}", f"c{n}", 5, at(3), checkin_id=f"k{n}") for n in range(6)]
    second = publish(late, before=(first, NOW))
    found = row(second, "response", period="day", dimension="all")
    assert (found["responded"], found["silent"]) == (6, 14)


def test_a_reaction_of_one_client_does_not_move_a_shown_cohort(publish: Any, row: Any) -> None:
    asked = [decided("sent", f"k{n}", f"c{n}", at(), product="cards") for n in range(20)]
    first = publish(asked)
    second = publish([declined("k1", "c1", at(1))], before=(first, NOW))
    assert row(second, "response", period="day", dimension="all")["declined"] == 0


def test_a_reopen_that_lands_later_changes_its_resolution_with_its_group(publish: Any, row: Any) -> None:
    first = publish(tickets("a", 0, 20))
    second = publish([reopened(f"a{n}", f"a{n}", at(1)) for n in range(4)], before=(first, NOW))
    assert row(second, "dignity", period="total", dimension="all", counter="reopens")["per_100"] == 0.0
    third = publish([reopened("a4", "a4", at(1))], before=(second, NOW))
    assert row(third, "dignity", period="total", dimension="all", counter="reopens")["per_100"] == 25.0


def test_a_resolution_that_lands_after_its_answer_moves_no_single_client(publish: Any, row: Any) -> None:
    told = [answered(f"p{n}", f"a{n}", 5, at(1), ticket_id=f"a{n}") for n in range(12)]
    first = publish(told)
    assert row(first, "effort", period="total", dimension="product", member="unknown")["n"] == 12
    second = publish(tickets("a", 0, 2), before=(first, NOW))
    assert row(second, "effort", period="total", dimension="product", member="unknown")["n"] == 12
    third = publish(tickets("a", 2, 5), before=(second, NOW))
    assert row(third, "effort", period="total", dimension="product", member="unknown")["n"] == 5
    assert row(third, "effort", period="total", dimension="product", member="a")["n"] == 7


def test_a_helpdesk_that_is_new_comes_in_whole(publish: Any, row: Any) -> None:
    """Nothing of it was ever published, so nothing can be told apart from before: small weeks are hidden."""
    first = publish(tickets("a", 0, 20))
    old = [
        resolved(f"x{n}", f"x{n}", at(-3000 + 7 * (n // 9)), source="another")
        for n in [*range(21), 27, 28, 29]
    ]
    second = publish(old, before=(first, NOW))
    assert row(second, "volumes", source="another", period="total")["resolutions"] == 24
    weeks = [each for each in second.tables["volumes"].to_pylist() if each["source"] == "another"]
    assert sorted(str(each["resolutions"]) for each in weeks) == ["24", "9", "9", "None", "None"]


def test_who_waits_is_the_same_whatever_lands_in_between(publish: Any, bucket: Any) -> None:
    first = publish(tickets("a", 0, 20))
    waited = first
    for n in range(4):
        waited = publish(tickets("a", 20 + n, 1), before=(waited, NOW))
        assert waited.awaiting_group["dignity"] == n + 1
        assert waited.tables["dignity"] == first.tables["dignity"]


def test_a_late_copy_with_a_lower_position_is_no_new_event(publish: Any, bucket: Any, settings: Any) -> None:
    from careloop.curate import curate
    from tests.landing_fixture import land

    told = tickets("a", 0, 20)
    land(bucket, told, partition=2)
    first = publish([])
    land(bucket, told[:3], partition=0)
    history = curate(bucket, settings, policy(), NOW)
    seen = PreviousVersion(first.positions, first.waiting, NOW)
    second = aggregate(bucket, history, policy(), seen, NOW)
    assert second.tables == first.tables
    assert second.awaiting_group["dignity"] == 0


def test_a_suppressed_row_tells_nothing_but_its_key(publish: Any) -> None:
    made = publish(tickets("a", 0, 20, impact="high") + tickets("c", 0, 3, impact="low"))
    hidden = [each for each in made.tables["triage"].to_pylist() if each["status"] == "suppressed"]
    assert hidden
    for each in hidden:
        told = {name for name, value in each.items() if value is not None}
        assert told <= {"period", "period_start", "product", "impact", "status"}


@pytest.mark.parametrize("year", [1900, 9999])
def test_an_absurd_time_breaks_no_figure(publish: Any, row: Any, year: int) -> None:
    odd = [resolved("odd", "odd", at().replace(year=year, month=12, day=31), product="a", handoffs=1)]
    assert total(publish(tickets("a", 0, 20) + odd, under=policy("Pacific/Auckland")), row) == 21


def test_every_landed_event_is_accounted_for(publish: Any) -> None:
    told = tickets("a", 0, 20) + tickets("a", 0, 4)
    told += [decided("sent", f"k{n}", f"a{n}", at()) for n in range(10)]
    told += [answered(f"k{n}", f"a{n}", 5, at(1), checkin_id=f"k{n}") for n in range(6)]
    first = publish(told)
    second = publish(tickets("a", 20, 3) + tickets("a", 0, 1), before=(first, NOW))
    for made in (first, second):
        for name, account in made.reconciled.items():
            assert account.landed == account.accounted, name
