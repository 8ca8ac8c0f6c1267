"""A tracked training: what MLflow holds of it, who becomes champion, and what the registered model answers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.model.errors import Interrupted
from narrashift.training.data.splits import split_corpus
from narrashift.training.measuring.evaluation import Predictions, evaluate, predict, truth
from narrashift.training.tracking.registry import fetch_bundle, open_store
from narrashift.training.tracking.run import Tracking

CHAMPION = "models:/narrashift@champion"


@pytest.fixture
def store(store_template, tmp_path, monkeypatch):
    """An empty tracking store in `tmp_path`, which is the current folder."""
    import mlflow

    shutil.copy(store_template, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    yield mlflow
    while mlflow.active_run():
        mlflow.end_run()


def certain(corpus):
    """Predictions that are all right."""
    on = {name: truth(corpus, name) for name in corpus.codebook.tasks}
    return Predictions(probabilities={name: values.astype(float) for name, values in on.items()}, on=on)


@pytest.fixture(scope="module")
def tracked(store_template, small_corpus, tiny_settings, tmp_path_factory):
    """A tracked training, and then a worse model that was registered after it."""
    import mlflow
    import torch

    folder = tmp_path_factory.mktemp("codebook-study")  # a folder's name must not be read as an error
    shutil.copy(store_template, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        trained = narrashift.train(
            corpus=small_corpus, out=folder / "first-model", settings=tiny_settings, tracking=Tracking
        )
        client = mlflow.MlflowClient()
        test = split_corpus(small_corpus).test

        worse = shutil.copytree(trained.bundle, folder / "worse")
        network = open_bundle(worse).network()
        with torch.no_grad():
            for head in network.heads.values():
                head.weight.zero_()
                head.bias.fill_(-20)
            rarest = np.bincount(test.targets["stance"], minlength=3).argmin()
            next(iter(network.heads.values())).bias[rarest] = 20
        network.save_pretrained(worse)
        report = evaluate(bundle=worse, corpus=test, resamples=1)
        assert report.score < trained.report.score
        with Tracking(name="worse") as run:
            said = run.register(bundle=worse, test=test, predicted=predict(open_bundle(worse), test))
        yield SimpleNamespace(
            trained=trained,
            client=client,
            run=client.get_run(trained.run_id),
            test=test,
            said_of_worse=said,
            mlflow=mlflow,
        )


def test_the_run_is_finished_and_has_its_settings_as_parameters(tracked, tiny_settings):
    data, info = tracked.run.data, tracked.run.info
    assert (info.status, info.run_name) == ("FINISHED", "first-model-seed0")
    expected = tiny_settings.model_dump(mode="json") | {"backbone": tiny_settings.backbone.rsplit("/", 1)[-1]}
    expected |= {"split": "column", "codebook": "war-narratives 1.0", "train_passages": 60}
    assert data.params == {name: str(value) for name, value in expected.items()}


def test_every_final_figure_is_a_metric_with_its_interval(tracked):
    metrics = tracked.run.data.metrics
    for prefix, report in (("test", tracked.trained.report), ("yardstick", tracked.trained.yardstick)):
        for name, value in report.flat().items():
            assert metrics.get(f"{prefix}/{name}") == value, name
    assert metrics["test/f1/frame/gains_lo"] <= metrics["test/f1/frame/gains"] <= metrics["test/f1/frame/gains_hi"]
    assert metrics["test/score"] == tracked.trained.report.score


def test_every_epoch_is_a_step(tracked):
    for name in ("train/loss", "validation/loss", "validation/macro_f1", "validation/macro_f1/frame"):
        assert [point.step for point in tracked.client.get_metric_history(tracked.run.info.run_id, name)] == [1, 2], (
            name
        )


def test_the_data_are_inputs_with_their_digests(tracked, small_corpus):
    split = split_corpus(small_corpus)
    found = {i.tags[0].value: (i.dataset.name, i.dataset.digest) for i in tracked.run.inputs.dataset_inputs}
    assert found == {part: (part, getattr(split, part).digest) for part in ("train", "validation", "test")}


def test_the_logged_model_has_the_figures_of_its_run(tracked):
    [output] = tracked.run.outputs.model_outputs
    found = {metric.key: metric.value for metric in tracked.client.get_logged_model(output.model_id).metrics}
    assert found["test/macro_f1/stance"] == tracked.run.data.metrics["test/macro_f1/stance"]


def test_figures_settings_and_worst_errors_are_artifacts(tracked, codebook, tiny_backbone):
    run_id = tracked.run.info.run_id
    names = {item.path for item in tracked.client.list_artifacts(run_id)}
    assert {"figures", "worst_errors.html", "worst_errors.json", "settings.toml", "codebook.toml"} <= names
    for kind in ("confusion", "precision_recall", "reliability"):
        drawn = {item.path for item in tracked.client.list_artifacts(run_id, f"figures/{kind}")}
        assert drawn == {f"figures/{kind}/{task}.png" for task in codebook.tasks}
    table = json.loads(open(tracked.client.download_artifacts(run_id, "worst_errors.json")).read())  # noqa: PTH123, SIM115
    assert table["columns"] == ["task", "text", "true", "decided", "sureness", "id", "source"]
    assert 0 < len(table["data"]) <= 100
    sureness = [row[4] for row in table["data"]]
    assert sureness == sorted(sureness, reverse=True)


def test_no_artifact_tells_where_the_backbone_lies(tracked, tiny_backbone):
    path = tracked.client.download_artifacts(tracked.run.info.run_id, "settings.toml")
    with open(path) as file:  # noqa: PTH123
        assert str(tiny_backbone) not in file.read()


def test_the_first_model_is_champion_and_a_worse_one_does_not_take_its_place(tracked):
    assert tracked.trained.champion == "narrashift version 1, the champion: there was none before"
    said = "narrashift version 2, not the champion: compared with version 1 on the same passages, "
    assert tracked.said_of_worse.startswith(said)
    assert tracked.client.get_model_version_by_alias("narrashift", "champion").version in ("1", 1)
    assert tracked.run.data.tags["champion"] == "yes"


def test_the_fetched_champion_is_the_bundle_that_was_trained(tracked):
    assert open_bundle(fetch_bundle(CHAMPION)).digest == open_bundle(tracked.trained.bundle).digest
    assert open_bundle(fetch_bundle("models:/narrashift/1")).digest == open_bundle(tracked.trained.bundle).digest


def test_the_registered_model_answers_exactly_as_the_bundle(tracked):
    texts = [*tracked.test.texts[:12], "Ще одне речення.", "x " * 500]
    model = tracked.mlflow.pyfunc.load_model(CHAMPION)
    answers = model.predict(pd.DataFrame({"text": texts}))
    expected = narrashift.load(tracked.trained.bundle).predict(texts)
    for row, prediction in zip(answers.to_dict("records"), expected, strict=True):
        for task, labels in prediction.probabilities.items():
            for label, value in labels.items():
                assert row[f"{task}.{label}"] == value
        assert row["stance"] == prediction["stance"]
        assert row["frame"] == "|".join(prediction["frame"])
    assert set(answers.columns) == set(model.metadata.signature.outputs.input_names())


def test_the_registered_model_takes_a_list_of_texts_too(tracked):
    model = tracked.mlflow.pyfunc.load_model(CHAMPION)
    texts = tracked.test.texts[:2]
    pd.testing.assert_frame_equal(model.predict(texts), model.predict(pd.DataFrame({"text": texts})))


@pytest.mark.slow
def test_the_registered_model_answers_where_narrashift_is_not_installed(tracked, tmp_path):
    """In a process that finds neither the package installed nor the repository."""
    folder = tracked.mlflow.artifacts.download_artifacts(CHAMPION, dst_path=str(tmp_path))
    texts = tracked.test.texts[:3]
    code = f"""
import sys
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
import mlflow
answers = mlflow.pyfunc.load_model({folder!r}).predict({texts!r})
import narrashift
assert "narrashift.zip" in narrashift.__file__, narrashift.__file__
print(answers["stance"].tolist())
"""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    expected = [prediction["stance"] for prediction in narrashift.load(tracked.trained.bundle).predict(texts)]
    assert ended.stdout.splitlines()[-1] == str(expected)


@pytest.mark.parametrize(
    "name", ["models:/narrashift@nobody", "models:/narrashift/99", "models:/narrashift", "models:/x@y", "models:/"]
)
def test_a_model_that_is_not_in_the_store(name, tracked):
    with pytest.raises(narrashift.UserError) as caught:
        fetch_bundle(name)
    assert caught.value.problems[0].startswith(f"{name}: ")
    assert len(caught.value.lines()) == 1


def test_the_commands_take_the_champion_by_its_name(tracked, command, small_file):
    shown = command("evaluate", CHAMPION, small_file, "--split", "test", "--json")
    assert shown.code == 0, shown.err
    assert json.loads(shown.out) == tracked.trained.report.flat()


@pytest.mark.slow
def test_a_better_model_takes_the_alias_and_an_unreadable_champion_loses_it(tracked):
    better = tracked.trained.bundle / "tfidf"
    assert tracked.trained.yardstick.score > tracked.trained.report.score
    with Tracking(name="better") as run:
        perfect = certain(tracked.test)
        said = run.register(bundle=better, test=tracked.test, predicted=perfect)
    assert said.startswith("narrashift version 3, the champion: mean macro-F1")
    assert open_bundle(fetch_bundle(CHAMPION)).digest == open_bundle(better).digest

    (fetch_bundle(CHAMPION) / "decision.json").unlink()
    with Tracking(name="after the damage") as run:
        said = run.register(bundle=tracked.trained.bundle, test=tracked.test, predicted=tracked.trained.predicted)
    assert said == "narrashift version 4, the champion: version 3 cannot be opened any more"


@pytest.mark.slow
def test_a_run_that_ctrl_c_stopped_is_killed_and_resumed_as_the_same_run(store, small_corpus, tiny_settings, tmp_path):
    def ctrl_c(what, done, total):
        if what.startswith("epoch") and done == 9:
            signal.raise_signal(signal.SIGINT)

    arguments = {"corpus": small_corpus, "out": tmp_path / "bundle", "settings": tiny_settings, "tracking": Tracking}
    with pytest.raises(Interrupted):
        narrashift.train(**arguments, progress=ctrl_c)
    [killed] = store.search_runs(experiment_names=["narrashift"], output_format="list")
    assert killed.info.status == "KILLED"
    trained = narrashift.train(**arguments, resume=True)
    [run] = store.search_runs(experiment_names=["narrashift"], output_format="list")
    assert (run.info.run_id, run.info.status) == (trained.run_id, "FINISHED")
    assert trained.run_id == killed.info.run_id
    assert len(run.inputs.dataset_inputs) == 3
    steps = [point.step for point in store.MlflowClient().get_metric_history(trained.run_id, "validation/loss")]
    assert steps == [1, 2]


def test_an_error_ends_the_run_as_failed(store):
    with pytest.raises(ZeroDivisionError), Tracking(name="broken") as run:
        raise ZeroDivisionError
    assert store.get_run(run.run_id).info.status == "FAILED"


def test_a_run_that_is_not_in_the_store_any_more_is_explained(store):
    with pytest.raises(narrashift.UserError, match="--resume"), Tracking(run_id="0123456789abcdef"):
        pass


def test_artifacts_lie_beside_a_database_that_is_named_relatively(store, tmp_path):
    open_store("sqlite:///mlflow.db")
    place = store.get_experiment_by_name("narrashift").artifact_location
    assert place == (tmp_path / "mlartifacts").as_uri()


@pytest.mark.parametrize(
    "uri", ["file:///tmp/mlruns", "nonsense://x", "sqlite:///notes.txt", "sqlite:////proc/no/mlflow.db"]
)
def test_a_store_that_cannot_be_used_is_one_line(uri, store, tmp_path):
    (tmp_path / "notes.txt").write_text("no database, " * 100)
    with pytest.raises(narrashift.UserError, match="this tracking store cannot be used") as caught:
        open_store(uri)
    assert len(caught.value.lines()) == 1
    assert uri in str(caught.value)


def test_a_model_is_not_looked_for_where_there_is_no_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(narrashift.UserError, match="there is no tracking store at .*mlflow.db"):
        fetch_bundle(CHAMPION)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def two_versions(tracked, monkeypatch):
    """The tracked store with version 1 as the champion, whatever other tests did."""
    monkeypatch.chdir(tracked.trained.bundle.parent)
    tracked.client.set_registered_model_alias("narrashift", "champion", "1")
    return tracked


def champion_of(tracked):
    return str(tracked.client.get_model_version_by_alias("narrashift", "champion").version)


def test_promote_says_why_a_worse_model_stays_out_and_changes_nothing(two_versions, command, small_file):
    ended = command("promote", "models:/narrashift/2", small_file, "--allow-leaks")
    assert ended.code == 2
    assert "it is worse overall: mean macro-F1 -" in ended.err
    assert ended.lines[-1].endswith("version 1 stays the champion.")
    assert champion_of(two_versions) == "1"


def test_promote_sets_the_alias_where_the_gate_is_open(two_versions, command, small_file):
    two_versions.client.set_registered_model_alias("narrashift", "champion", "2")
    ended = command("promote", "models:/narrashift/1", small_file, "--allow-leaks", "--margin", 0.99)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-1] == "narrashift version 1 is the champion; it was version 2"
    assert champion_of(two_versions) == "1"


def test_promote_refuses_passages_that_the_model_has_seen(two_versions, command, small_file):
    ended = command("promote", "models:/narrashift/2", small_file)
    assert ended.code == 2
    assert "was trained or fitted on 90 of these 120 passages" in ended.err


@pytest.mark.parametrize("name", ["models:/narrashift/99", "models:/other/1", "models:/narrashift@nobody", "bundle"])
def test_promote_needs_a_version_that_is_there(name, two_versions, command, small_file):
    ended = command("promote", name, small_file)
    assert ended.code == 2
    assert len(ended.lines) == 1 and ended.err.startswith(name)
    assert champion_of(two_versions) == "1"


def test_runs_are_compared_and_the_newest_gets_the_page(two_versions, command, small_file, tmp_path):
    runs = {run.info.run_name: run.info.run_id for run in two_versions.mlflow.search_runs(output_format="list")}
    out = tmp_path / "page.html"
    ended = command(
        "compare", "first-model-seed0", runs["worse"][:12], "--data", small_file, "--split", "test", "--out", out
    )
    assert ended.code == 0, ended.err
    assert ended.out.strip().endswith("and as artifacts of the newest run")
    names = {item.path for item in two_versions.client.list_artifacts(runs["worse"], "comparisons")}
    assert names == {"comparisons/page.html", "comparisons/page.md"}
