"""The view of MLflow's run table with figures: what it asks for, and when it is written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from narrashift.training.tracking.columns import TAG, view_with
from narrashift.training.tracking.registry import open_store, run_table, show_figures


def columns(value):
    return json.loads(value)["selectedColumns"]


def test_the_yardsticks_figure_stands_beside_each_tasks(codebook):
    found = columns(view_with(codebook))
    at = found.index("metrics.`test/macro_f1/frame`")
    assert found[at + 1] == "metrics.`yardstick/macro_f1/frame`"
    assert "params.`seed`" in found


def test_columns_of_another_codebook_are_kept_and_none_comes_twice(codebook, own_codebook):
    first = view_with(codebook)
    both = view_with(own_codebook, present=first)
    assert columns(both)[: len(columns(first))] == columns(first)
    assert "metrics.`test/macro_f1/mood`" in columns(both)
    assert view_with(codebook, present=both) == both


@pytest.mark.parametrize("broken", ["", "deflate;abc", "[]", "null", '{"selectedColumns": 3}'])
def test_a_view_that_cannot_be_read_is_written_anew(broken, codebook):
    assert view_with(codebook, present=broken) == view_with(codebook)


WRITE = """
import narrashift
from narrashift.training.tracking.registry import open_store, show_figures
open_store("sqlite:///mlflow.db")
show_figures(narrashift.read_codebook())
"""


@pytest.mark.slow
def test_several_processes_write_the_view_at_once(store_template, tmp_path, codebook):
    import mlflow

    shutil.copy(store_template, tmp_path / "mlflow.db")
    writers = [subprocess.Popen([sys.executable, "-c", WRITE], cwd=tmp_path) for _ in range(3)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    open_store(f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert mlflow.get_experiment_by_name("narrashift").tags[TAG] == view_with(codebook)
    assert run_table("http://127.0.0.1:5000/").endswith("/runs?viewStateShareKey=narrashift")


def test_a_view_that_is_there_is_not_written_again(store_template, tmp_path, codebook, monkeypatch):
    import mlflow

    shutil.copy(store_template, tmp_path / "mlflow.db")
    open_store(f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert "viewStateShareKey" not in run_table("http://127.0.0.1:5000")
    show_figures(codebook)
    monkeypatch.setattr(mlflow.MlflowClient, "set_experiment_tag", lambda *_: pytest.fail("written again"))
    show_figures(codebook)
