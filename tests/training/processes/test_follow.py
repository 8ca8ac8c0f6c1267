"""Two real processes (gloo) learn what one learns; and what is left when one of them is killed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import narrashift
from narrashift.model.errors import Interrupted, UserError
from narrashift.training.processes.follow import _exit_code
from narrashift.training.settings import TrainSettings


@pytest.fixture
def settings(tiny_settings):
    """Nothing is drawn at random while it learns, and the batches do not come out even."""
    shutil.copytree(
        tiny_settings.backbone, folder := Path(tiny_settings.backbone).with_name("calm"), dirs_exist_ok=True
    )
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(
        json.dumps(config | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0})
    )
    chosen = {"backbone": str(folder), "dropout": 0.0, "batch": 7, "epochs": 3, "patience": 3}
    return TrainSettings(**(tiny_settings.model_dump() | chosen))


def started(*arguments, folder):
    """`narrashift …` by `torchrun` in two processes."""
    environment = {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(narrashift.__file__).parent.parent),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",  # else that which MLflow was last used with here
    }
    return subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "narrashift"]
        + [str(argument) for argument in arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | environment,
    )  # fmt: skip


def assert_close(one, other):
    weights, expected = (load_file(bundle / "model.safetensors") for bundle in (one, other))
    for name, value in expected.items():
        torch.testing.assert_close(weights[name], value, rtol=1e-3, atol=2e-4, msg=name)


@pytest.mark.parametrize(
    ("error", "code"),
    [(UserError("x"), 2), (Interrupted(), 130), (KeyboardInterrupt(), 130), (SystemExit(3), 3), (ValueError(), 1)],
)
def test_all_processes_end_with_the_code_of_the_leader(error, code):
    assert _exit_code(error) == code


@pytest.mark.slow
def test_two_processes_give_the_weights_of_one_and_one_run_and_one_bundle(
    settings, small_file, small_corpus, store_template, tmp_path
):
    import mlflow

    shutil.copy(store_template, tmp_path / "mlflow.db")
    (tmp_path / "s.toml").write_text(settings.to_toml())
    two = started("train", small_file, "--config", "s.toml", "--out", "two", folder=tmp_path)
    one = narrashift.train(corpus=small_corpus, out=tmp_path / "one", settings=settings)
    out, err = two.communicate(timeout=240)
    assert two.returncode == 0, err
    assert_close(tmp_path / "two", one.bundle)
    assert out.count("macro_f1/stance") == 1 and err.count("bundle: two") == 1
    provenance = json.loads((tmp_path / "two" / "provenance.json").read_text())
    assert (provenance["processes"], provenance["batch"]) == (2, 7)
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiments = [found.experiment_id for found in client.search_experiments()]
    assert [run.info.status for run in client.search_runs(experiments)] == ["FINISHED"]
    losses = [epoch["train/loss"] for epoch in json.loads((one.bundle / "metrics.json").read_text())["epochs"]]
    [run] = client.search_runs(experiments)
    tracked = [point.value for point in client.get_metric_history(run.info.run_id, "train/loss")]
    assert tracked == pytest.approx(losses, rel=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the processes in /proc")
def test_one_killed_the_other_saves_and_one_process_alone_goes_on(
    settings, small_file, small_corpus, command, tmp_path
):
    longer = TrainSettings(**(settings.model_dump() | {"epochs": 60, "patience": 60}))
    (tmp_path / "s.toml").write_text(longer.to_toml())
    arguments = ["train", small_file, "--config", tmp_path / "s.toml", "--out", tmp_path / "b", "--no-track"]
    both = started(*arguments, folder=tmp_path)
    said = ""
    while not re.search("epoch [1-9]", said):
        said += (line := both.stderr.readline())
        assert line, said
    children = Path(f"/proc/{both.pid}/task/{both.pid}/children").read_text().split()
    [follower] = [pid for pid in children if b"\0RANK=1\0" in b"\0" + Path(f"/proc/{pid}/environ").read_bytes()]
    time.sleep(0.3)
    os.kill(int(follower), signal.SIGKILL)
    said += both.communicate(timeout=60)[1]
    assert both.returncode != 0
    assert [line for line in said.splitlines() if "--resume goes on" in line] == [
        "another process of this training has ended before it was done; the last whole step is saved. "
        "The same command with --resume goes on, also with fewer processes"
    ]
    assert "narrashift/cli.py" not in said  # no traceback of ours
    assert {path.name for path in tmp_path.iterdir()} == {"s.toml", "b.training"}
    assert json.loads((tmp_path / "b.training" / "position.json").read_text())["step"] > 0
    ended = command(*arguments, "--resume")
    assert ended.code == 0, ended.err
    calm = narrashift.train(corpus=small_corpus, out=tmp_path / "calm", settings=longer)
    history = [json.loads((b / "metrics.json").read_text())["epochs"] for b in (tmp_path / "b", calm.bundle)]
    assert [e["train/loss"] for e in history[0]] == pytest.approx([e["train/loss"] for e in history[1]], rel=0.02)
