"""Whatever ends a run, no thread goes on, and what was begun is whole."""

from __future__ import annotations

import gc
import threading
import time

import pyarrow.parquet as pq
import pytest

import narrashift
from narrashift.serving.settings import ScoreSettings


class Stop(BaseException):
    """What Ctrl-C is like: no `Exception`."""


def own_threads(*names: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(names)]


@pytest.fixture
def run(write_dump, exported_bundle, tmp_path, articles, small_parts):
    dump = write_dump(articles)

    def score(**options):
        settings = ScoreSettings(part=1, engine="onnx-int8", device="cpu", threads=2)
        return narrashift.score([dump], model=exported_bundle, out=tmp_path / "out", settings=settings, **options)

    return score


def pool_is_gone() -> bool:
    """ONNX threads end when the classifier is forgotten."""
    end = time.monotonic() + 10
    while own_threads("onnx") and time.monotonic() < end:
        gc.collect()
        time.sleep(0.01)
    return not own_threads("onnx")


def test_a_finished_run_leaves_no_thread(run):
    assert run().counts.articles == 30
    assert own_threads("ahead", "behind") == []
    assert pool_is_gone()


@pytest.mark.parametrize("kind", [Stop, KeyboardInterrupt, ValueError])
def test_an_interrupted_run_leaves_no_thread_and_whole_parts(run, tmp_path, read_folder, kind):
    def stop(what: str, done: float, total: float) -> None:
        if done > 10:
            raise kind("stop")

    with pytest.raises(kind):
        run(progress=stop)
    assert own_threads("ahead", "behind") == []
    assert pool_is_gone()
    parts = sorted((tmp_path / "out" / "parts").iterdir())
    assert [part.suffix for part in parts] == [".parquet"] * len(parts) and parts
    assert sum(len(set(pq.read_table(part)["id"].to_pylist())) for part in parts) == 4 * len(parts)
    assert run().counts.articles == 30
    again = read_folder(tmp_path / "out").table
    (tmp_path / "out").rename(tmp_path / "stopped")
    run()
    assert again.equals(read_folder(tmp_path / "out").table)


@pytest.mark.parametrize("broken", ["chunks.cut_texts", "folder.pq.write_table", "repeats._packed"])
def test_a_failure_in_any_thread_ends_the_run_and_all_threads(run, monkeypatch, broken):

    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("failed beside")

    monkeypatch.setattr(f"narrashift.serving.{broken}", fail)
    with pytest.raises(RuntimeError, match="failed beside"):
        run()
    assert own_threads("ahead", "behind") == []
