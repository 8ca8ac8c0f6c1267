"""A corpus that is exported and imported again is the same corpus, whatever its passages hold."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import narrashift
from narrashift.training.data.layouts import export_labels, import_labels

BOOK = narrashift.read_codebook()
QUICK = (Phase.explicit, Phase.generate)  # without shrinking, which takes minutes where files are written
TASKS = BOOK.tasks
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)
names = st.none() | words


def many(task):
    return st.none() | st.lists(st.sampled_from(task.leaves), unique=True)


rows = st.fixed_dictionaries(
    {
        "text": words,
        "stance": st.none() | st.sampled_from(TASKS["stance"].leaves),
        "frame": many(TASKS["frame"]),
        "technique": many(TASKS["technique"]),
        "id": names, "source": names, "group": names, "annotator": names, "language": names,
        "date": st.none() | st.dates().map(str),
        "split": st.none() | st.sampled_from(["train", "validation", "test"]),
    }
)  # fmt: skip
corpora = st.lists(rows, min_size=1, max_size=4)
ENDINGS = {"label-studio": ".json", "doccano": ".jsonl", "columns": ".csv", "datasets": ""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round_trip")


def check_round_trip(layout, folder, passages):
    source, there, back = folder / "corpus.jsonl", folder / f"there-{layout}{ENDINGS[layout]}", folder / "back.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in passages), "utf-8")
    export_labels([source], layout=layout, out=there, codebook=BOOK, overwrite=True)
    import_labels([there], layout=layout, out=back, codebook=BOOK, unfinished=True, overwrite=True)
    before, after = (narrashift.read_corpus([path], codebook=BOOK) for path in (source, back))
    splits = before.column("split")
    if all(splits) and layout == "datasets":  # a part for each split
        order = sorted(range(len(before)), key=lambda i: ("train", "validation", "test").index(splits[i]))
        before = before.select(order)
    assert after.texts == before.texts
    for task in TASKS:
        np.testing.assert_array_equal(after.targets[task], before.targets[task], err_msg=task)
    divides = len(set(splits)) > 1  # a split that says the same everywhere is left out
    kept = {name: values for name, values in before.columns.items() if name != "split" or divides}
    assert after.columns == kept


@pytest.mark.parametrize("layout", ["label-studio", "doccano", "columns"])
@settings(max_examples=50, deadline=None, derandomize=True, phases=QUICK)
@given(passages=corpora)
def test_the_same_corpus_comes_back(layout, folder, passages):
    check_round_trip(layout, folder, passages)


@settings(max_examples=8, deadline=None, derandomize=True, phases=QUICK)
@given(passages=corpora)
def test_the_same_corpus_comes_back_from_a_dataset(folder, passages):
    check_round_trip("datasets", folder, passages)
