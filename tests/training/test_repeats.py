"""Several trainings over seeds and folds: what is shared, what differs, and what is said of the spread."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import narrashift
from narrashift.model.errors import Interrupted
from narrashift.training.repeats import repeat, spread
from narrashift.training.settings import TrainSettings
from narrashift.training.tracking.run import Tracking


@pytest.fixture(scope="module")
def settings(tiny_settings):
    return TrainSettings(**(tiny_settings.model_dump() | {"epochs": 1}))


@pytest.fixture(scope="module")
def undivided(small_corpus):
    columns = {name: values for name, values in small_corpus.columns.items() if name != "split"}
    return type(small_corpus)(small_corpus.codebook, small_corpus.texts, small_corpus.targets, columns)


@pytest.fixture(scope="module")
def over_seeds(undivided, settings, tmp_path_factory):
    out = tmp_path_factory.mktemp("seeds") / "runs"
    return repeat(corpus=undivided, out=out, settings=settings, seeds=3)


@pytest.fixture(scope="module")
def over_folds(undivided, settings, tmp_path_factory):
    out = tmp_path_factory.mktemp("folds") / "runs"
    return repeat(corpus=undivided, out=out, settings=settings, folds=3, kind="random")


def test_the_spread_is_that_of_the_sample():
    found = spread([0.5, 0.7, float("nan"), 0.9])
    assert (found.mean, found.least, found.most, found.count) == (pytest.approx(0.7), 0.5, 0.9, 3)
    assert found.deviation == pytest.approx(np.std([0.5, 0.7, 0.9], ddof=1))
    assert str(found) == "0.700 ± 0.200 (0.500 … 0.900)"
    assert str(spread([float("nan")])) == "–"


def test_seeds_share_one_split_and_differ_in_training(over_seeds):
    trained = list(over_seeds.trained.values())
    assert list(over_seeds.trained) == ["seed-0", "seed-1", "seed-2"]
    assert len({one.test.digest for one in trained}) == 1
    probabilities = [one.predicted.probabilities["stance"] for one in trained]
    assert not np.allclose(probabilities[0], probabilities[1])
    assert over_seeds.pooled is None


def test_every_seed_leaves_a_bundle_and_the_summary_has_their_figures(over_seeds):
    summary = json.loads((over_seeds.folder / "summary.json").read_text())
    assert summary["repetitions"] == ["seed-0", "seed-1", "seed-2"]
    own = []
    for name in summary["repetitions"]:
        narrashift.load(over_seeds.folder / name)
        own.append(json.loads((over_seeds.folder / name / "metrics.json").read_text())["test"]["macro_f1/stance"])
    assert summary["figures"]["macro_f1/stance"]["mean"] == pytest.approx(np.mean(own), abs=1e-5)
    assert summary["figures"]["macro_f1/stance"]["deviation"] == pytest.approx(np.std(own, ddof=1), abs=1e-5)
    assert summary["yardstick"]["macro_f1/stance"]["deviation"] == pytest.approx(0, abs=1e-9)


def test_folds_test_every_passage_once_and_are_pooled(over_folds, undivided):
    tested = [text for one in over_folds.trained.values() for text in one.test.texts]
    assert sorted(tested) == sorted(undivided.texts)
    assert over_folds.pooled.passages == len(undivided)
    folds = over_folds.trained.values()
    hits = np.concatenate([one.predicted.on["stance"].argmax(1) == one.test.targets["stance"] for one in folds])
    of = dict(zip(undivided.texts, undivided.weights, strict=True))
    weights = [of[text] for one in folds for text in one.test.texts]
    assert over_folds.pooled.figures["accuracy/stance"].value == pytest.approx(np.average(hits, weights=weights))


def test_seeds_and_folds_together_are_all_pairs_of_them(undivided, settings, tmp_path):
    repeated = repeat(corpus=undivided, out=tmp_path / "runs", settings=settings, folds=2, seeds=2)
    assert list(repeated.trained) == ["fold-0-seed-0", "fold-0-seed-1", "fold-1-seed-0", "fold-1-seed-1"]
    assert repeated.pooled is None


def test_stopped_between_two_trainings_it_goes_on_with_the_finished_ones(undivided, settings, over_seeds, tmp_path):
    def stop(what, done, total):
        if "seed-1, 2 of 3" in what:
            raise Interrupted

    arguments = {"corpus": undivided, "out": tmp_path / "runs", "settings": settings, "seeds": 3}
    with pytest.raises(Interrupted):
        repeat(**arguments, progress=stop)
    said = []
    resumed = repeat(**arguments, resume=True, progress=lambda what, done, total: said.append(what))
    assert not [what for what in said if "seed-0" in what]
    for name, figure in over_seeds.figures.items():
        assert resumed.figures[name].mean == pytest.approx(figure.mean, abs=1e-6, nan_ok=True)


def test_the_weights_of_the_corpus_are_taken_along_when_folds_are_pooled(settings, codebook, small_rows, tmp_path):
    rows = [{key: value for key, value in row.items() if key != "split"} for row in small_rows]
    heavy = [row | {"weight": 50 if row["stance"] == "neutral" else 1} for row in rows]
    repeated = repeat(
        corpus=narrashift.from_dataset(heavy, codebook=codebook), out=tmp_path / "r", settings=settings, folds=2
    )
    on = np.concatenate([one.predicted.on["stance"].argmax(1) for one in repeated.trained.values()])
    truth = np.concatenate([one.test.targets["stance"] for one in repeated.trained.values()])
    weights = np.where(truth == 2, 50, 1)
    figure = repeated.pooled.figures["accuracy/stance"].value
    assert figure == pytest.approx(np.average(on == truth, weights=weights), abs=1e-6)


@pytest.mark.parametrize(("options", "message"), [({"seeds": 1}, "no spread"), ({"folds": 1}, "at least 1 seed")])
def test_too_few_are_refused(options, message, undivided, settings, tmp_path):
    with pytest.raises(narrashift.UserError, match=message):
        repeat(corpus=undivided, out=tmp_path / "runs", settings=settings, **options)
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_mean_and_spread(command, small_file, settings, tmp_path):
    (tmp_path / "s.toml").write_text(settings.to_toml())
    ended = command(
        "train", small_file, "--config", tmp_path / "s.toml", "--out", tmp_path / "runs", "--seeds", 2, "--no-track"
    )
    assert ended.code == 0, ended.err
    assert "2 trainings: mean ± standard deviation (least … most)" in ended.out
    assert "macro_f1/stance" in ended.out and " ± " in ended.out
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["seed-0", "seed-1", "summary.json"]


@pytest.mark.slow
def test_trainings_lie_below_one_run_that_has_mean_and_spread(
    undivided, settings, over_seeds, store_template, tmp_path, monkeypatch
):
    import mlflow

    shutil.copy(store_template, tmp_path / "mlflow.db")
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    repeat(corpus=undivided, out=tmp_path / "study", settings=settings, seeds=3, tracking=Tracking)
    runs = mlflow.search_runs(search_all_experiments=True, output_format="list")
    [parent] = [run for run in runs if run.info.run_name == "study"]
    children = {run.info.run_name for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id}
    assert children == {"seed-0-seed0", "seed-1-seed1", "seed-2-seed2"}
    figure = over_seeds.figures["macro_f1/stance"]
    assert parent.data.metrics["test/mean/macro_f1/stance"] == pytest.approx(figure.mean, abs=1e-6)
    assert parent.data.metrics["test/sd/macro_f1/stance"] == pytest.approx(figure.deviation, abs=1e-6)
    assert parent.data.params["seeds"] == "3"
    assert not mlflow.MlflowClient(tracking_uri=store, registry_uri=store).search_registered_models()
