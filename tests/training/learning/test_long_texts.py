"""Learning from texts of several windows: what is cut for the memory's sake changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from narrashift.model.transformer import TransformerClassifier
from narrashift.training.learning.lexical import add_lexical
from narrashift.training.learning.long_texts import choose_windows, long_texts
from narrashift.training.learning.loss import MultiTaskLoss, class_weights
from narrashift.training.learning.step import Learner
from narrashift.training.processes.team import Team

FILLER = "The ministers met again. "


@pytest.fixture
def corpus(corpus_of):
    """Articles whose stance only their end tells; of every third the frame is not labelled."""
    ends = {"pro_ukraine": "defenders held", "pro_russia": "regime shelled", "neutral": "nobody came"}
    return corpus_of(
        [
            {"text": FILLER * (6 + 2 * (i % 5)) + end, "stance": stance}
            | ({"frame": ["losses_ukraine"] if i % 2 else []} if i % 3 else {})
            for i in range(20)
            for stance, end in ends.items()
        ]
    )


@pytest.fixture
def long(fresh, tiny_settings):
    network, tokenizer = fresh(tiny_settings.model_copy(update={"max_tokens": 32, "dropout": 0.0}))
    network.config.windows = 8
    return network, tokenizer


def gradient(network, tokenizer, corpus, *, tokens, settings):
    texts = long_texts(tokenizer, corpus.texts, network=network.eval())
    loss_of = MultiTaskLoss(corpus.codebook, weights=class_weights(corpus, settings=settings), settings=settings)
    targets = {name: torch.from_numpy(values) for name, values in corpus.learned.items()}
    network.zero_grad()
    learner = Learner(network, texts=texts, targets=targets, loss_of=loss_of, team=Team(), bf16=False, tokens=tokens)
    batch = np.arange(len(corpus))[::-1].copy()
    pieces = len(list(texts.pieces(batch, tokens=tokens)))
    total = learner.learn(batch)
    return total, pieces, {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}


def test_a_batch_in_pieces_has_the_gradient_of_the_whole(long, corpus, tiny_settings):
    settings = tiny_settings.model_copy(update={"class_weights": "auto"})
    loss, pieces, whole = gradient(*long, corpus, tokens=10**9, settings=settings)
    same, more, parts = gradient(*long, corpus, tokens=400, settings=settings)
    assert pieces == 1 < more
    assert same == pytest.approx(loss, rel=1e-5)
    for name, values in whole.items():
        torch.testing.assert_close(parts[name], values, atol=1e-6, rtol=1e-3)


def test_training_sees_the_logits_that_the_classifier_gives(long, corpus):
    network, tokenizer = long
    classifier = TransformerClassifier(network, tokenizer, device="cpu", precision="fp32")
    batch = np.array([7, 0, 31, 4])
    with torch.inference_mode():
        found = long_texts(tokenizer, corpus.texts, network=network).logits(network, batch)
    for task, values in classifier.logits([corpus.texts[i] for i in batch]).tasks.items():
        np.testing.assert_allclose(found[task].numpy(), values, atol=1e-5)


def test_the_end_of_a_long_text_is_learned_from(long, corpus, tiny_settings):
    network, tokenizer = long
    validation = corpus.select(range(30, 60))
    before = TransformerClassifier(network, tokenizer, device="cpu").logits(validation.texts).tasks
    together = add_lexical(
        network, tokenizer, train=corpus.select(range(30)), validation=validation, logits=before, settings=tiny_settings
    )
    assert (together["stance"].argmax(1) == validation.targets["stance"]).all()
    after = TransformerClassifier(network, tokenizer, device="cpu").logits(validation.texts).tasks
    for task, values in after.items():
        np.testing.assert_allclose(values, together[task], atol=1e-3)


def test_windows_are_chosen_by_what_the_corpus_needs_unless_they_are_named(long, corpus, tiny_settings):
    _, tokenizer = long
    auto = tiny_settings.model_copy(update={"max_tokens": 32, "windows": "auto"})
    assert choose_windows(tokenizer, corpus.texts, settings=auto) == 4
    assert choose_windows(tokenizer, ["Short."] * 9, settings=auto) == 1
    assert choose_windows(tokenizer, corpus.texts, settings=tiny_settings) == 1
