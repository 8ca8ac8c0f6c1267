"""`narrashift adapt`, from the command line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
import torch

from narrashift.training.origin import backbone_digest


@pytest.fixture
def dump(texts, tmp_path):
    """Articles under another column's name, two rows that are none, and one that stands there twice."""
    rows = [json.dumps({"body": text}) for text in [*texts, texts[0]]]
    path = tmp_path / "dump.jsonl"
    path.write_text("\n".join([*rows[:3], "{", json.dumps({"body": ""}), *rows[3:]]) + "\n", "utf-8")
    return path


@pytest.fixture
def settings_file(settings, tmp_path):
    (tmp_path / "s.toml").write_text(settings.to_toml(), "utf-8")
    return tmp_path / "s.toml"


def test_a_dump_makes_a_backbone_and_a_tracked_run(
    command, dump, settings_file, texts, store_template, tmp_path, monkeypatch
):
    import mlflow

    uri = f"sqlite:///{shutil.copy(store_template, tmp_path / 'mlflow.db')}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    test = tmp_path / "test.jsonl"
    test.write_text(json.dumps({"text": texts[5] + " Indeed."}) + "\n", "utf-8")
    done = command(
        "adapt", dump, "--column", "text=body", "--config", settings_file, "--without", test,
        "--out", tmp_path / "adapted",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "left out: dump.jsonl, row 4" in done.err
    assert "left out: dump.jsonl, row 5: the text is empty" in done.err
    assert "kept out: 1 passages" in done.err
    origin = json.loads((tmp_path / "adapted" / "provenance.json").read_text("utf-8"))
    assert origin["data"]["refused_rows"] == 2
    assert texts[5] not in json.dumps(origin)
    client = mlflow.MlflowClient(uri)
    [run] = client.search_runs([client.get_experiment_by_name("narrashift/adapt").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.tags["backbone_digest"] == backbone_digest(tmp_path / "adapted")
    points = client.get_metric_history(run.info.run_id, "held_out/perplexity")
    assert [point.step for point in points] == [0, 1, 2]
    assert points[-1].value < points[0].value
    assert {"train/loss", "train/tokens_per_s"} <= set(run.data.metrics)
    assert run.inputs.dataset_inputs[0].dataset.digest == origin["data"]["digest"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "narrashift adapt DUMP"),
        (["--column", "id=x"], "adapt takes text=NAME"),
        (["--column", "text=nothing"], "no column 'nothing'"),
        (["--backbone", "/no/such"], "cannot be loaded"),
        (["--resume"], "no interrupted run"),
        (["--set", "masked=1.5"], "--masked"),
        (["--without", "/no/such.jsonl"], "no such file"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(command, dump, settings_file, tmp_path, arguments, words):
    given = [dump, "--column", "text=body", "--config", settings_file, "--no-track"] if arguments else []
    done = command("adapt", *given, "--out", tmp_path / "adapted", *arguments)
    assert done.code == 2, done.err
    assert words in done.lines[-1]
    assert not (tmp_path / "adapted").exists()


def test_the_settings_can_be_printed_and_read_back(command, tmp_path):
    printed = command("adapt", "--print-config", "--epochs", 7, "--set", "masked=0.3")
    (tmp_path / "printed.toml").write_text(printed.out, "utf-8")
    assert command("adapt", "--print-config", "--config", tmp_path / "printed.toml").out == printed.out
    assert "epochs = 7" in printed.out


@pytest.mark.slow
def test_killed_and_resumed_it_ends_with_the_backbone_of_an_undisturbed_run(command, dump, settings_file, tmp_path):
    arguments = [
        "adapt", str(dump), "--column", "text=body", "--config", str(settings_file), "--epochs", "8", "--no-track",
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "narrashift.cli", *arguments, "--out", str(tmp_path / "killed")],
        env=os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())},  # sums depend on the number of threads
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    work = tmp_path / "killed.adapting"
    while not list(work.glob("state-*.safetensors")):
        assert process.poll() is None, process.stderr.read()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert not (tmp_path / "killed").exists()
    resumed = command(*arguments, "--out", tmp_path / "killed", "--resume")
    assert resumed.code == 0, resumed.err
    calm = command(*arguments, "--out", tmp_path / "calm")
    assert calm.code == 0, calm.err
    assert backbone_digest(tmp_path / "killed") == backbone_digest(tmp_path / "calm")
    assert {path.name for path in tmp_path.iterdir()} >= {"killed", "calm"}
    assert not work.exists()
