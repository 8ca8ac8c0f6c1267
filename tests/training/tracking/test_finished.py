"""Scoring and shift runs in MLflow: what they hold, how they are linked, and what happens where tracking fails."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import narrashift
from narrashift.cli import main
from narrashift.model.bundle import open_bundle
from narrashift.serving.settings import ScoreSettings
from narrashift.training.data.splits import split_corpus
from narrashift.training.measuring.evaluation import predict
from narrashift.training.tracking.registry import pinned, run_table
from narrashift.training.tracking.run import Tracking

BROKEN = [{"id": "b1", "text": None, "date": "2022-01-03"}, {"id": "b2", "text": 3.5, "date": "2022-01-03"}]


def run(*arguments: object) -> None:
    """The command, which must end well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["narrashift", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code


@pytest.fixture(scope="module")
def dump(small_rows, tmp_path_factory) -> Path:
    rows = [
        {"id": r["id"], "source": "a.com", "date": str(date(2022, 1, 3) + timedelta(days=i)), "text": r["text"]}
        for i, r in enumerate(small_rows[:60])
    ]
    path = tmp_path_factory.mktemp("dump") / "dump.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *BROKEN]), "utf-8")
    return path


@pytest.fixture(scope="module")
def tracked(store_template, tiny_bundle, small_corpus, dump, tmp_path_factory):
    """A registered model, a dump that it scored in two starts, and the shifts in that, all tracked."""
    import mlflow

    folder = tmp_path_factory.mktemp("traced")
    shutil.copy(store_template, folder / "mlflow.db")
    bundle = shutil.copytree(tiny_bundle, folder / "bundle")
    test = split_corpus(small_corpus).test
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        with Tracking(name="the training") as training:
            training.register(bundle=bundle, test=test, predicted=predict(open_bundle(bundle), test))

        def stop(what: str, done: float, total: float) -> None:
            if done > 40:
                raise KeyboardInterrupt

        patch.setattr("narrashift.serving.chunks.ROWS_AT_ONCE", 4)
        with pytest.raises(KeyboardInterrupt):
            narrashift.score([dump], model=bundle, out="scores", settings=ScoreSettings(part=16), progress=stop)
        before = json.loads(Path("scores/progress.json").read_text("utf-8"))
        run("score", dump, "--model", bundle, "--out", "scores", "--part", 16, "--track")
        run("shift", "scores", "--out", "shifts", "--track")
        client = mlflow.MlflowClient()
        yield SimpleNamespace(
            client=client,
            mlflow=mlflow,
            folder=folder,
            before=before,
            training=training.run_id,
            score=only_run(client, "narrashift/score"),
            shift=only_run(client, "narrashift/shift"),
        )


def only_run(client, experiment):
    [found] = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    return client.get_run(found.info.run_id)


def test_a_finding_is_traced_to_its_scores_their_model_and_the_training(tracked):
    shift, score = tracked.shift.data.tags, tracked.score.data.tags
    [scored_by] = [name.removeprefix("score_run.") for name in shift if name.startswith("score_run.")]
    assert scored_by == tracked.score.info.run_id
    assert shift["model_version"] == score["model_version"] == "narrashift/1"
    version = tracked.client.get_model_version("narrashift", "1")
    assert version.tags["bundle"] == score["bundle"] == open_bundle(tracked.folder / "bundle").digest
    assert shift["training_run"] == score["training_run"] == version.run_id == tracked.training
    note = shift["mlflow.note.content"]
    assert note.startswith("From model [narrashift/1](#/models/narrashift/versions/1); trained in [the training](#/exp")
    assert (
        f"/runs/{tracked.training}); scored in [scores](#/experiments/{tracked.score.info.experiment_id}/runs/" in note
    )
    [used] = tracked.score.inputs.model_inputs
    assert version.source == f"models:/{used.model_id}"


def test_the_training_knows_what_its_model_scored_and_the_scores_their_shifts(tracked):
    training = tracked.client.get_run(tracked.training).data.tags
    assert training[f"score_run.{tracked.score.info.run_id}"] == "scores"
    assert tracked.score.data.tags[f"shift_run.{tracked.shift.info.run_id}"] == "shifts"


def test_the_files_of_a_finding_tell_its_runs_without_the_store(tracked):
    traced = json.loads((tracked.folder / "shifts" / "shifts.json").read_text("utf-8"))["traced"]
    fingerprint = tracked.score.data.tags["fingerprint"]
    told = {"run_id": tracked.score.info.run_id, "model_version": "narrashift/1", "training_run": tracked.training}
    assert traced["scores"] == [{"folder": "scores", "fingerprint": fingerprint, **told}]
    assert json.loads((tracked.folder / "scores" / "tracked.json").read_text("utf-8")) == told
    page = (tracked.folder / "shifts" / "report.html").read_text("utf-8")
    assert f"run {tracked.score.info.run_id}, by model narrashift/1, trained in run {tracked.training}" in page
    own = json.loads((tracked.folder / "shifts" / "tracked.json").read_text("utf-8"))
    assert own == {**told, "run_id": tracked.shift.info.run_id}


def test_a_dump_scored_in_two_starts_is_one_run_with_the_time_of_both(tracked, dump, monkeypatch):
    assert 0 < tracked.before["rows"] < 62 and not tracked.before["done"]
    metrics = tracked.score.data.metrics
    assert metrics["rows"] == 62
    assert metrics["seconds"] > tracked.before["seconds"] > 0
    info = tracked.score.info
    assert info.end_time - info.start_time >= 1000 * metrics["seconds"] - 1
    assert metrics["passages_per_s"] == pytest.approx(metrics["passages"] / metrics["seconds"])
    monkeypatch.chdir(tracked.folder)
    run("score", dump, "--model", "bundle", "--out", "scores", "--part", 16, "--track")
    assert only_run(tracked.client, "narrashift/score").data.metrics == metrics


def test_figures_of_a_score_run_are_those_of_its_folder(tracked, dump):
    metrics, params = tracked.score.data.metrics, tracked.score.data.params
    scores = pd.read_parquet(tracked.folder / "scores" / "parts")
    assert metrics["passages"] == len(scores)
    assert metrics["errors"] == 2
    assert (metrics["errors/the text is missing"], metrics["errors/is no text"]) == (1, 1)
    assert metrics["share/stance/neutral"] == pytest.approx((scores["stance"] == "neutral").mean())
    on = scores["frame"].map(lambda labels: "losses" in labels).mean()
    assert metrics["share/frame/losses"] == pytest.approx(on)
    assert (params["model"], params["model_version"], params["engine"]) == ("bundle", "narrashift/1", "torch")
    [data] = [one.dataset for one in tracked.score.inputs.dataset_inputs]
    assert data.digest == hashlib.sha256(dump.read_bytes()).hexdigest()[:16]
    names = {item.path for item in tracked.client.list_artifacts(tracked.score.info.run_id)}
    assert names == {"run.json", "errors.json"}


def test_a_shift_run_has_its_settings_figures_and_every_file_of_its_folder(tracked):
    folder, metrics = tracked.folder / "shifts", tracked.shift.data.metrics
    content = json.loads((folder / "shifts.json").read_text("utf-8"))
    assert metrics["series"] == len(content["series"]) > 10
    lacking = sum(one["verdict"] == "insufficient data" for one in content["series"])
    assert metrics["insufficient"] == pytest.approx(lacking / len(content["series"]))
    assert metrics["shifts"] == len(content["shifts"])
    assert (tracked.shift.data.params["every"], tracked.shift.data.params["scores"]) == ("week", "scores")
    names = {item.path for item in tracked.client.list_artifacts(tracked.shift.info.run_id)}
    assert names == {file.name for file in folder.iterdir()} - {"tracked.json"}


def test_the_tables_of_such_runs_show_their_figures(tracked):
    for kind, figure in (("score", "share/stance/pro_russia"), ("shift", "shifts")):
        name = f"narrashift/{kind}"
        page = run_table("http://127.0.0.1:5000", experiment=name)
        assert page.endswith("/runs?viewStateShareKey=narrashift")
        view = tracked.client.get_experiment_by_name(name).tags["mlflow.sharedViewState.narrashift"]
        shown = json.loads(view)
        assert f"metrics.`{figure}`" in shown["selectedColumns"] == shown["columnOrder"]


def test_scores_of_an_older_run_are_found_by_what_they_are_of(tracked, tmp_path):
    """A folder that came without `tracked.json`."""
    copy = shutil.copytree(tracked.folder / "scores", tmp_path / "copied")
    (copy / "tracked.json").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tracked.folder)
        run("shift", copy, "--out", tmp_path / "shifts", "--track")
    [own] = json.loads((tmp_path / "shifts" / "shifts.json").read_text("utf-8"))["traced"]["scores"]
    assert (own["run_id"], own["training_run"]) == (tracked.score.info.run_id, tracked.training)


def test_an_alias_is_settled_when_the_run_begins(tracked, monkeypatch):
    monkeypatch.chdir(tracked.folder)
    assert pinned("models:/narrashift@champion") == pinned("models:/narrashift/1") == "models:/narrashift/1"
    with pytest.raises(narrashift.UserError, match="not in the store"):
        pinned("models:/narrashift@nobody")


@pytest.fixture
def scored(tracked, tmp_path, store_template, monkeypatch) -> Path:
    """An untracked copy of the score folder, in a folder with an empty store."""
    shutil.copy(store_template, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    copy = shutil.copytree(tracked.folder / "scores", tmp_path / "scores")
    (copy / "tracked.json").unlink()
    return copy


def test_a_store_that_cannot_be_used_costs_a_line_and_the_same_command_tracks_later(
    tracked, scored, dump, monkeypatch, capsys
):
    command = ("score", dump, "--model", tracked.folder / "bundle", "--part", 16, "--track")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////proc/no/mlflow.db")
    run(*command)
    run("shift", scored, "--out", "shifts", "--track")
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("not tracked; all else is done: ")]
    assert len(said) == 2 and all("/proc/no/mlflow.db" in line and len(line) < 400 for line in said)
    assert not (scored / "tracked.json").exists() and Path("shifts/shifts.json").exists()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    run(*command)
    assert (scored / "tracked.json").exists()


def test_a_run_that_could_not_be_logged_whole_is_not_there(tracked, scored, dump, monkeypatch, capsys):
    import mlflow

    def broken(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mlflow.MlflowClient, "log_artifact", broken)
    run("score", dump, "--model", tracked.folder / "bundle", "--part", 16, "--track")
    assert "No space left on device" in capsys.readouterr().err
    assert not (scored / "tracked.json").exists()
    client = mlflow.MlflowClient()
    assert client.search_runs([client.get_experiment_by_name("narrashift/score").experiment_id]) == []


def test_untracked_runs_know_no_mlflow_and_leave_no_store(tracked, scored, dump, monkeypatch):
    Path("mlflow.db").unlink()
    monkeypatch.setattr("narrashift.training.tracking.finished.track", lambda *_, **__: pytest.fail("tracked"))
    run("score", dump, "--model", tracked.folder / "bundle", "--part", 16, "--no-track")
    run("shift", scored, "--out", "shifts", "--no-track")
    assert not Path("mlflow.db").exists() and not (scored / "tracked.json").exists()
