"""Fitting the lexical head beside an encoder."""

from __future__ import annotations

import numpy as np
import pytest

from narrashift.model.network import PassageClassifier
from narrashift.model.tokens import read_tokenizer
from narrashift.model.transformer import TransformerClassifier
from narrashift.training.learning.backbone import load_backbone
from narrashift.training.learning.lexical import MOST, add_lexical, share_of_words
from narrashift.training.measuring.calibration import fit_decision
from narrashift.training.measuring.evaluation import predictions


@pytest.fixture
def parts(corpus_of):
    words = {"pro_ukraine": "defenders held", "pro_russia": "regime shelled", "neutral": "ministers met"}
    rows = [
        {
            "text": f"{text} near town number {i}",
            "stance": stance,
            "frame": ["losses_ukraine"] if i % 2 else [],
            "technique": [],
        }
        for i in range(30)
        for stance, text in words.items()
    ]
    return corpus_of(rows[:60]), corpus_of(rows[60:])


@pytest.fixture
def network_and_tokenizer(tiny_settings, codebook, tmp_path):
    network, pretrained = load_backbone(tiny_settings, codebook=codebook)
    pretrained.save_pretrained(tmp_path)
    return network, read_tokenizer(tmp_path / "tokenizer.json")


def encoder_logits(network, tokenizer, corpus):
    return TransformerClassifier(network, tokenizer, device="cpu").logits(corpus.texts).tasks


def test_words_that_tell_the_label_are_learned_beside_an_encoder_that_knows_nothing(
    parts, network_and_tokenizer, tiny_settings
):
    train, validation = parts
    network, tokenizer = network_and_tokenizer
    before = encoder_logits(network, tokenizer, validation)
    add_lexical(network, tokenizer, train=train, validation=validation, logits=before, settings=tiny_settings)
    after = encoder_logits(network, tokenizer, validation)["stance"]
    assert (before["stance"].argmax(1) == validation.targets["stance"]).mean() < 0.7
    assert (after.argmax(1) == validation.targets["stance"]).all()


def test_what_it_returns_is_what_the_network_gives_from_now_on(parts, network_and_tokenizer, tiny_settings):
    train, validation = parts
    network, tokenizer = network_and_tokenizer
    before = encoder_logits(network, tokenizer, validation)
    together = add_lexical(
        network, tokenizer, train=train, validation=validation, logits=before, settings=tiny_settings
    )
    for task, values in encoder_logits(network, tokenizer, validation).items():
        np.testing.assert_allclose(values, together[task], atol=1e-3)


def test_an_encoder_that_knows_everything_needs_little_of_it(parts, network_and_tokenizer, tiny_settings):
    train, validation = parts
    network, tokenizer = network_and_tokenizer
    noisy = train.select(np.random.default_rng(0).permutation(len(train)))
    noisy = type(train)(train.codebook, train.texts, noisy.targets)
    sure = {name: np.zeros((len(validation), len(task.leaves))) for name, task in train.codebook.tasks.items()}
    sure["stance"] = 8.0 * np.eye(3)[validation.targets["stance"]]
    together = add_lexical(network, tokenizer, train=noisy, validation=validation, logits=sure, settings=tiny_settings)
    assert np.abs(together["stance"] - sure["stance"]).max() < 4
    assert MOST == 3.0


def test_an_unlabelled_task_gets_nothing_from_it(corpus_of, network_and_tokenizer, tiny_settings):
    rows = [
        {"text": f"{'a b' if i % 2 else 'c d'} {i}", "stance": "neutral" if i % 2 else "pro_russia"} for i in range(40)
    ]
    network, tokenizer = network_and_tokenizer
    corpus = corpus_of(rows)
    before = encoder_logits(network, tokenizer, corpus)
    together = add_lexical(network, tokenizer, train=corpus, validation=corpus, logits=before, settings=tiny_settings)
    np.testing.assert_array_equal(together["frame"], before["frame"])
    assert np.isfinite(together["stance"]).all()


def test_it_is_the_same_after_saving_and_loading(parts, network_and_tokenizer, tiny_settings, tmp_path):
    train, validation = parts
    network, tokenizer = network_and_tokenizer
    before = encoder_logits(network, tokenizer, validation)
    together = add_lexical(
        network, tokenizer, train=train, validation=validation, logits=before, settings=tiny_settings
    )
    network.save_pretrained(tmp_path / "saved")
    loaded = PassageClassifier.from_pretrained(tmp_path / "saved")
    for task, values in encoder_logits(loaded, tokenizer, validation).items():
        np.testing.assert_allclose(values, together[task], atol=1e-3)


def test_in_another_language_the_encoder_decides_alone(parts, network_and_tokenizer, tiny_settings, corpus_of):
    train, validation = parts
    network, tokenizer = network_and_tokenizer
    foreign = corpus_of([{"text": "Міністерство оборони повідомило про це вранці", "stance": "neutral"}])
    before, abroad = (encoder_logits(network, tokenizer, corpus) for corpus in (validation, foreign))
    add_lexical(network, tokenizer, train=train, validation=validation, logits=before, settings=tiny_settings)
    np.testing.assert_allclose(encoder_logits(network, tokenizer, foreign)["stance"], abroad["stance"], atol=1e-5)
    assert np.ptp(encoder_logits(network, tokenizer, foreign)["frame"] - abroad["frame"], axis=0).max() < 1e-4
    changed = encoder_logits(network, tokenizer, validation)["stance"] - before["stance"]
    assert (np.abs(changed).max(1) > 1e-3).all(), "in its own language it is heard in every passage"


@pytest.mark.parametrize(("count", "least", "most"), [(3, 0.5, 0.5), (6, 0.2, 0.55), (30, 0.0, 0.3)])
def test_few_validation_passages_leave_its_weight_where_it_usually_is(count, least, most, parts):
    _, validation = parts
    noise = np.random.default_rng(0).normal(size=(count, 3)) * 4
    knowing = 3.0 * np.eye(3)[validation.targets["stance"][:count]]
    share = share_of_words(knowing, noise, validation.select(range(count)), task="stance")
    assert least <= share <= most


def test_where_it_is_silent_the_encoder_decides_as_by_thresholds_of_its_own(
    parts, network_and_tokenizer, tiny_settings
):
    train, validation = parts
    network, tokenizer = network_and_tokenizer
    before = encoder_logits(network, tokenizer, validation)
    own = {"settings": tiny_settings, "train": train, "validation": validation, "logits": before}
    decision = fit_decision(add_lexical(network, tokenizer, **own), corpus=validation)
    network.lexical.known.zero_()
    silent = predictions(encoder_logits(network, tokenizer, validation), decision=decision, codebook=train.codebook)
    alone = predictions(before, decision=fit_decision(before, corpus=validation), codebook=train.codebook)
    assert alone.on["frame"].any()
    for task, on in silent.on.items():
        assert (on == alone.on[task]).mean() > 0.99, task
