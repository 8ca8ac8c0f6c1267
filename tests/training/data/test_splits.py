"""Train, validation and test: by the user's column, by files, or drawn with groups kept together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import narrashift
from narrashift.training.data.splits import of_split, split_corpus

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


SOURCES = ["rt", "tass", "bbc", "reuters", "ukrinform", "censor", "dw", "ap"]


def parts_of(split):
    return {name: set(getattr(split, name).column("id")) for name in PARTS}


def test_a_split_by_source_tests_on_sources_that_training_never_saw():
    corpus = passages(400, source=lambda i: SOURCES[i % 8])
    split = split_corpus(corpus, kind="source", seed=2)
    seen = [set(getattr(split, name).column("source")) for name in PARTS]
    assert split.how == "source"
    assert set.union(*seen) == set(SOURCES)
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])


def test_a_split_by_time_trains_on_the_past_and_divides_no_day():
    days = [f"2022-{1 + i // 28:02}-{1 + i % 28:02}" for i in range(200)]
    corpus = passages(400, date=lambda i: days[(i * 7) % 200])
    split = split_corpus(corpus, kind="time")
    train, validation, test = (getattr(split, name).column("date") for name in PARTS)
    assert max(train) < min(validation) <= max(validation) < min(test)
    assert [len(train), len(validation), len(test)] == pytest.approx([280, 60, 60], abs=8)


def test_a_named_kind_is_drawn_although_the_data_have_a_split_column():
    corpus = passages(200, split=lambda i: PARTS[i % 3], group=lambda i: f"g{i // 4}")
    assert split_corpus(corpus, kind="random", seed=1).how == "random"
    by_group = split_corpus(corpus, kind="group", seed=1)
    assert not set(by_group.train.column("group")) & set(by_group.test.column("group"))


def near(count, **columns):
    """Every second passage repeats the one before it with one word changed."""
    rows = [
        {
            "text": f"a{i // 2} b{i // 2} c{i // 2} d{i // 2} e{i // 2} f{i // 2} {'g' if i % 2 else 'h'}",
            "stance": STANCES[i // 2 % 3],
            "id": i,
        }
        | {name: of(i) for name, of in columns.items()}
        for i in range(count)
    ]
    return narrashift.from_dataset(rows, codebook=BOOK)


@pytest.mark.parametrize("kind", ["random", "group"])
def test_near_duplicates_are_on_one_side(kind):
    corpus = near(200, group=lambda i: f"g{(i + 1) // 4}" if i % 12 < 6 else None)
    split = split_corpus(corpus, kind=kind, seed=5)
    side = {i: name for name, ids in parts_of(split).items() for i in ids}
    assert len(side) == 200
    assert all(side[str(i)] == side[str(i + 1)] for i in range(0, 200, 2))


def test_the_earlier_part_loses_a_near_duplicate_that_a_split_by_source_would_separate():
    corpus = near(160, source=lambda i: SOURCES[i % 8])
    split = split_corpus(corpus, kind="source", seed=3)
    side = {i: name for name, ids in parts_of(split).items() for i in ids}
    separated = [
        i for i in range(0, 160, 2) if str(i) in side and str(i + 1) in side and side[str(i)] != side[str(i + 1)]
    ]
    assert separated == []
    assert split.left_out == 160 - len(side) > 0


@pytest.mark.parametrize("kind", ["random", "group", "source"])
def test_every_passage_is_tested_in_exactly_one_fold(kind):
    corpus = passages(120, group=lambda i: f"g{i // 3}", source=lambda i: SOURCES[i % 8])
    folds = [parts_of(split_corpus(corpus, kind=kind, fold=(k, 4), seed=1)) for k in range(4)]
    assert sorted(i for fold in folds for i in fold["test"]) == sorted(str(i) for i in range(120))
    for fold in folds:
        assert len(fold["train"] | fold["validation"] | fold["test"]) == 120
        assert fold["validation"] and not fold["train"] & (fold["test"] | fold["validation"])


def test_folds_by_time_never_train_on_the_future():
    corpus = passages(300, date=lambda i: f"2022-{1 + i // 28:02}-{1 + i % 28:02}" if i < 336 else None)
    for k in range(3):
        split = split_corpus(corpus, kind="time", fold=(k, 3))
        assert max(split.train.column("date")) < min(split.validation.column("date"))
        assert max(split.validation.column("date")) < min(split.test.column("date"))
        assert 50 < len(split.test) < 100


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({}, {"kind": "source"}, r"--split source: the data have no column source. Name it with --column source=NAME"),
        ({}, {"kind": "time"}, "no column date"),
        ({"date": lambda i: "2022-02-24" if i else None}, {"kind": "time"}, "1 passages have no date"),
        ({"source": lambda i: "ab"[i % 2]}, {"kind": "source"}, "no passage after the split; 60 passages in 2 sources"),
        (
            {"group": lambda i: "abc"[i % 3]},
            {"kind": "group", "fold": (0, 5)},
            "--folds 5: 3 groups or passages are too few",
        ),
        ({"date": lambda i: "2022-02-24"}, {"kind": "time"}, "too few"),
    ],
)
def test_what_cannot_be_divided_is_refused(columns, options, message):
    with pytest.raises(narrashift.UserError, match=message):
        split_corpus(passages(60, **columns), **options)


def test_with_both_files_given_nothing_is_left_to_divide():
    with pytest.raises(narrashift.UserError, match="nothing is left to divide"):
        split_corpus(passages(60), validation=passages(5), test=passages(5), kind="random")
    with pytest.raises(narrashift.UserError, match="every fold is a test set"):
        split_corpus(passages(60), test=passages(5), fold=(0, 3))


def test_the_passages_of_one_split_are_chosen_in_their_order():
    corpus = passages(9, split=lambda i: PARTS[i % 3])
    assert of_split(corpus, "validation").column("id") == ["1", "4", "7"]


def test_a_split_without_a_passage_is_refused_with_those_that_have_some():
    with pytest.raises(narrashift.UserError, match="--split test: no passage has this split; .* has train, validation"):
        of_split(passages(9, split=lambda i: PARTS[i % 2]), "test")
    with pytest.raises(narrashift.UserError, match="there is no column split. Add it, or leave out --split"):
        of_split(passages(9), "test")
