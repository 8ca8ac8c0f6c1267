"""What the audit of a split finds, and what it lets pass."""

from __future__ import annotations

import pytest

import narrashift
from narrashift.training.data.audit import audit_split, refuse_dishonest
from narrashift.training.data.splits import Split

BOOK = narrashift.read_codebook()
STANCES = ("neutral", "pro_russia", "pro_ukraine")


def corpus(rows):
    return narrashift.from_dataset([{"stance": "neutral"} | row for row in rows], codebook=BOOK)


def numbered(start, count, **columns):
    return [
        {"text": f"passage number {i} of some length {i}", "id": f"p{i}"} | {k: of(i) for k, of in columns.items()}
        for i in range(start, start + count)
    ]


def split(train, validation, test, how="column"):
    return Split(train=corpus(train), validation=corpus(validation), test=corpus(test), how=how)


def test_a_clean_split_has_no_finding():
    assert audit_split(split(numbered(0, 50), numbered(50, 20), numbered(70, 20))) == []


def test_repeats_in_test_are_counted_with_an_example_and_refused():
    test = [*numbered(70, 20), {"text": "Passage number 3 of some length, 3!", "id": "again"}]
    [finding] = audit_split(split(numbered(0, 50), numbered(50, 20), test))
    assert finding.text == "1 of 21 test passages (4.8%) nearly repeat a train passage (as p3 and again)"
    with pytest.raises(narrashift.UserError, match="nearly repeat a train passage .* --allow-leaks") as caught:
        refuse_dishonest([finding], allowed=False, consequence="nothing was trained")
    assert "nothing was trained" in caught.value.lines()[-1] or len(caught.value.lines()) == 1
    refuse_dishonest([finding], allowed=True, consequence="")


def test_one_repeat_among_very_many_is_reported_but_not_refused():
    test = [*numbered(70, 150), {"text": "Passage number 3 of some length, 3!", "id": "again"}]
    [finding] = audit_split(split(numbered(0, 50), numbered(50, 20), test))
    assert not finding.dishonest


def test_repeats_between_train_and_validation_are_reported_but_not_refused():
    [finding] = audit_split(split(numbered(0, 50), [*numbered(50, 20), *numbered(3, 2)], numbered(70, 20)))
    assert finding.text.startswith("2 of 22 validation passages")
    assert not finding.dishonest


@pytest.mark.parametrize(("how", "dishonest"), [("column", True), ("files", True), ("time", False), ("source", False)])
def test_a_group_on_both_sides_is_dishonest_where_the_user_divided(how, dishonest):
    train, test = numbered(0, 50, group=lambda i: f"g{i // 5}"), numbered(70, 20, group=lambda i: f"g{i // 5 - 5}")
    [finding] = audit_split(split(train, numbered(50, 20), test, how=how))
    assert finding.text == "1 groups lie in train and test (as 'g9'), 25.0% of the test passages"
    assert finding.dishonest is dishonest


def test_an_unlabelled_repeat_contradicts_nothing():
    again = {"text": "passage number 3 of some length 3", "id": "x", "stance": None}
    found = audit_split(split([*numbered(0, 50), again], numbered(50, 20), numbered(70, 20)))
    assert found == []


@pytest.mark.parametrize(("how", "dishonest"), [("column", True), ("source", False)])
def test_a_source_that_settles_the_label_is_a_leak_unless_test_has_other_sources(how, dishonest):
    def told(start, count, sources):
        return numbered(start, count, source=lambda i: sources[i % 3], stance=lambda i: STANCES[i % 3])

    parts = [told(0, 90, "abc"), told(90, 30, "abc"), told(120, 30, "abc" if how == "column" else "def")]
    found = audit_split(split(*parts, how=how))
    assert [finding.dishonest for finding in found] == [dishonest] * 3
    assert found[0].text.startswith("the source alone tells stance pro_ukraine (area under the ROC curve 1.00)")
