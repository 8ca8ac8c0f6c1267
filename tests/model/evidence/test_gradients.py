from __future__ import annotations

import numpy as np
import pytest
import torch

from narrashift.model.evidence.gradients import GradientWeights
from narrashift.model.evidence.labels import decided_labels, direction
from narrashift.model.evidence.words import word_spans
from narrashift.model.lexical import LexicalHead


@pytest.fixture(scope="module")
def asked(planted, sentence):
    """Texts of several lengths, their words, and the labels decided on them."""
    texts = [sentence("bridge", "town", seed=1), sentence("village", seed=2, length=25), "Bridge!", sentence(seed=3)]
    labels = decided_labels(
        planted.classifier.logits(texts).tasks, codebook=planted.codebook, decision=planted.decision
    )
    return texts, [word_spans(text) for text in texts], labels


def with_steps(planted, steps):
    return GradientWeights(
        planted.classifier.network, planted.classifier.tokenizer, decision=planted.decision, steps=steps
    )


def test_with_many_steps_the_shares_sum_to_the_difference_of_the_log_odds(planted, asked):
    errors = {}
    for steps in (2, 64):
        found = with_steps(planted, steps).attribute(*asked, totals=True)
        errors[steps] = max(abs(own.words.sum() + own.rest - own.total) for own in found)
    assert max(abs(own.total) for own in found) > 1
    assert errors[64] < 0.02 < errors[2]


def test_company_and_padding_change_nothing(planted, asked):
    texts, words, labels = asked
    together = planted.weigh(*asked)
    for label, weights in zip(labels, together, strict=True):
        alone = type(label)(0, label.task, label.leaf, label.rival)
        [its] = planted.weigh([texts[label.text]], [words[label.text]], [alone])
        np.testing.assert_allclose(its, weights, atol=1e-4)


def test_a_token_that_no_path_moves_has_no_share(planted, asked):
    """The special tokens stand in the baseline as in the passage."""
    texts, _, labels = asked
    found = with_steps(planted, 8).attribute(texts, [[(0, len(text))] for text in texts], labels)
    assert max(abs(own.rest) for own in found) < 1e-6


def test_the_lexical_heads_shares_and_its_bias_are_its_logits(planted, asked):
    head = LexicalHead(buckets=512, heads=planted.classifier.network.config.heads)
    generator = torch.Generator().manual_seed(0)
    head.table.copy_(torch.rand(head.table.shape, generator=generator) + 0.1)
    ids = torch.tensor([2, 9, 31, 9, 4, 3])
    whole = head(ids[None], torch.ones_like(ids)[None])
    for task, shares in head.shares(ids).items():
        torch.testing.assert_close(shares.sum(0), whole[task][0])
        assert shares.shape == (6, len(whole[task][0]))
    assert head.shares(ids[:1])["side"].shape == (1, 2)


def test_the_lexical_heads_shares_are_added(planted, asked):
    head = LexicalHead(buckets=512, heads=planted.classifier.network.config.heads)
    generator = torch.Generator().manual_seed(0)
    head.table.copy_(torch.rand(head.table.shape, generator=generator) + 0.1)
    network = planted.classifier.network
    encoder = planted.weigh(*asked)
    network.lexical = head
    try:
        both = planted.weigh(*asked)
        lexical = [own.words for own in planted.weigh.attribute(*asked, encoder=False)]
    finally:
        network.lexical = None
    for one, other, total in zip(encoder, lexical, both, strict=True):
        np.testing.assert_allclose(one + other, total, atol=1e-6)
    assert max(np.abs(own).max() for own in lexical) > 0.05


def test_what_the_model_does_not_read_has_no_weight(planted, sentence):
    text = sentence("bridge", seed=4) + " " + sentence(seed=5, length=80)
    words = word_spans(text)
    logits = planted.classifier.logits([text])
    assert logits.truncated.all()
    labels = decided_labels(logits.tasks, codebook=planted.codebook, decision=planted.decision)
    [weights, *_] = planted.weigh([text], [words], labels)
    assert weights[:20].any() and not weights[60:].any()


def test_what_the_model_reads_in_several_windows_has_its_share(planted, sentence, monkeypatch):
    text = sentence("bridge", seed=4) + " " + sentence("town", seed=5, length=80)
    words = word_spans(text)
    monkeypatch.setattr(planted.classifier.network.config, "windows", 8)
    logits = planted.classifier.logits([text])
    assert not logits.truncated.any()
    labels = decided_labels(logits.tasks, codebook=planted.codebook, decision=planted.decision)
    found = with_steps(planted, 64).attribute([text], [words], labels, totals=True)
    assert found[0].words[:20].any() and found[0].words[60:].any()
    assert abs(found[0].words.sum() + found[0].rest - found[0].total) < 0.02


def test_no_labels_and_no_words_are_no_trouble(planted):
    assert planted.weigh([], [], []) == []
    assert planted.weigh(["?"], [[]], []) == []


def test_the_temperature_divides_the_weights(planted, asked):
    label = asked[2][0]
    warm = planted.decision.model_copy(
        update={"tasks": {n: t.model_copy(update={"temperature": 2.0}) for n, t in planted.decision.tasks.items()}}
    )
    assert (
        direction(label, leaves=2, decision=warm).tolist()
        == (direction(label, leaves=2, decision=planted.decision) / 2).tolist()
    )


def test_threads_change_nothing(planted, asked):
    network, tokenizer = planted.classifier.network, planted.classifier.tokenizer
    before = torch.get_num_threads()
    one, three = (
        GradientWeights(network, tokenizer, decision=planted.decision, threads=threads, batch_tokens=200)(*asked)
        for threads in (1, 3)
    )
    assert all((a == b).all() for a, b in zip(one, three, strict=True))
    assert torch.get_num_threads() == before
