"""What the audit of a split finds, and what it lets pass."""

from __future__ import annotations

import numpy as np
import pytest

import narrashift
from narrashift.training.data.audit import audit_corpus, audit_sources, audit_split, refuse_dishonest
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


def test_the_same_words_with_other_labels_are_a_contradiction():
    rows = [*numbered(0, 20), {"text": "passage number 3 of some length 3", "id": "x", "stance": "pro_russia"}]
    texts = [finding.text for finding in audit_corpus(corpus(rows))]
    assert texts == [
        "1 pairs of near-duplicates, 1 of them in the same words (as p3 and x)",
        "1 pairs of passages in the same words are labelled differently (as p3 and x)",
    ]


def test_an_unlabelled_repeat_contradicts_nothing():
    rows = [*numbered(0, 20), {"text": "passage number 3 of some length 3", "id": "x", "stance": None}]
    assert len(audit_corpus(corpus(rows))) == 1


def test_a_source_that_tells_the_stance_is_named():
    telling = numbered(0, 90, source=lambda i: "abc"[i % 3], stance=lambda i: STANCES[i % 3])
    found = [finding.text for finding in audit_sources(corpus(telling))]
    assert len(found) == 3
    assert found[0].startswith("the source alone tells stance pro_ukraine (area under the ROC curve 1.00)")


def test_a_source_that_tells_nothing_is_not():
    rng = np.random.default_rng(0)
    mute = numbered(0, 300, source=lambda i: "abc"[i % 3], stance=lambda i: str(rng.choice(STANCES)))
    assert audit_sources(corpus(mute)) == []


def test_a_source_for_every_passage_tells_nothing():
    alone = numbered(0, 90, source=lambda i: f"s{i}", stance=lambda i: STANCES[i % 3])
    assert audit_sources(corpus(alone)) == []
