"""Fine-tuning: what is learnt, when it stops, and that Ctrl-C at any step changes nothing in the end."""

from __future__ import annotations

import json
import signal
import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from narrashift.model.device import pick_device
from narrashift.model.errors import Interrupted
from narrashift.training.learning.checkpoint import Position, read_position
from narrashift.training.learning.fine_tune import epoch_batches, fine_tune, pick_precision, validate
from narrashift.training.learning.loss import MultiTaskLoss, class_weights
from narrashift.training.settings import TrainSettings

STEPS = 3
"""Steps of an epoch: 24 passages in batches of 8."""


@pytest.fixture
def tune(fresh, small_corpus, tiny_settings, tmp_path):
    """`tune(…)`: fine-tune the tiny network on 24 passages in `tmp_path / "work"`."""

    def run(*, position=None, progress=lambda *args: None, on_epoch=lambda measured: None, **chosen):
        picked = TrainSettings(**(tiny_settings.model_dump() | chosen))
        network, tokenizer = fresh(picked)
        return fine_tune(
            network, tokenizer, train=small_corpus.select(range(24)), validation=small_corpus.select(range(60, 80)),
            settings=picked, work=tmp_path / "work", position=position or Position(fingerprint="f"),
            progress=progress, on_epoch=on_epoch,
        )  # fmt: skip

    return run


def interrupt_after(*steps):
    """A listener that presses Ctrl-C after these steps."""
    left = set(steps)

    def listen(what, done, total):
        if done in left:
            left.discard(done)
            signal.raise_signal(signal.SIGINT)

    return listen


def assert_same_weights(one, other):
    for name, value in one.network.state_dict().items():
        assert torch.equal(value, other.network.state_dict()[name]), name


def test_the_loss_falls_and_what_is_frozen_stays(tune, fresh):
    tuned = tune(epochs=4, freeze=2, head_learning_rate=1e-2, probe=False)
    losses = [epoch["train/loss"] for epoch in tuned.history]
    assert losses[-1] < losses[0]
    before = fresh()[0].state_dict()
    for name, value in tuned.network.state_dict().items():
        frozen = "embeddings" in name or "layer.0." in name
        assert torch.equal(value, before[name]) == frozen, name


def test_every_epoch_is_told_with_its_figures(tune):
    told = []
    tuned = tune(epochs=2, on_epoch=told.append)
    assert told == tuned.history
    assert [epoch["epoch"] for epoch in told] == [1, 2]
    names = {"train/loss", "train/tokens_per_s", "validation/loss", "validation/macro_f1", "epoch"}
    assert set(told[0]) == names | {f"validation/macro_f1/{task}" for task in ("stance", "frame", "technique")}


@pytest.fixture
def enough(monkeypatch):
    """As if twenty validation passages were enough to tell epochs apart."""
    monkeypatch.setattr("narrashift.training.learning.fine_tune.TOO_FEW", 20)


def test_by_few_validation_passages_the_last_epoch_is_kept(tune, tmp_path):
    tuned = tune(epochs=5, patience=1, learning_rate=5e-3, dropout=0.0)
    assert [epoch["epoch"] for epoch in tuned.history] == [1, 2, 3, 4, 5]
    last = read_position(tmp_path / "work", fingerprint="f")
    assert last.best_epoch == 4


def test_training_stops_after_patience_epochs_without_a_better_one(tune, enough):
    tuned = tune(epochs=10, patience=2, learning_rate=1e-12, head_learning_rate=1e-12, dropout=0.0)
    assert [epoch["epoch"] for epoch in tuned.history] == [1, 2, 3]


def test_the_network_has_the_weights_of_its_best_epoch(tune, enough, fresh, small_corpus, tiny_settings):
    runs = (tune(epochs=5, patience=5, learning_rate=5e-3, seed=seed) for seed in range(8))
    with_scores = ((run, [epoch["validation/macro_f1"] for epoch in run.history]) for run in runs)
    tuned, scores = next((run, scores) for run, scores in with_scores if scores[-1] < max(scores))
    train, validation = small_corpus.select(range(24)), small_corpus.select(range(60, 80))
    weights = class_weights(train, settings=tiny_settings)
    loss_of = MultiTaskLoss(train.codebook, weights=weights, settings=tiny_settings)
    measured = validate(tuned.network, fresh()[1], corpus=validation, loss_of=loss_of, bf16=False)
    assert measured["validation/macro_f1"] == max(scores)


@pytest.mark.parametrize("steps", [(2, 4), (STEPS,), (3 * STEPS,)], ids=str)
def test_interrupted_at_any_step_it_ends_with_the_same_weights(steps, tune, tmp_path):
    undisturbed = tune(epochs=3)
    progress, position = interrupt_after(*steps), None
    for _ in steps:
        with pytest.raises(Interrupted):
            tune(epochs=3, progress=progress, position=position)
        torch.rand(100)  # what else the process draws must not matter
        position = read_position(tmp_path / "work", fingerprint="f")
        assert not list((tmp_path / "work").glob("*.tmp"))
    resumed = tune(epochs=3, progress=progress, position=position)
    assert_same_weights(resumed, undisturbed)
    assert len(resumed.history) == 3


@pytest.mark.parametrize("step", [1, STEPS])
def test_an_interrupted_epoch_is_measured_like_a_whole_one(step, tune, tmp_path):
    undisturbed = tune(epochs=1)
    with pytest.raises(Interrupted):
        tune(epochs=1, progress=interrupt_after(step))
    resumed = tune(epochs=1, position=read_position(tmp_path / "work", fingerprint="f"))
    json.dumps(resumed.history, allow_nan=False)
    for name, value in undisturbed.history[0].items():
        assert name == "train/tokens_per_s" or resumed.history[0][name] == pytest.approx(value), name


def test_the_step_that_was_under_way_is_finished_and_saved(tune, tmp_path):
    with pytest.raises(Interrupted):
        tune(epochs=3, progress=interrupt_after(4))
    position = read_position(tmp_path / "work", fingerprint="f")
    assert (position.epoch, position.batch, position.step) == (1, 1, 4)
    assert (tmp_path / "work" / position.state_file).exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_ctrl_c_stops_at_once(tune):
    def impatient(what, done, total):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        tune(epochs=1, progress=impatient)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_trains_outside_the_main_thread_where_signals_cannot_be_caught(tune):
    done = []
    thread = threading.Thread(target=lambda: done.append(tune(epochs=1)))
    thread.start()
    thread.join()
    assert len(done[0].history) == 1


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tune):
    first = tune(epochs=1)
    torch.rand(7)
    assert_same_weights(first, tune(epochs=1))
    other = tune(epochs=1, seed=1)
    assert not torch.equal(next(first.network.heads.parameters()), next(other.network.heads.parameters()))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    lengths=st.lists(st.integers(1, 300), max_size=120),
    batch=st.integers(1, 9),
    seed=st.integers(0, 5),
    epoch=st.integers(0, 5),
)
def test_an_epoch_has_every_passage_once_in_full_batches(lengths, batch, seed, epoch):
    batches = epoch_batches(np.array(lengths), batch=batch, seed=seed, epoch=epoch)
    assert sorted(int(i) for one in batches for i in one) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // batch)
    assert all(len(one) <= batch for one in batches)


def test_batches_are_of_like_length_and_others_in_each_epoch():
    lengths = np.random.default_rng(0).integers(5, 200, size=640)
    batch = lambda epoch: epoch_batches(lengths, batch=16, seed=0, epoch=epoch)  # noqa: E731
    padded = sum(len(one) * lengths[one].max() for one in batch(0))
    assert padded < 1.15 * lengths.sum()
    assert [one.tolist() for one in batch(0)] == [one.tolist() for one in batch(0)]
    assert [one.tolist() for one in batch(0)] != [one.tolist() for one in batch(1)]


def test_the_device_and_the_precision_that_are_named_are_taken():
    assert pick_device("cpu") == "cpu"
    assert pick_device("auto") in ("cpu", "cuda")
    assert pick_precision("fp32", device="cuda") == "fp32"
    assert pick_precision("auto", device="cuda") == "bf16"
    assert pick_precision("auto", device="cpu") in ("fp32", "bf16")
