"""An order of dated changes is claimed only where their intervals allow one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from narrashift.serving.shifts.finding import Interval, Shift, Stretch
from narrashift.serving.shifts.relations.order import find_orders

DAY = date(2022, 3, 7)


def shift(by: str, day: int, *, early: int = 0, late: int = 0, change: float = 0.2) -> Shift:
    own = Interval(change, change - 0.1, change + 0.1)
    return Shift(
        id=f"{by}-{day}", by=by, task="frame", label="gains", kind="narrative", date=date(2022, 3, day),
        earliest=date(2022, 3, day - early), latest=date(2022, 3, day + late), before=Stretch(DAY, DAY, 9),
        after=Stretch(DAY, DAY, 9), share_before=own, share_after=own, change=own, raw_before=0, raw_after=0,
        p_value=0.01, q_value=0.01,
    )  # fmt: skip


def test_the_first_is_named_where_its_interval_ends_before_the_others_begin():
    [order] = find_orders([shift("b", 21, early=7), shift("a", 7, late=6), shift("c", 14)], days=28)
    assert order.shifts == ("a-7", "c-14", "b-21") and order.first == ("a",)


def test_all_that_could_have_been_first_are_named_where_intervals_overlap():
    [order] = find_orders([shift("a", 7, late=7), shift("b", 14), shift("c", 21)], days=28)
    assert order.first == ("a", "b")


def test_changes_far_apart_of_other_labels_or_in_the_other_direction_are_in_no_order():
    one = shift("a", 3)
    assert find_orders([one, shift("b", 28)], days=14) == []
    assert find_orders([one, shift("b", 4, change=-0.2)], days=14) == []
    assert find_orders([one, replace(shift("b", 4), label="losses")], days=14) == []
    assert find_orders([one, shift("a", 10)], days=14) == []
