"""How large batches are chosen, with and without a GPU."""

from __future__ import annotations

import math

import pytest
import torch

from narrashift.training.learning.batch_size import fitting_tokens, pick_batch, tokens_at_once, with_batch
from narrashift.training.learning.long_texts import PIECE_TOKENS
from narrashift.training.learning.schedule import with_schedule
from narrashift.training.settings import TrainSettings


@pytest.mark.parametrize(("passages", "batch"), [(60, 32), (3_199, 32), (6_400, 64), (12_464, 64), (10**6, 128)])
def test_on_a_gpu_a_batch_grows_with_the_corpus_and_leaves_an_epoch_its_steps(passages, batch):
    assert pick_batch(TrainSettings(), passages=passages, device="cuda") == batch
    assert pick_batch(TrainSettings(), passages=passages, device="cpu") == 32


def test_a_batch_that_is_named_is_taken_with_the_rates_as_they_are():
    settings = with_schedule(TrainSettings(batch=200))
    assert pick_batch(settings, passages=10**6, device="cuda") == 200
    assert with_batch(settings, passages=200) == settings


def test_rates_rise_with_the_square_root_of_a_batch_that_was_chosen():
    plain = with_schedule(TrainSettings())
    assert with_batch(plain, passages=32).learning_rate == plain.learning_rate
    larger = with_batch(plain, passages=128)
    assert larger.batch == 128
    assert larger.learning_rate == pytest.approx(2 * plain.learning_rate)
    assert larger.head_learning_rate == pytest.approx(2 * plain.head_learning_rate)


def test_more_memory_holds_more_tokens_and_a_larger_network_fewer():
    small = {"parameters": 33_000_000, "layers": 12, "width": 384}
    large = {"parameters": 560_000_000, "layers": 24, "width": 1_024}
    assert fitting_tokens(80 * 2**30, **small) > fitting_tokens(8 * 2**30, **small) > 10_000
    assert fitting_tokens(16 * 2**30, **large) < fitting_tokens(16 * 2**30, **small)
    assert fitting_tokens(2**20, **large) == 512
    needed = fitting_tokens(80 * 2**30, **large) * 2 * 34 * 24 * 1_024 + 12 * 560_000_000
    assert math.isclose(needed, 0.8 * 80 * 2**30, rel_tol=1e-3)


def test_a_cpu_is_not_asked_for_its_memory(fresh):
    assert tokens_at_once(fresh()[0], device=torch.device("cpu")) == PIECE_TOKENS
