"""A batch's gradient from its parts: the shares of several processes, and pieces that fit a GPU's memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import narrashift
from narrashift.training.learning.long_texts import PIECE_TOKENS, long_texts
from narrashift.training.learning.loss import MultiTaskLoss, class_weights
from narrashift.training.learning.step import Learner
from narrashift.training.processes.team import Team
from narrashift.training.settings import TrainSettings


@pytest.fixture(scope="module")
def uneven(small_rows, codebook):
    """Nine passages, stance known of two of them, techniques of none, frames of all."""
    rows = [
        row | {"technique": None, "stance": row["stance"] if i in (1, 3) else None} for i, row in enumerate(small_rows)
    ]
    return narrashift.from_dataset(rows[:9], codebook=codebook)


@pytest.fixture
def learner(fresh, tiny_settings, uneven):
    """`learner(team, tokens)`: without dropout, so that parts can be compared."""

    def make(team=None, tokens=PIECE_TOKENS):
        network, tokenizer = fresh(TrainSettings(**(tiny_settings.model_dump() | {"dropout": 0.0})))
        weights = class_weights(uneven, settings=tiny_settings)
        network.eval()
        return Learner(
            network, texts=long_texts(tokenizer, uneven.texts, network=network),
            targets={name: torch.from_numpy(values) for name, values in uneven.targets.items()},
            loss_of=MultiTaskLoss(uneven.codebook, weights=weights, settings=tiny_settings),
            team=team or Team(), bf16=False, tokens=tokens,
        )  # fmt: skip

    return make


def gradients(learner):
    return {name: p.grad.clone() for name, p in learner.network.named_parameters() if p.grad is not None}


class Alone(Team):
    """One of several processes, whose share is to be looked at before it is added to the others'."""

    def add_up(self, parameters, loss):
        return loss


@pytest.mark.parametrize("size", [2, 3])
def test_the_shares_of_all_processes_add_up_to_the_gradient_of_the_whole_batch(size, learner):
    whole, batch = learner(), np.arange(9)
    loss, parts, losses = whole.learn(batch), [], []
    for rank in range(size):
        part = learner(Alone(rank, size))
        losses.append(part.learn(batch))
        parts.append(gradients(part))
    assert sum(losses) == pytest.approx(loss, rel=1e-6)
    for name, gradient in gradients(whole).items():
        added = sum(part[name] for part in parts if name in part)
        torch.testing.assert_close(added, gradient, rtol=1e-4, atol=1e-6)


def test_every_passage_is_in_exactly_one_share():
    batch = np.array([4, 8, 15, 16, 23])
    shares = [Team(rank, 3).share(batch) for rank in range(3)]
    assert sorted(np.concatenate(shares)) == sorted(batch)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_process_without_a_passage_of_a_small_batch_adds_nothing(learner):
    idle = learner(Alone(2, 3))
    assert idle.learn(np.array([0, 1])) == 0
    assert gradients(idle) == {}


def test_pieces_give_the_gradient_of_the_whole(learner):
    whole, pieces, batch = learner(), learner(tokens=100), np.arange(9)
    assert len(list(pieces.texts.pieces(batch, tokens=100))) > 2
    assert pieces.learn(batch) == pytest.approx(whole.learn(batch), rel=1e-6)
    for name, gradient in gradients(whole).items():
        torch.testing.assert_close(gradients(pieces)[name], gradient, rtol=1e-4, atol=1e-6)


def short_of_memory(learner, *, tokens):
    """As on a GPU that holds only so many padded tokens."""
    network = learner.network.forward

    def forward(input_ids, attention_mask):
        if input_ids.numel() > tokens:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return network(input_ids, attention_mask)

    learner.network.forward = forward


def test_what_does_not_fit_the_memory_is_learnt_in_smaller_pieces(learner):
    whole, short, batch = learner(), learner(), np.arange(9)
    short_of_memory(short, tokens=150)
    assert short.learn(batch) == pytest.approx(whole.learn(batch), rel=1e-6)
    for name, gradient in gradients(whole).items():
        torch.testing.assert_close(gradients(short)[name], gradient, rtol=1e-4, atol=1e-6)
    assert short.tokens <= 150


def test_a_passage_that_does_not_fit_alone_is_a_line_with_a_way_out(learner):
    short = learner()
    short_of_memory(short, tokens=3)
    with pytest.raises(narrashift.UserError, match="max_tokens"):
        short.learn(np.arange(9))
