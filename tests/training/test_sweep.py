"""A sweep: what it chooses, what it survives, and how it goes on."""

from __future__ import annotations

import multiprocessing
import shutil
import tomllib

import optuna
import pytest

import narrashift
from narrashift.model.errors import Interrupted, UserError
from narrashift.training import sweep as module
from narrashift.training.data.splits import split_corpus
from narrashift.training.settings import TrainSettings
from narrashift.training.space import Range
from narrashift.training.sweep import sweep

SPACE = {"learning_rate": Range(low=1e-4, high=1e-3, log=True), "batch": [8, 16]}
STATES = optuna.trial.TrialState


@pytest.fixture(scope="module")
def split(small_corpus):
    return split_corpus(small_corpus)


@pytest.fixture
def arguments(split, tiny_settings, tmp_path):
    one_epoch = TrainSettings(**(tiny_settings.model_dump() | {"epochs": 1}))
    return {
        "split": split,
        "out": tmp_path / "best.toml",
        "study": tmp_path / "s.db",
        "settings": one_epoch,
        "space": SPACE,
    }


def trials_of(path):
    return optuna.load_study(study_name="narrashift", storage=f"sqlite:///{path}").trials


def test_the_best_trial_by_validation_becomes_settings_that_train_takes(arguments, tmp_path):
    found = sweep(**arguments, trials=3)
    trials = trials_of(tmp_path / "s.db")
    best = max(trials, key=lambda trial: trial.value)
    assert (found.trial, found.score, found.finished) == (best.number, pytest.approx(best.value), 3)
    read = TrainSettings.read(tmp_path / "best.toml")
    assert read == found.settings
    assert (read.learning_rate, read.batch) == (best.params["learning_rate"], best.params["batch"])
    assert read.epochs == 1 and tomllib.loads((tmp_path / "best.toml").read_text())["backbone"]


def test_the_same_call_adds_only_what_is_missing(arguments, tmp_path):
    sweep(**arguments, trials=2)
    first = [(t.number, t.value) for t in trials_of(tmp_path / "s.db")]
    sweep(**arguments, trials=2)
    assert [(t.number, t.value) for t in trials_of(tmp_path / "s.db")] == first
    sweep(**arguments, trials=3)
    assert [(t.number, t.value) for t in trials_of(tmp_path / "s.db")][:2] == first
    assert len(trials_of(tmp_path / "s.db")) == 3


def test_a_crashed_trial_is_recorded_with_its_reason_and_does_not_end_the_sweep(arguments, tmp_path, monkeypatch):
    real = module._train_once

    def crash_once(trial, **options):
        if trial.number == 1:
            raise RuntimeError("out of memory\nand more")
        return real(trial, **options)

    monkeypatch.setattr(module, "_train_once", crash_once)
    found = sweep(**arguments, trials=3)
    assert (found.finished, found.failed) == (2, 1)
    failed = trials_of(tmp_path / "s.db")[1]
    assert (failed.state, failed.user_attrs["error"]) == (STATES.FAIL, "RuntimeError: out of memory")


def test_when_every_trial_fails_the_reason_is_said(arguments, monkeypatch):
    def crash(trial, **options):
        raise ValueError("broken backbone")

    monkeypatch.setattr(module, "_train_once", crash)
    with pytest.raises(narrashift.UserError, match=r"no trial finished \(ValueError: broken backbone\)"):
        sweep(**arguments, trials=2)


def test_a_trial_below_the_others_is_pruned(arguments, tmp_path, monkeypatch):
    def scripted(trial, **options):
        for epoch in range(1, 4):
            trial.report(0.1 if trial.number == 5 else 0.5 + 0.01 * trial.number, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return 0.5

    monkeypatch.setattr(module, "_train_once", scripted)
    found = sweep(**arguments, trials=6)
    assert (found.finished, found.pruned) == (5, 1)
    assert trials_of(tmp_path / "s.db")[5].state == STATES.PRUNED


def test_ctrl_c_ends_it_and_the_same_settings_are_tried_again(arguments, tmp_path, monkeypatch):
    real = module._train_once

    def stop(trial, **options):
        if trial.number == 1:
            raise Interrupted
        return real(trial, **options)

    monkeypatch.setattr(module, "_train_once", stop)
    with pytest.raises(Interrupted):
        sweep(**arguments, trials=3)
    assert (tmp_path / "best.toml").exists()
    found = sweep(**arguments, trials=3)
    trials = trials_of(tmp_path / "s.db")
    assert found.finished == 3
    assert trials[2].params == trials[1].params and trials[1].state == STATES.FAIL


def leave_a_trial_running(path):
    study = optuna.load_study(study_name="narrashift", storage=f"sqlite:///{path}")
    trial = study.ask()
    trial.suggest_float("learning_rate", 1e-4, 1e-3, log=True)
    trial.suggest_categorical("batch", [8, 16])
    trial.set_user_attr("process", module._process())


def test_a_trial_whose_process_was_killed_is_tried_again(arguments, tmp_path):
    sweep(**arguments, trials=1)
    killed = multiprocessing.get_context("spawn").Process(target=leave_a_trial_running, args=(tmp_path / "s.db",))
    killed.start()
    killed.join()
    assert trials_of(tmp_path / "s.db")[1].state == STATES.RUNNING
    found = sweep(**arguments, trials=2)
    trials = trials_of(tmp_path / "s.db")
    assert (trials[1].state, trials[2].params) == (STATES.FAIL, trials[1].params)
    assert found.finished == 2


def test_a_study_of_other_data_or_settings_is_refused(arguments, small_corpus):
    sweep(**arguments, trials=1)
    for changed, name in (
        ({"settings": arguments["settings"].model_copy(update={"dropout": 0.2})}, "settings"),
        ({"space": {"batch": [8]}}, "space"),
        ({"split": split_corpus(small_corpus, kind="random", seed=3)}, "train"),
    ):
        with pytest.raises(narrashift.UserError, match=f"this study is of another {name}"):
            sweep(**(arguments | changed), trials=2)


def test_a_file_that_is_no_study_is_refused(arguments, tmp_path):
    (tmp_path / "s.db").write_text("not a database, but long enough to be one " * 50)
    with pytest.raises(narrashift.UserError, match="no study can be kept here"):
        sweep(**arguments, trials=1)


@pytest.mark.slow
def test_the_command_logs_trials_below_one_run(
    command, small_file, tiny_settings, store_template, tmp_path, monkeypatch
):

    import mlflow

    shutil.copy(store_template, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    (tmp_path / "base.toml").write_text(tiny_settings.to_toml())
    (tmp_path / "space.toml").write_text("batch = [8, 16]\n")
    ended = command(
        "sweep", small_file, "--config", "base.toml", "--set", "epochs=1", "--space", "space.toml", "--trials", 2,
        "--study", "s.db", "--out", "best.toml",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert ended.out.startswith("best: trial ") and "(2 finished, 0 pruned, 0 failed)" in ended.out
    runs = mlflow.search_runs(search_all_experiments=True, output_format="list")
    parent = next(run for run in runs if run.info.run_name == "s")
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert sorted(run.data.params["trial"] for run in children) == ["0", "1"]
    assert parent.data.params["best_trial"] in ("0", "1")
    assert parent.data.metrics["validation/macro_f1"] == max(
        run.data.metrics["validation/macro_f1"] for run in children
    )


def test_a_bundle_that_has_seen_the_passages_to_choose_by_is_refused(arguments, tiny_bundle, tmp_path):
    taught = arguments["settings"].model_copy(update={"backbone": str(tiny_bundle)})
    with pytest.raises(UserError, match="was trained or fitted on"):
        sweep(**arguments | {"settings": taught}, trials=1)
    assert not (tmp_path / "s.db").exists()
    offered = {"backbone": [str(tiny_bundle), arguments["settings"].backbone], "batch": [8, 16]}
    found = sweep(**arguments | {"space": offered}, trials=6)
    assert found.failed and found.settings.backbone == arguments["settings"].backbone
    assert all("was trained" in t.user_attrs["error"] for t in trials_of(tmp_path / "s.db") if t.state == STATES.FAIL)
