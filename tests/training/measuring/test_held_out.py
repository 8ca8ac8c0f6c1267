"""A bundle asked about labelled passages, and what a training keeps of that."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.model.bundle import open_bundle
from narrashift.model.decision import all_probabilities
from narrashift.model.held_out import read_held_out
from narrashift.training.measuring.held_out import keep_held_out, make_held_out


@pytest.fixture(scope="module")
def linear(tiny_bundle, tmp_path_factory):
    """The yardstick in a folder of its own, without kept answers."""
    import shutil

    folder = shutil.copytree(tiny_bundle / "tfidf", tmp_path_factory.mktemp("linear") / "bundle")
    (folder / "held_out.parquet").unlink()
    return open_bundle(folder)


def test_a_bundle_answers_labelled_passages(linear, small_rows, corpus_of):
    rows = [row | {"group": f"day-{i // 2}"} for i, row in enumerate(small_rows[:8])]
    rows[3]["frame"] = None
    made = make_held_out(linear, corpus_of(rows))
    logits = linear.classifier().logits([row["text"] for row in rows]).tasks
    expected = all_probabilities(logits, codebook=linear.codebook, decision=linear.decision)
    for name in linear.codebook.tasks:
        assert made.probabilities[name] == pytest.approx(expected[name], abs=1e-6)
    assert made.labelled("frame").tolist() == [True, True, True, False, True, True, True, True]
    assert made.groups.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert (made.bundle, set(made.parts)) == (linear.digest, {"labelled"})


def test_validation_stands_in_for_a_task_that_no_test_passage_is_labelled_for(linear, small_rows, corpus_of):
    test = corpus_of([row | {"technique": None} for row in small_rows[:6]])
    validation = corpus_of(small_rows[6:10])
    keep_held_out(
        linear.path,
        test=(make_held_out(linear, test).probabilities, test),
        validation=(make_held_out(linear, validation).probabilities, validation),
    )
    kept = read_held_out(linear.path, bundle=linear.digest)
    assert kept.parts.tolist() == ["test"] * 6 + ["validation"] * 4
    assert kept.labelled("technique").tolist() == [False] * 6 + [True] * 4
    assert kept.labelled("stance").tolist() == [True] * 6 + [False] * 4
    assert np.isnan(kept.targets["frame"][6:]).all()
