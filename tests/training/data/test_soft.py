"""Soft labels in a corpus: read, checked, learned from, and given way to a label put right by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from narrashift.training.learning.loss import MultiTaskLoss, class_weights
from narrashift.training.settings import TrainSettings

SOFT = {"soft.stance.pro_ukraine": 0.7, "soft.stance.pro_russia": 0.1, "soft.stance.neutral": 0.2}


def test_soft_labels_are_learned_from_and_hard_ones_elsewhere(corpus_of):
    corpus = corpus_of([{"text": "a", **SOFT}, {"text": "b", "stance": "neutral"}, {"text": "c"}])
    learned = corpus.learned["stance"]
    assert learned[0] == pytest.approx([0.7, 0.1, 0.2])
    assert learned[1] == pytest.approx([0, 0, 1])
    assert np.isnan(learned[2]).all()
    assert corpus.targets["stance"].tolist() == [-1, 2, -1]


def test_a_label_put_right_by_hand_wins_over_what_the_votes_said(corpus_of):
    corpus = corpus_of([{"text": "a", "stance": "pro_russia", **SOFT}, {"text": "b", "stance": "pro_ukraine", **SOFT}])
    assert corpus.learned["stance"][0] == pytest.approx([0, 1, 0])
    assert corpus.learned["stance"][1] == pytest.approx([0.7, 0.1, 0.2])


def test_without_soft_labels_the_targets_are_what_they_were(corpus_of):
    corpus = corpus_of([{"text": "a", "stance": "neutral"}])
    assert corpus.learned is corpus.targets


def test_soft_labels_belong_to_the_digest_and_go_along_in_a_selection(corpus_of):
    one, other = corpus_of([{"text": "a", **SOFT}]), corpus_of([{"text": "a", **SOFT, "soft.stance.neutral": 0.21}])
    assert one.digest != other.digest
    both = corpus_of([{"text": "b", "stance": "neutral"}, {"text": "a", **SOFT}])
    assert both.select([1]).digest == one.digest


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({**SOFT, "soft.stance.neutral": 0.6}, "sum to 1.400"),
        ({**SOFT, "soft.stance.neutral": -0.2}, "no probabilities"),
        ({**SOFT, "soft.stance.neutral": "much"}, "no numbers"),
        ({"soft.stance.neutral": 1.0}, "soft.stance.pro_ukraine, soft.stance.pro_russia: missing"),
    ],
)
def test_what_is_no_probability_is_refused_with_its_place(corpus_of, values, told):
    from narrashift import UserError

    with pytest.raises(UserError, match=told):
        corpus_of([{"text": "a", "stance": "neutral"}, {"text": "b", **values}])


def test_the_loss_of_a_certain_soft_label_is_that_of_the_label(corpus_of, codebook):
    other = {"text": "b", "stance": "neutral"}
    hard = corpus_of([{"text": "a", "stance": "neutral", "frame": ["gains_russia"]}, other])
    certain = {"soft.stance.pro_ukraine": 0.0, "soft.stance.pro_russia": 0.0, "soft.stance.neutral": 1.0}
    frames = {f"soft.frame.{leaf}": float(leaf == "gains_russia") for leaf in codebook.tasks["frame"].leaves}
    soft = corpus_of([{"text": "a", **certain, **frames}, other])
    settings = TrainSettings(label_smoothing=0.0)
    loss = MultiTaskLoss(codebook, weights=class_weights(hard, settings=settings), settings=settings)
    generator = torch.Generator().manual_seed(0)
    logits = {name: torch.randn(2, len(task.leaves), generator=generator) for name, task in codebook.tasks.items()}
    losses = [
        loss(logits, {name: torch.from_numpy(values) for name, values in one.learned.items()}) for one in (hard, soft)
    ]
    assert losses[0].item() == pytest.approx(losses[1].item(), rel=1e-6)
