"""The training loss: all tasks at once, what is unlabelled weighs nothing, what is rare weighs more."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

import narrashift
from narrashift.training.learning.loss import MultiTaskLoss, class_weights
from narrashift.training.settings import TrainSettings

PLAIN = TrainSettings(class_weights="none", label_smoothing=0.0)
ROWS = [
    {"text": "a", "stance": "neutral", "frame": ["gains_russia"], "technique": []},
    {"text": "b", "stance": None, "frame": [], "technique": None},
    {"text": "c", "stance": "pro_russia", "frame": None, "technique": None},
    {"text": "d", "stance": None, "frame": None, "technique": None},
]


@pytest.fixture
def logits(codebook):
    torch.manual_seed(1)
    return {name: torch.randn(len(ROWS), len(task.leaves), requires_grad=True) for name, task in codebook.tasks.items()}


def assert_close(found, expected):
    torch.testing.assert_close(found, expected, check_dtype=False)


def loss_of(corpus, logits, settings=PLAIN):
    loss = MultiTaskLoss(corpus.codebook, weights=class_weights(corpus, settings=settings), settings=settings)
    return loss(logits, {name: torch.from_numpy(values) for name, values in corpus.targets.items()})


def test_the_loss_is_the_sum_of_the_cross_entropies_of_labelled_passages(corpus_of, logits, codebook):
    stance = cross_entropy(logits["stance"][[0, 2]], torch.tensor([2, 1]))
    on = torch.tensor([[0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]).float()
    frame = binary_cross_entropy_with_logits(logits["frame"][:2], on, reduction="none").sum(1).mean()
    technique = binary_cross_entropy_with_logits(logits["technique"][0], torch.zeros(6), reduction="sum")
    assert_close(loss_of(corpus_of(ROWS), logits), stance + frame + technique)


def test_an_unlabelled_passage_has_a_gradient_of_exactly_zero(corpus_of, logits):
    loss_of(corpus_of(ROWS), logits).backward()
    for name, labelled in (("stance", [0, 2]), ("frame", [0, 1]), ("technique", [0])):
        rows = logits[name].grad.abs().sum(1)
        for i in range(len(ROWS)):
            assert (rows[i] > 0) == (i in labelled), (name, i)


def test_a_batch_without_any_label_adds_nothing_and_can_be_learnt_from(corpus_of, logits):
    loss = loss_of(corpus_of([ROWS[3]] * 4), logits)
    loss.backward()
    assert loss.item() == 0
    assert all(values.grad is None or not values.grad.any() for values in logits.values())


def test_labelled_with_none_is_a_target_and_missing_is_not(corpus_of, logits):
    none, missing = ({"text": "x", "frame": labels} for labels in ([], None))
    assert loss_of(corpus_of([none] * 4), logits) > 0
    assert loss_of(corpus_of([missing] * 4), logits) == 0


def test_smoothing_is_that_of_torch_for_a_single_task(corpus_of, logits):
    rows = [{"text": row["text"], "stance": row["stance"]} for row in ROWS]
    smooth = TrainSettings(class_weights="none", label_smoothing=0.2)
    expected = cross_entropy(logits["stance"][[0, 2]], torch.tensor([2, 1]), label_smoothing=0.2)
    assert_close(loss_of(corpus_of(rows), logits, smooth), expected)


def test_named_weights_weigh_their_label_and_no_other(corpus_of, logits):
    corpus = corpus_of([ROWS[0]] * 4)
    heavy = TrainSettings(label_smoothing=0.0, class_weights={"stance.neutral": 3.0})
    elsewhere = TrainSettings(label_smoothing=0.0, class_weights={"stance.pro_russia": 3.0})
    stance = cross_entropy(logits["stance"], torch.tensor([2] * 4))
    assert_close(loss_of(corpus, logits, heavy) - loss_of(corpus, logits), 2 * stance)
    assert_close(loss_of(corpus, logits, elsewhere), loss_of(corpus, logits))


def test_task_weights_scale_a_task(corpus_of, logits):
    corpus = corpus_of([{"text": row["text"], "frame": row["frame"]} for row in ROWS])
    doubled = TrainSettings(label_smoothing=0.0, class_weights="none", task_weights={"frame": 2.0})
    assert_close(loss_of(corpus, logits, doubled), 2 * loss_of(corpus, logits))


def test_automatic_weights_are_larger_for_rarer_labels(corpus_of):
    stances = ["neutral"] * 60 + ["pro_russia"] * 30 + ["pro_ukraine"] * 6
    frames = [["gains_russia", "gains_ukraine"] if i < 5 else ["gains_russia"] for i in range(96)]
    corpus = corpus_of(
        [{"text": f"t{i}", "stance": s, "frame": f} for i, (s, f) in enumerate(zip(stances, frames, strict=True))]
    )
    weights = class_weights(corpus, settings=TrainSettings(class_weights="auto"))
    rare, middle, common = weights["stance"]
    assert rare == pytest.approx(np.sqrt(96 / 18))
    assert rare > middle > common > 0
    assert weights["frame"][0] == pytest.approx(np.sqrt(91 / 5))
    assert weights["frame"][1] == 1, "a label that is always on is not made light of"
    assert weights["frame"][2] <= 10, "a label that never occurs has no endless weight"
    assert (weights["technique"] <= 10).all()
    assert (weights["technique"] >= 1).all()


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (
            {"class_weights": {"stance.pro_rusia": 2.0}},
            r"'stance.pro_rusia' is no task.label .*did you mean stance.pro_russia",
        ),
        ({"class_weights": {"frame.gains": 2.0}}, r"'frame.gains' is no task.label"),
        ({"task_weights": {"stanze": 2.0}}, r"no task 'stanze' .*did you mean stance"),
    ],
)
def test_weights_of_what_is_not_in_the_codebook(chosen, message, corpus_of):
    with pytest.raises(narrashift.UserError, match=message):
        class_weights(corpus_of(ROWS), settings=TrainSettings(**chosen))
