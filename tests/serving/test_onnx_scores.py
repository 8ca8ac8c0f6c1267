"""Dumps scored by the exported network."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

import narrashift

WITHOUT_TORCH = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers"):
            raise ImportError(f"{name} must not be imported")

sys.meta_path.insert(0, Refuse())
from narrashift.cli import main

sys.argv = ["narrashift", "score", *sys.argv[1:]]
main()
"""


@pytest.fixture
def score_by(score_dump, exported_bundle):
    """Score rows by an engine, in a folder named after it."""

    def score(engine, rows, **settings):
        return score_dump(rows, model=exported_bundle, engine=engine, device="cpu", out=f"{engine}-out", **settings)

    return score


def numbers(outcome) -> np.ndarray:
    return np.stack([outcome.table[name].to_numpy() for name in outcome.table.column_names if "." in name])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["onnx-int8", "auto"])
def test_scoring_with_onnx_imports_neither_torch_nor_transformers(
    write_dump, exported_bundle, tmp_path, articles, read_folder, engine
):
    dump, out = write_dump(articles[:6]), tmp_path / "out"
    arguments = [dump, "--model", exported_bundle, "--out", out, "--engine", engine, "--device", "cpu"]
    command = [sys.executable, "-c", WITHOUT_TORCH, *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr[-2_000:]
    assert "(onnx-int8; " in ran.stdout
    assert set(read_folder(out).table["id"].to_pylist()) == set(range(6))


@pytest.mark.slow
def test_the_torch_engine_would_not_pass_that_test(write_dump, exported_bundle, tmp_path):
    arguments = [
        write_dump([{"text": "war"}]),
        "--model",
        exported_bundle,
        "--out",
        tmp_path / "o",
        "--engine",
        "torch",
    ]
    command = [sys.executable, "-c", WITHOUT_TORCH, *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode != 0
    assert "torch must not be imported" in ran.stderr


def test_scores_by_onnx_are_those_by_torch(score_by, articles):
    expected, found = score_by("torch", articles), score_by("onnx", articles)
    same = ["id", "passage", "start", "end", "stance", "frame", "technique", "truncated"]
    assert found.table.select(same).equals(expected.table.select(same))
    np.testing.assert_allclose(numbers(found), numbers(expected), atol=1e-4, rtol=0)
    assert numbers(found).std() > 0.1


def test_scores_by_int8_are_near_those_by_torch(score_by, articles):
    expected, found = score_by("torch", articles), score_by("onnx-int8", articles)
    np.testing.assert_allclose(numbers(found), numbers(expected), atol=0.02, rtol=0)


def test_scores_are_those_of_predict(score_by, articles, exported_bundle):
    outcome = score_by("onnx", articles, cut="none")
    predictions = narrashift.load(exported_bundle).predict([article["text"] for article in articles])
    for row, prediction in zip(outcome.rows, predictions, strict=True):
        for task, labels in prediction.probabilities.items():
            np.testing.assert_allclose([row[f"{task}.{label}"] for label in labels], [*labels.values()], atol=1e-4)


def test_int8_scores_do_not_depend_on_parts_or_threads(score_dump, exported_bundle, articles, small_parts):
    settings = {"model": exported_bundle, "engine": "onnx-int8"}
    whole = score_dump(articles, out="whole", **settings)
    pieces = score_dump(articles, out="pieces", part=1, threads=3, batch_tokens=50, **settings)
    assert (whole.scored.parts, pieces.scored.parts) == (1, 8)
    assert pieces.table.equals(whole.table)


@pytest.mark.parametrize("engine", ["torch", "onnx", "onnx-int8"])
def test_parts_and_summary_name_the_engine(score_by, articles, engine):
    outcome = score_by(engine, articles[:2])
    assert outcome.scored.engine == engine
    for part in (outcome.folder / "parts").iterdir():
        assert pq.read_schema(part).metadata[b"narrashift.engine"].decode() == engine


def test_a_folder_goes_on_with_other_threads_and_not_with_another_engine(score_by, score_dump, exported_bundle):
    rows = [{"id": 1, "text": "Kyiv holds."}]
    first = score_by("onnx", rows)
    again = score_dump(rows, model=exported_bundle, engine="onnx", device="cpu", out="onnx-out", threads=2)
    assert again.same_data(first)
    with pytest.raises(narrashift.UserError, match=r"holds another run.*engine.*onnx .*onnx-int8"):
        score_dump(rows, model=exported_bundle, engine="onnx-int8", device="cpu", out="onnx-out")
