"""Ctrl-C in a training from the command line, and the same command with --resume."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
import torch

import narrashift
from narrashift.model.bundle import open_bundle
from narrashift.training.settings import TrainSettings


@pytest.mark.slow
def test_stopped_and_resumed_it_ends_with_the_bundle_of_an_undisturbed_run(
    small_file, small_corpus, tiny_settings, command, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    settings = TrainSettings(**(tiny_settings.model_dump() | {"epochs": 12, "patience": 12, "seed": 3}))
    (tmp_path / "s.toml").write_text(settings.to_toml())
    arguments = ["train", str(small_file), "--no-track", "--config", "s.toml", "--out", "stopped"]
    process = subprocess.Popen(
        [sys.executable, "-m", "narrashift.cli", *arguments],
        env=os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())},  # sums depend on the number of threads
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = ""
    while "epoch" not in said:
        line = process.stderr.readline()
        assert line, f"it ended before it trained: {said}"
        said += line
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert said.splitlines()[-1].endswith("The same command with --resume goes on")
    assert {path.name for path in tmp_path.iterdir()} == {"s.toml", "stopped.training"}
    assert (tmp_path / "stopped.training" / "position.json").exists()

    refused = command(*arguments, "--resume", "--seed", 4)
    assert (refused.code, len(refused.lines)) == (2, 1)
    resumed = command(*arguments, "--resume")
    assert resumed.code == 0, resumed.err
    assert {path.name for path in tmp_path.iterdir()} == {"s.toml", "stopped"}
    calm = narrashift.train(corpus=small_corpus, out=tmp_path / "calm", settings=settings)
    assert open_bundle(tmp_path / "stopped").digest == open_bundle(calm.bundle).digest
    metrics, expected = (open_bundle(tmp_path / name).json("metrics.json")["test"] for name in ("stopped", "calm"))
    assert metrics == expected
