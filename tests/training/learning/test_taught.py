"""Going on from a bundle: what is taken over, what is refused, and that nothing seen is measured."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.model.codebook import Codebook, Task
from narrashift.model.errors import UserError
from narrashift.training.learning.backbone import load_backbone
from narrashift.training.learning.taught import Said, begin_from, bundle_of
from narrashift.training.origin import for_similarity
from narrashift.training.settings import TrainSettings

IDS, MASK = torch.tensor([[2, 10, 11, 12, 13, 3]]), torch.ones((1, 6), dtype=torch.long)


def part_of(corpus, split, at=slice(None)):
    """Passages of a split, without the column that says so."""
    chosen = corpus.select([i for i, name in enumerate(corpus.column("split")) if name == split][at])
    return replace(chosen, columns={name: values for name, values in chosen.columns.items() if name != "split"})


def begun(bundle, codebook, **options):
    options = {"max_tokens": 64, "dropout": 0.1, "pooling": "mean_max"} | options
    return begin_from(open_bundle(bundle), codebook=codebook, **options).eval()


@pytest.mark.parametrize("layers", [1, 2])
def test_a_task_of_the_same_labels_is_told_as_the_bundle_told_it(tiny_bundle, codebook, layers):
    before = open_bundle(tiny_bundle).network().eval()
    before.lexical = None
    network = begun(tiny_bundle, codebook, layers=layers)
    assert network.taught == tuple(codebook.tasks)
    for task, logits in before(IDS, MASK).items():
        torch.testing.assert_close(network(IDS, MASK)[task], logits)


def test_labels_are_found_by_name_and_other_tasks_begin_afresh(tiny_bundle, codebook):
    stance = codebook.tasks["stance"]
    turned = Task(kind="single", means=stance.means, labels=dict(reversed(stance.labels.items())))
    own = Codebook(name="own", version="1", tasks={"stance": turned, "frame": stance})
    network, before = begun(tiny_bundle, own), begun(tiny_bundle, codebook)
    assert network.taught == ("stance",)
    torch.testing.assert_close(network(IDS, MASK)["stance"], before(IDS, MASK)["stance"].flip(1))


def test_a_head_that_saw_more_layers_than_now_is_not_taken(tiny_bundle, codebook, tmp_path, small_corpus):
    settings = TrainSettings(backbone=str(tiny_bundle), max_tokens=32, lexical=0, tune="never")
    narrashift.train(corpus=small_corpus, out=tmp_path / "few", settings=settings, allow_leaks=True)
    assert begun(tmp_path / "few", codebook, layers=1).taught == ()
    assert begun(tmp_path / "few", codebook, layers=3, pooling="mean").taught == ()
    assert begun(tmp_path / "few", codebook, layers=3).taught == tuple(codebook.tasks)


def test_few_labels_keep_the_pooling_that_the_bundle_was_taught_with(tiny_bundle, small_corpus, tmp_path):
    settings = TrainSettings(backbone=str(tiny_bundle), max_tokens=32, lexical=0, tune="never")
    trained = narrashift.train(corpus=small_corpus, out=tmp_path / "few", settings=settings, allow_leaks=True)
    before, network = (open_bundle(path).network() for path in (tiny_bundle, trained.bundle))
    assert network.config.pooling == before.config.pooling == "mean_max"
    assert set(before.pooled) < set(network.pooled)


def test_what_a_regression_makes_of_the_columns_is_added_to_the_head_exactly():
    rng = np.random.default_rng(0)
    features, weights = rng.normal(size=(20, 6)).astype(np.float32), rng.normal(size=(3, 3)).astype(np.float32)
    old, head = nn.Linear(6, 3), nn.Linear(6, 3)
    said = Said.by(old, features)
    begun = head(torch.from_numpy(features)).detach().numpy()
    said.add_to(head, weights=weights)
    found = head(torch.from_numpy(features)).detach().numpy()
    np.testing.assert_allclose(found, begun + said.columns @ weights.T, atol=1e-4)


def test_it_is_not_measured_on_what_the_bundle_has_seen(tiny_bundle, small_corpus, tmp_path):
    first, last = part_of(small_corpus, "test", slice(0, 15)), part_of(small_corpus, "test", slice(15, 30))
    known = part_of(small_corpus, "train")
    settings = TrainSettings(backbone=str(tiny_bundle), max_tokens=32)
    with pytest.raises(UserError, match="was trained or fitted on 60 of these 60 passages"):
        narrashift.train(corpus=first, validation=last, test=known, out=tmp_path / "own", settings=settings)
    assert not (tmp_path / "own").exists()


def test_the_next_bundle_has_seen_what_the_first_saw_and_says_where_it_comes_from(tiny_bundle, small_corpus, tmp_path):
    settings = TrainSettings(backbone=str(tiny_bundle), max_tokens=32)
    parts = {
        name: part_of(small_corpus, "test", at)
        for name, at in (("corpus", slice(0, 12)), ("validation", slice(12, 20)), ("test", slice(20, 30)))
    }
    bundle = narrashift.train(**parts, out=tmp_path / "own", settings=settings, allow_leaks=True).bundle
    first, own = ((folder / "seen.txt").read_text().split() for folder in (tiny_bundle, bundle))
    assert len(set(own) - set(first)) == 20
    assert set(first) < set(own)
    assert open_bundle(bundle).json("provenance.json")["backbone"] == {"digest": open_bundle(tiny_bundle).digest}
    assert f"(`{open_bundle(tiny_bundle).digest}`)" in (bundle / "README.md").read_text("utf-8")
    assert not (bundle / "reference.parquet").exists(), "the backbone that the first was made of is not at hand"


def test_a_bundle_that_does_not_say_what_it_was_made_of_is_no_measure_of_likeness(tiny_bundle, tmp_path):
    copied = shutil.copytree(tiny_bundle, tmp_path / "copy")
    assert for_similarity(str(copied)) is None
    (copied / "provenance.json").unlink()
    assert for_similarity(str(copied)) is None


def test_a_yardstick_has_no_encoder(tiny_bundle, codebook):
    with pytest.raises(UserError, match="a TF-IDF bundle has no encoder"):
        bundle_of(str(tiny_bundle / "tfidf"))
    with pytest.raises(UserError, match="a TF-IDF bundle has no encoder"):
        load_backbone(TrainSettings(backbone=str(tiny_bundle / "tfidf")), codebook=codebook)


def test_a_damaged_bundle_is_told_as_such(tiny_bundle, codebook, tmp_path):
    (tmp_path / "codebook.toml").write_text("[codebook]")
    with pytest.raises(UserError, match="no bundle here"):
        load_backbone(TrainSettings(backbone=str(tmp_path)), codebook=codebook)
