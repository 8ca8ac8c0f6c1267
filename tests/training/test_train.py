"""A whole training: the bundle it leaves, that it can be repeated, and what it leaves when it fails."""

from __future__ import annotations

import json
import shutil
import stat

import numpy as np
import pytest

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.training.data.splits import split_corpus
from narrashift.training.settings import TrainSettings
from narrashift.training.train import is_from

PARTS = (("train", 60), ("validation", 30), ("test", 30))


@pytest.fixture
def one_epoch(tiny_settings):
    return TrainSettings(**(tiny_settings.model_dump() | {"epochs": 1}))


@pytest.fixture(scope="module")
def again(small_corpus, tiny_settings, tmp_path_factory):
    """The training of `tiny_bundle` once more, after other random numbers were drawn."""
    import torch

    torch.rand(13)
    return narrashift.train(
        corpus=small_corpus, out=tmp_path_factory.mktemp("again") / "other-name", settings=tiny_settings
    )


def test_a_bundle_has_every_part_and_no_pickle(tiny_bundle):
    inside = {str(file.relative_to(tiny_bundle)) for file in tiny_bundle.rglob("*") if file.is_file()}
    assert inside >= {
        "config.json", "model.safetensors", "tokenizer.json", "codebook.toml", "decision.json", "metrics.json",
        "provenance.json", "README.md", "tfidf/config.json", "tfidf/tfidf.skops", "tfidf/decision.json",
    }  # fmt: skip
    assert not [name for name in inside if name.endswith((".pkl", ".bin", ".pt", ".joblib", ".tmp"))]


def test_everybody_who_may_read_a_bundle_may_read_all_of_it(tiny_bundle):
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tiny_bundle.rglob("*") if file.is_file()}
    assert set(modes.values()) == {modes["codebook.toml"]}, modes


def test_a_bundle_tells_nothing_about_the_machine(tiny_bundle, tiny_backbone):
    for file in tiny_bundle.rglob("*"):
        if file.suffix in (".json", ".toml", ".md"):
            assert str(tiny_backbone.parent) not in file.read_text("utf-8"), file.name


def test_a_mirror_adds_to_what_is_learnt_from_and_to_nothing_else(small_corpus, one_epoch, tmp_path):
    mirror = tmp_path / "own.toml"
    mirror.write_text('words = [["a", "the"]]\n[labels.frame]\ngains_ukraine = "gains_russia"\n', "utf-8")
    bundles = []
    for name, named in (("without", "none"), ("with", str(mirror))):
        settings = one_epoch.model_copy(update={"mirror": named})
        bundles.append(narrashift.train(corpus=small_corpus, out=tmp_path / name, settings=settings).bundle)
    without, mirrored = (json.loads((bundle / "provenance.json").read_text("utf-8")) for bundle in bundles)
    assert without["mirror"]["passages"] == 0 < mirrored["mirror"]["passages"] < mirrored["data"]["train"]["passages"]
    assert mirrored["settings"]["mirror"] == "own.toml"
    assert without["data"] == mirrored["data"]
    weights = [(bundle / "model.safetensors").read_bytes() for bundle in bundles]
    assert weights[0] != weights[1]

    split = split_corpus(small_corpus, seed=settings.seed)
    assert is_from(bundles[1], split=split, settings=settings)
    mirror.write_text(mirror.read_text("utf-8").replace("the", "our"), "utf-8")
    assert not is_from(bundles[1], split=split, settings=settings), "the file's name is as it was, its words are not"


def test_a_mirror_that_cannot_be_read_is_told_before_anything_is_written(small_corpus, one_epoch, tmp_path):
    settings = one_epoch.model_copy(update={"mirror": str(tmp_path / "missing.toml")})
    with pytest.raises(narrashift.UserError, match="missing.toml"):
        narrashift.train(corpus=small_corpus, out=tmp_path / "bundle", settings=settings)
    assert list(tmp_path.iterdir()) == []


def test_the_metrics_of_a_bundle_are_strict_json(tiny_bundle):
    metrics = json.loads((tiny_bundle / "metrics.json").read_text(), parse_constant=pytest.fail)
    assert set(metrics) == {"test", "yardstick", "epochs"}
    assert {"macro_f1/stance", "macro_f1/stance_lo", "f1/frame/gains_hi"} <= set(metrics["test"])
    assert [epoch["epoch"] for epoch in metrics["epochs"]] == [1, 2]


def test_they_are_so_too_where_a_task_never_has_a_label(small_rows, corpus_of, one_epoch, tmp_path):
    corpus = corpus_of([row | {"technique": []} for row in small_rows])
    trained = narrashift.train(corpus=corpus, out=tmp_path / "bundle", settings=one_epoch)
    metrics = json.loads((trained.bundle / "metrics.json").read_text(), parse_constant=pytest.fail)
    assert metrics["test"]["macro_f1/technique"] is None


def test_the_provenance_says_how_to_make_the_bundle_again(tiny_bundle, tiny_settings, small_corpus):
    origin = json.loads((tiny_bundle / "provenance.json").read_text())
    assert {part: origin["data"][part]["passages"] for part, _ in PARTS} == dict(PARTS)
    train = small_corpus.select(range(60))
    assert origin["data"]["train"]["digest"] == train.digest
    assert (origin["seed"], origin["split"], origin["device"]) == (0, "column", "cpu")
    changed = {"backbone": tiny_settings.backbone.rsplit("/", 1)[-1]}
    assert origin["settings"] == tiny_settings.model_dump(mode="json") | changed
    assert origin["versions"]["torch"]


def test_the_model_card_has_figures_labels_and_limits(tiny_bundle, codebook):
    card = (tiny_bundle / "README.md").read_text()
    assert card.startswith("---\n")
    for name, task in codebook.tasks.items():
        for label in task.labels:
            assert f"| {name} | `{label}` |" in card
    metrics = json.loads((tiny_bundle / "metrics.json").read_text())
    assert f"| `macro_f1/stance` | {metrics['test']['macro_f1/stance']:.3f} [" in card
    assert "## Limits" in card


def test_long_passages_are_read_in_windows_and_the_bundle_says_so(small_rows, corpus_of, one_epoch, tmp_path):
    corpus = corpus_of([row | {"text": f"{row['text']} " * 4} for row in small_rows])
    settings = one_epoch.model_copy(update={"windows": "auto"})
    trained = narrashift.train(corpus=corpus, out=tmp_path / "bundle", settings=settings)
    windows = json.loads((trained.bundle / "provenance.json").read_text())["windows"]
    assert windows > 2
    assert f"{windows} windows of 64 tokens" in (trained.bundle / "README.md").read_text()
    predictor = narrashift.load(trained.bundle)
    fits, over = predictor.predict(["the " * (62 * windows), "the " * (62 * windows + 1)])
    assert (fits.truncated, over.truncated) == (False, True)


def test_the_same_seed_gives_the_same_bundle(tiny_bundle, again):
    assert open_bundle(again.bundle).digest == open_bundle(tiny_bundle).digest


def test_the_same_data_give_the_same_yardstick(tiny_bundle, again, small_corpus):
    texts = small_corpus.texts[:20]
    first, second = (open_bundle(folder / "tfidf") for folder in (tiny_bundle, again.bundle))
    for task, logits in first.classifier().logits(texts).tasks.items():
        assert (logits == second.classifier().logits(texts).tasks[task]).all(), task
    assert first.digest == second.digest


def test_the_digest_does_not_depend_on_where_the_backbone_lies(
    again, small_corpus, tiny_settings, tiny_backbone, tmp_path
):
    import torch

    elsewhere = shutil.copytree(tiny_backbone, tmp_path / "elsewhere")
    torch.rand(13)
    moved = TrainSettings(**(tiny_settings.model_dump() | {"backbone": str(elsewhere)}))
    trained = narrashift.train(corpus=small_corpus, out=tmp_path / "bundle", settings=moved)
    assert open_bundle(trained.bundle).digest == open_bundle(again.bundle).digest


def test_what_is_handed_back_is_what_was_written(again):
    metrics = json.loads((again.bundle / "metrics.json").read_text())
    assert again.report.flat() == metrics["test"]
    assert again.yardstick.flat() == metrics["yardstick"]
    assert (again.run_id, again.champion) == (None, "not registered: tracking is off")
    assert not again.bundle.with_name("other-name.training").exists()


def test_the_bundle_predicts_what_was_measured(again, small_corpus):
    test = small_corpus.select([i for i, split in enumerate(small_corpus.column("split")) if split == "test"])
    predicted = narrashift.load(again.bundle).predict(test.texts)
    leaves = small_corpus.codebook.tasks["stance"].leaves
    right = [p["stance"] == leaves[t] for p, t in zip(predicted, test.targets["stance"], strict=True)]
    known = test.labelled("stance")
    expected = np.average(np.array(right)[known], weights=test.weights[known])
    assert expected == pytest.approx(again.report.figures["accuracy/stance"].value)


def test_what_lies_at_out_is_not_touched_without_overwrite(small_corpus, one_epoch, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    with pytest.raises(narrashift.UserError, match="exists already.* --overwrite"):
        narrashift.train(corpus=small_corpus, out=tmp_path / "taken", settings=one_epoch)
    assert [file.name for file in tmp_path.rglob("*")] == ["taken", "notes.txt"]


def test_overwrite_replaces_a_bundle_but_no_folder_that_is_none(small_corpus, one_epoch, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    try:
        narrashift.train(corpus=small_corpus, out=tmp_path / "thesis", settings=one_epoch, overwrite=True)
    except narrashift.UserError as error:
        assert "no bundle" in str(error)
    assert (tmp_path / "thesis" / "chapter.txt").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frame": None}, "task frame: no train passage is labelled"),
        ({"stance": "neutral"}, "task stance: every train passage is labelled neutral; two labels are needed"),
    ],
)
def test_a_task_with_nothing_to_learn_is_refused_before_anything_is_written(
    change, message, small_rows, corpus_of, one_epoch, tmp_path
):
    corpus = corpus_of([row | change for row in small_rows])
    with pytest.raises(narrashift.UserError, match=message):
        narrashift.train(corpus=corpus, out=tmp_path / "bundle", settings=one_epoch)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"device": "warp9"}, "warp9"),
        ({"class_weights": {"stance.nobody": 2.0}}, "'stance.nobody' is no task.label"),
        ({"max_tokens": 1_000}, "at most 512 tokens"),
    ],
    ids=["device", "class_weights", "max_tokens"],
)
def test_a_setting_that_cannot_be_used_leaves_nothing_behind(wrong, message, small_corpus, one_epoch, tmp_path):
    settings = TrainSettings(**(one_epoch.model_dump() | wrong))
    with pytest.raises(narrashift.UserError, match=message):
        narrashift.train(corpus=small_corpus, out=tmp_path / "bundle", settings=settings)
    assert list(tmp_path.iterdir()) == []


def test_resume_without_an_interrupted_run(small_corpus, one_epoch, tmp_path):
    with pytest.raises(narrashift.UserError, match="no interrupted run"):
        narrashift.train(corpus=small_corpus, out=tmp_path / "bundle", settings=one_epoch, resume=True)


@pytest.mark.parametrize("stage", ["measuring", "logging"])
def test_ctrl_c_after_the_last_epoch_can_be_resumed_too(stage, small_corpus, one_epoch, tmp_path):
    def ctrl_c(what, done, total):
        if what.startswith(stage):
            raise KeyboardInterrupt

    arguments = {"corpus": small_corpus, "out": tmp_path / "bundle", "settings": one_epoch}
    with pytest.raises(KeyboardInterrupt):
        narrashift.train(**arguments, progress=ctrl_c)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    trained = narrashift.train(**arguments, resume=True)
    assert open_bundle(trained.bundle).digest
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
