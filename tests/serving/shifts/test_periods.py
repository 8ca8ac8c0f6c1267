from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.serving.shifts.periods import day_of, first_day, per_year, period_of

QUICK = settings(max_examples=100, deadline=None, derandomize=True)
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1))


def number(day: date, every: str) -> int:
    return pl.select(period_of(pl.lit(day), every)).item()


@QUICK
@given(DAYS, st.sampled_from(["day", "week", "month"]))
def test_a_day_lies_in_its_period_and_not_in_the_next(day, every):
    period = number(day, every)
    assert first_day(period, every) <= day < first_day(period + 1, every)


@QUICK
@given(DAYS)
def test_weeks_begin_on_monday_and_months_on_the_first(day):
    assert first_day(number(day, "week"), "week").weekday() == 0
    assert first_day(number(day, "month"), "month") == day.replace(day=1)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2022-02-24", date(2022, 2, 24)),
        (" 2022-02-24T05:00:00Z", date(2022, 2, 24)),
        ("2022-02-30", None),
        ("yesterday", None),
        ("24.02.2022", None),
        (None, None),
    ],
)
def test_text_that_begins_with_an_iso_date_is_a_day_and_nothing_else_is(said, day):
    table = pl.DataFrame({"date": [said]}, schema={"date": pl.String})
    assert table.select(day_of("date", table.schema["date"])).item() == day


def test_times_are_their_days():
    table = pl.DataFrame({"date": [datetime(2022, 2, 24, 5)]})
    assert table.select(day_of("date", table.schema["date"])).item() == date(2022, 2, 24)


def test_a_year_has_as_many_periods_as_it_has():
    year = timedelta(days=365.25)
    assert per_year("day") == 365.25 and per_year("month") == 12
    assert per_year("week") == pytest.approx(year / timedelta(weeks=1))
