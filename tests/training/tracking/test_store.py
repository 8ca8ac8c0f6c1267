"""Where runs are tracked, and the UI on it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

import narrashift
from narrashift.training.tracking.store import database_file, open_ui, tracking_uri


def test_the_store_is_a_database_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert tracking_uri() == f"sqlite:///{tmp_path}/mlflow.db"
    assert tracking_uri(tmp_path / "study") == f"sqlite:///{tmp_path}/study/mlflow.db"


def test_the_environment_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://runs.example.org")
    assert tracking_uri(tmp_path) == "https://runs.example.org"


@pytest.mark.parametrize(
    ("uri", "file"),
    [
        ("sqlite:////data/runs.db", Path("/data/runs.db")),
        ("sqlite:///runs.db", Path("runs.db")),
        ("https://runs.example.org", None),
        ("postgresql://db/runs", None),
    ],
)
def test_only_a_sqlite_store_is_a_file(uri, file):
    assert database_file(uri) == file


def test_the_ui_needs_a_run_and_says_so(tmp_path, command, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    ended = command("ui")
    assert ended.code == 2
    assert ended.lines == [f"{tmp_path}/mlflow.db: no tracked run here. Train first, or set MLFLOW_TRACKING_URI"]
    assert list(tmp_path.iterdir()) == []


def test_the_ui_of_a_server_is_its_own(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://runs.example.org:5000")
    with pytest.raises(narrashift.UserError, match="open http://runs.example.org:5000 in a browser"):
        open_ui(port=5000)


@pytest.mark.slow
def test_the_ui_serves_the_store_until_ctrl_c(store_template, tmp_path):
    shutil.copy(store_template, tmp_path / "mlflow.db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    program = [sys.executable, "-m", "narrashift.cli", "ui", "--port", str(port)]
    process = subprocess.Popen(
        program, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
                    assert answer.status == 200
                break
            except OSError:
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < until, "the server did not come up"
                time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, said = process.communicate(timeout=20)
        assert process.returncode == 0
        assert f"MLflow UI: http://127.0.0.1:{port}" in said
        assert "Traceback" not in said
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


LOG_ONE_RUN = """
import sys
from narrashift.training.tracking.run import Tracking
with Tracking(name=sys.argv[1]) as run:
    run.log_epoch({"epoch": 1, "train/loss": float(sys.argv[1])})
"""


@pytest.mark.slow
def test_four_processes_that_first_touch_a_fresh_store_at_once_all_log_their_runs(tmp_path):
    import mlflow

    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    environment = os.environ | {"MLFLOW_TRACKING_URI": uri}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", LOG_ONE_RUN, str(number)], env=environment, cwd=tmp_path, stderr=subprocess.PIPE
        )
        for number in range(4)
    ]
    ended = [(process.communicate()[1].decode(), process.returncode) for process in started]
    assert [code for _, code in ended] == [0] * 4, ended
    client = mlflow.MlflowClient(uri)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    runs = client.search_runs(experiments)
    assert {(run.info.run_name, run.data.metrics["train/loss"]) for run in runs} == {
        (str(n), float(n)) for n in range(4)
    }
