"""Learning from few labels: all of them are learnt from, and every answer that decides is cross-fitted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.model.codebook import Codebook, Task
from narrashift.model.transformer import TransformerClassifier
from narrashift.training.learning.features import Scale
from narrashift.training.learning.few import FOLDS, LAYERS, _folds, are_few, joined, learn_few, with_pooling
from narrashift.training.settings import TrainSettings

WORDS = {"pro_ukraine": "defenders held", "pro_russia": "regime shelled", "neutral": "ministers met"}


def passages(corpus_of, count, *, told=True):
    names = list(WORDS)
    rng = np.random.default_rng(3)
    return corpus_of(
        [
            {
                "text": f"{WORDS[names[i % 3]] if told else 'nothing'} at {rng.integers(10**8, 10**9)}",
                "stance": names[i % 3],
                "frame": ["losses_ukraine"] * (i % 2),
            }
            for i in range(count)
        ]
    )


@pytest.fixture
def learn(fresh, tiny_settings):
    def run(train, validation, **chosen):
        network, tokenizer = fresh()
        settings = tiny_settings.model_copy(update=chosen)
        return learn_few(network, tokenizer, train=train, validation=validation, settings=settings), tokenizer

    return run


def test_the_network_tells_new_passages_and_the_encoder_is_as_it_was(learn, corpus_of, fresh):
    learnt, tokenizer = learn(passages(corpus_of, 30), passages(corpus_of, 9))
    new = passages(corpus_of, 60)
    said = TransformerClassifier(learnt.network, tokenizer, device="cpu").logits(new.texts).tasks
    assert (said["stance"].argmax(1) == new.targets["stance"]).mean() > 0.9
    before = fresh()[0].state_dict()
    for name, value in learnt.network.state_dict().items():
        if name.startswith("encoder."):
            assert torch.equal(value, before[name]), name


@pytest.mark.parametrize("lexical", [0, 4096])
def test_the_answers_that_decide_come_from_regressions_that_did_not_see_the_passage(learn, corpus_of, lexical):
    chance = passages(corpus_of, 90, told=False)
    learnt, tokenizer = learn(chance.select(range(70)), chance.select(range(70, 90)), lexical=lexical)
    assert len(learnt.corpus) == 90
    own = TransformerClassifier(learnt.network, tokenizer, device="cpu").logits(learnt.corpus.texts).tasks["stance"]
    right = [(logits.argmax(1) == learnt.corpus.targets["stance"]).mean() for logits in (own, learnt.logits["stance"])]
    assert right[0] > right[1] + 0.1
    assert right[1] < 0.55, "there is nothing to be known"


def test_validation_passages_are_learnt_from_too(learn, corpus_of):
    both = passages(corpus_of, 30)
    only_here = both.select([i for i in range(30) if i % 3 == 1])
    rest = both.select([i for i in range(30) if i % 3 != 1])
    learnt, tokenizer = learn(rest, only_here)
    said = TransformerClassifier(learnt.network, tokenizer, device="cpu").logits(["regime shelled it"]).tasks["stance"]
    assert said.argmax() == 1


def test_groups_and_copies_share_a_fold_and_labels_are_spread(corpus_of):
    names = list(WORDS)
    rows = [
        {"text": f"passage {i} of {i * 7919} words", "stance": names[i % 3], "group": f"g{i // 3 if i < 30 else i}"}
        for i in range(120)
    ]
    corpus = corpus_of(rows)
    fold = _folds(corpus, seed=0)
    assert all(len(set(fold[i : i + 3])) == 1 for i in range(0, 30, 3))
    for label in range(3):
        counts = np.bincount(fold[30:][corpus.targets["stance"][30:] == label], minlength=FOLDS)
        assert counts.max() - counts.min() <= 4


def test_joined_corpora_keep_the_columns_of_both(corpus_of):
    one = corpus_of([{"text": "a", "stance": "neutral", "group": "g", "source": "s"}])
    other = corpus_of([{"text": "b", "stance": "pro_russia", "group": "h"}])
    both = joined(one, other)
    assert both.texts == ["a", "b"]
    assert both.columns["group"] == ["g", "h"]
    assert "source" not in both.columns
    assert both.targets["stance"].tolist() == [2, 1]


def test_the_number_of_passages_a_label_decides_unless_the_settings_do(corpus_of, monkeypatch):
    corpus = passages(corpus_of, 12)
    assert [are_few(corpus, settings=TrainSettings(tune=tune)) for tune in ("auto", "always", "never")] == [
        True,
        False,
        True,
    ]
    most = max(len(task.leaves) for task in corpus.codebook.tasks.values())
    monkeypatch.setattr("narrashift.training.learning.few.TO_TUNE", 12 / most)
    assert not are_few(corpus, settings=TrainSettings())
    assert are_few(corpus.select(range(11)), settings=TrainSettings())


def test_few_labels_need_passages_too(monkeypatch):
    task = Task(kind="single", labels={name: {"means": name} for name in ("calm", "tense")})
    mood = Codebook(name="own", version="1", tasks={"mood": task})
    corpus = narrashift.from_dataset([{"text": str(i), "mood": "calm"} for i in range(12)], codebook=mood)
    monkeypatch.setattr("narrashift.training.learning.few.TO_TUNE", 5)
    assert are_few(corpus, settings=TrainSettings()), "two labels are reckoned with as three"


def test_heads_see_more_than_the_top_where_nothing_below_learns(corpus_of):
    corpus = passages(corpus_of, 12)
    chosen = [
        with_pooling(TrainSettings(**given), train=corpus)
        for given in ({}, {"tune": "always"}, {"layers": 2}, {"layers": 2, "tune": "always"}, {"pooling": "mean_max"})
    ]
    assert [settings.layers for settings in chosen] == [LAYERS, 1, 2, 2, LAYERS]
    assert [settings.pooling for settings in chosen] == ["mean", "mean_max", "mean", "mean_max", "mean_max"]


def test_every_layer_has_the_same_part_however_large_its_numbers():
    features = np.random.default_rng(0).normal(size=(50, 8)) * np.repeat([0.01, 300.0], 4) + 7
    scaled = Scale.of(features, blocks=2)(features)
    np.testing.assert_allclose((scaled**2).reshape(50, 2, 4).sum(axis=2).mean(axis=0), [0.5, 0.5])
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-9)


def test_a_layer_that_says_nothing_is_left_alone():
    features = np.tile([1.0, 2.0, 3.0, 4.0], (5, 1))
    assert not Scale.of(features, blocks=2)(features).any()


def test_a_bundle_of_few_labels_is_whole_and_the_same_every_time(small_corpus, tiny_settings, tmp_path):
    settings = tiny_settings.model_copy(update={"tune": "auto"})
    bundles = [
        open_bundle(narrashift.train(corpus=small_corpus, out=tmp_path / name, settings=settings).bundle)
        for name in ("one", "two")
    ]
    assert bundles[0].digest == bundles[1].digest
    assert (tmp_path / "one" / "held_out.parquet").exists()
    assert len(bundles[0].json("metrics.json")["epochs"]) == 1
    depth = bundles[0].json("config.json")["encoder"]["num_hidden_layers"]
    assert bundles[0].json("config.json")["layers"] == [depth // 2, depth]
    card = (bundles[0].path / "README.md").read_text("utf-8")
    assert f"as it was, under regressions on the means of its layers {depth // 2}, {depth} that learnt from" in card
    assert bundles[0].decision.tasks["stance"].risks, "90 cross-fitted answers say how wrong they are"
