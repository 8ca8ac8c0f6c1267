"""Where fine-tuning starts: heads that tell what the encoder knows, rates by the number of passages."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from narrashift.model.transformer import TransformerClassifier
from narrashift.training.learning import start
from narrashift.training.learning.features import pooled
from narrashift.training.learning.schedule import FOR_SHORT, MANY, with_schedule
from narrashift.training.learning.start import begin, begin_heads
from narrashift.training.settings import TrainSettings

WORDS = {"pro_ukraine": "defenders held", "pro_russia": "regime shelled", "neutral": "ministers met"}


@pytest.fixture
def told(corpus_of):
    """Ninety passages whose words tell the stance; no technique is labelled."""
    rows = [
        {"text": f"{words} near town number {i}", "stance": stance, "frame": ["losses_ukraine"] * (i % 3 == 0)}
        for i in range(30)
        for stance, words in WORDS.items()
    ]
    return corpus_of([{**row, "technique": None} for row in rows])


def test_heads_tell_labels_before_the_first_step(told, fresh, tiny_settings):
    network, tokenizer = fresh()
    before = TransformerClassifier(network, tokenizer, device="cpu").logits(told.texts[60:]).tasks
    begin_heads(network, tokenizer, train=told.select(range(60)), settings=tiny_settings, bf16=False)
    after = TransformerClassifier(network, tokenizer, device="cpu").logits(told.texts[60:]).tasks
    assert (before["stance"].argmax(1) == told.targets["stance"][60:]).mean() < 0.7
    assert (after["stance"].argmax(1) == told.targets["stance"][60:]).mean() > 0.9
    np.testing.assert_array_equal(after["technique"], before["technique"], "of an unlabelled task nothing is known")
    gains_never_seen = after["frame"][:, 0]
    assert (gains_never_seen < -3).all()


def test_features_are_those_that_the_heads_see(told, fresh):
    network, tokenizer = fresh()
    features = pooled(network, tokenizer, told.texts, bf16=False)
    head = network.head("stance")
    with torch.inference_mode():
        logits = head(torch.from_numpy(features)).numpy()
    expected = TransformerClassifier(network, tokenizer, device="cpu").logits(told.texts).tasks["stance"]
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_a_run_that_goes_on_keeps_its_heads(told, fresh, tiny_settings):
    network, tokenizer = fresh()
    before = network.head("stance").weight.clone()
    begin(network, tokenizer, train=told, settings=tiny_settings, fresh=False, bf16=False)
    assert torch.equal(network.head("stance").weight, before)
    begin(network, tokenizer, train=told, settings=tiny_settings, fresh=True, bf16=False)
    assert not torch.equal(network.head("stance").weight, before)


def test_of_many_passages_heads_learn_from_scratch(told, fresh, tiny_settings, monkeypatch):
    network, tokenizer = fresh()
    before = network.head("stance").weight.clone()
    monkeypatch.setattr(start, "MANY", len(told))
    begin(network, tokenizer, train=told, settings=tiny_settings, fresh=True, bf16=False)
    assert torch.equal(network.head("stance").weight, before)


def test_beginning_draws_nothing_from_the_random_numbers_of_training(told, fresh, tiny_settings):
    network, tokenizer = fresh()
    state = torch.get_rng_state()
    begin(network, tokenizer, train=told, settings=tiny_settings, fresh=True, bf16=False)
    assert torch.equal(torch.get_rng_state(), state)


def test_of_many_passages_some_begin_the_heads_and_the_same_ones_every_time(told, fresh, tiny_settings, monkeypatch):
    monkeypatch.setattr(start, "MOST", 20)
    seen: list[list[str]] = []
    real = pooled
    monkeypatch.setattr(start, "pooled", lambda n, t, texts, **k: (seen.append(texts), real(n, t, texts, **k))[1])
    for seed in (0, 0, 1):
        network, tokenizer = fresh()
        chosen = tiny_settings.model_copy(update={"seed": seed})
        begin_heads(network, tokenizer, train=told, settings=chosen, bf16=False)
    assert [len(set(texts)) for texts in seen] == [20] * 3
    assert seen[0] == seen[1] != seen[2]


def test_rates_rise_with_the_root_of_the_passages_up_to_a_point():
    rates = [with_schedule(TrainSettings(), passages=count) for count in (MANY // 400, MANY // 4, MANY, 10 * MANY)]
    assert [rate.learning_rate for rate in rates] == pytest.approx([1e-5, 1e-4, 2e-4, 2e-4])
    assert [rate.head_learning_rate for rate in rates] == pytest.approx([5e-5, 5e-4, 1e-3, 1e-3])


def test_few_passages_are_seen_fewer_times():
    chosen = [with_schedule(TrainSettings(), passages=count) for count in (FOR_SHORT - 1, FOR_SHORT, MANY)]
    assert [settings.epochs for settings in chosen] == [3, 5, 5]
    assert [settings.label_smoothing for settings in chosen] == [0, 0.1, 0.1]


def test_what_is_named_is_taken():
    rated = with_schedule(TrainSettings(learning_rate=3e-4, epochs=8, label_smoothing=0.2), passages=24)
    assert (rated.learning_rate, rated.epochs, rated.label_smoothing) == (3e-4, 8, 0.2)
    assert rated.head_learning_rate < 1e-4
