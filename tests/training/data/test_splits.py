"""Train, validation and test: by the user's column, by files, or drawn with groups kept together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import narrashift
from narrashift.training.data.splits import split_corpus

PARTS = ("train", "validation", "test")
STANCES = ("neutral", "pro_russia", "pro_ukraine")
quick = settings(max_examples=50, deadline=None, derandomize=True)
BOOK = narrashift.read_codebook()


def passages(count, **columns):
    """A corpus of `count` passages; a column is a function of the passage's index."""
    rows = [
        {"text": f"passage {i}", "stance": STANCES[i % 3], "frame": ["gains_russia"] if i % 4 == 0 else [], "id": i}
        | {name: of(i) for name, of in columns.items()}
        for i in range(count)
    ]
    return narrashift.from_dataset(rows, codebook=BOOK)


def test_the_split_column_is_followed():
    split = split_corpus(passages(9, split=lambda i: PARTS[i % 3]))
    assert split.how == "column"
    for number, name in enumerate(PARTS):
        assert getattr(split, name).column("id") == [str(i) for i in range(9) if i % 3 == number]


def test_a_train_and_test_column_gets_its_validation_passages_out_of_train():
    corpus = passages(
        200, split=lambda i: "test" if i % 5 == 0 else "train", group=lambda i: f"g{i // 10}-{i % 5 == 0}"
    )
    split = split_corpus(corpus)
    assert split.test.column("id") == [str(i) for i in range(0, 200, 5)]
    assert len(split.train) + len(split.validation) == 160
    assert 10 <= len(split.validation) <= 40
    assert not set(split.train.column("group")) & set(split.validation.column("group"))


def test_a_column_without_test_passages_is_refused_with_the_ways_out():
    with pytest.raises(narrashift.UserError, match=r"no passage for test \(it has train, validation\).* --test"):
        split_corpus(passages(20, split=lambda i: PARTS[i % 2]))


def test_rows_with_an_empty_split_are_for_training():
    split = split_corpus(passages(12, split=lambda i: [None, "validation", "test"][i % 3]))
    assert split.train.column("id") == ["0", "3", "6", "9"]


def test_given_parts_are_taken_as_they_are():
    corpus, validation, test = passages(10), passages(4), passages(3)
    split = split_corpus(corpus, validation=validation, test=test)
    assert (split.train.texts, split.validation, split.test) == (corpus.texts, validation, test)
    assert split.how == "files"


@pytest.mark.parametrize("given_part", ["validation", "test"])
def test_only_the_part_that_is_missing_is_drawn(given_part):
    given_corpus = passages(7)
    split = split_corpus(passages(200), **{given_part: given_corpus})
    drawn = split.test if given_part == "validation" else split.validation
    assert getattr(split, given_part) is given_corpus
    assert len(split.train) + len(drawn) == 200
    assert 20 <= len(drawn) <= 40


@quick
@given(
    groups=st.lists(st.integers(0, 12) | st.none(), min_size=60, max_size=120).filter(lambda g: len(set(g)) > 8),
    seed=st.integers(0, 1_000),
)
def test_groups_stay_together_and_no_passage_is_lost_or_doubled(groups, seed):
    corpus = passages(len(groups), group=lambda i: groups[i])
    split = split_corpus(corpus, seed=seed)
    parts = [getattr(split, name) for name in PARTS]
    assert sorted(int(i) for part in parts for i in part.column("id")) == list(range(len(groups)))
    seen = [{g for g in part.column("group") if g is not None} for part in parts]
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])
    assert split.how == ("group" if any(g is not None for g in groups) else "random")


def test_the_seed_alone_decides_a_drawn_split():
    ids = lambda seed: [getattr(split_corpus(passages(150), seed=seed), part).column("id") for part in PARTS]  # noqa: E731
    assert ids(3) == ids(3)
    assert ids(3) != ids(4)


def test_a_drawn_split_keeps_sizes_and_shares_of_labels():
    split = split_corpus(passages(1_000), seed=1)
    sizes = [len(getattr(split, part)) for part in PARTS]
    assert np.abs(np.array(sizes) / 1_000 - [0.7, 0.15, 0.15]).max() < 0.03
    for part in PARTS:
        shares = np.bincount(getattr(split, part).targets["stance"], minlength=3) / len(getattr(split, part))
        assert np.abs(shares - 1 / 3).max() < 0.06


def test_passages_without_labels_can_be_split():
    rows = [{"text": f"t{i}", "stance": None, "frame": None} for i in range(50)]
    assert len(split_corpus(narrashift.from_dataset(rows, codebook=BOOK)).train) > 20


def test_too_few_passages_are_refused():
    with pytest.raises(narrashift.UserError, match="2 passages are too few"):
        split_corpus(passages(2))


def test_too_few_groups_are_called_by_their_name():
    with pytest.raises(narrashift.UserError, match="2 groups"):
        split_corpus(passages(300, group=lambda i: "ab"[i % 2]))
