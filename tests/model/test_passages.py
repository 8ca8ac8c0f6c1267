from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.model.passages import unusable_text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "missing"),
        ("", "empty"),
        (" \n\t\u00a0\u2003", "empty"),
        (3, "3"),
        (["a"], "no text"),
        (b"bytes", "no text"),
        (float("nan"), "no text"),
        ("half \ud83d of it", "surrogate"),
        ("\udcff", "surrogate"),
    ],
)
def test_what_cannot_be_a_passage_is_told_why(value, reason):
    assert reason in unusable_text(value)


def test_the_reason_does_not_repeat_a_huge_value():
    assert len(unusable_text(list(range(10_000)))) < 100


@settings(max_examples=50, deadline=None)
@given(st.text().filter(str.strip))
def test_any_text_with_something_in_it_can_be_a_passage(text):
    assert unusable_text(text) is None


@settings(max_examples=50, deadline=None)
@given(
    st.one_of(
        st.none(), st.integers(), st.floats(), st.binary(), st.lists(st.text()), st.dictionaries(st.text(), st.text())
    )
)
def test_anything_but_text_is_refused(value):
    assert unusable_text(value)
