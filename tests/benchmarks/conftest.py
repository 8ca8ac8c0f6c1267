"""The benchmarks' modules, which are no package, as they import each other; and small data to benchmark on."""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from lessons.data import SOURCES, Benchmark, make_benchmark
from lessons.lesson import Lesson

WORDS = [f"word{i}" for i in range(200)]


def _rows(count: int, *, seed: int = 0) -> list[dict]:
    rng = random.Random(seed)
    rows = []
    for i in range(count):
        label = ["Good!", "bad", "neither"][i % 3]
        text = " ".join([*rng.sample(WORDS, 3), f"says{label.strip('!')}", *rng.sample(WORDS, 2)])
        rows.append({"text": text, "stance": label, "labels": [label] * (i % 5 != 0) + ["bad"] * (i % 7 == 0)})
    return rows


@pytest.fixture
def rows_of() -> Callable[..., list[dict]]:
    """Passages whose label can be told by one of their words; `labels` may be none or several."""
    return _rows


@pytest.fixture
def benchmark_of() -> Callable[..., Benchmark]:
    """A benchmark of three folds whose last passage is the first one's twin, tested in another fold."""

    def make(count: int = 60, *, column: str = "stance") -> Benchmark:
        rows = _rows(count)
        rows.append({**rows[0], "text": rows[0]["text"] + " again"})
        fold = np.random.default_rng(0).permutation(len(rows)) % 3
        fold[[0, -1]] = 0, 1
        return make_benchmark("made", rows, column=column, metric="macro_f1", fold=fold, backbone="minilm-l6")

    return make


@pytest.fixture
def lesson_of() -> Callable[..., Lesson]:
    """What a system is given of a benchmark's first fold."""

    def make(benchmark: Benchmark) -> Lesson:
        train, test = benchmark.parts(0)
        return Lesson(train=train, test=test, metric=benchmark.metric, backbone=benchmark.backbone, seed=0)

    return make


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A shared folder with passages of our own in the place of RUW's."""
    for file, count, seed in ((SOURCES["ruw"].files[0], 40, 0), (SOURCES["ruw"].test, 15, 1)):
        path = tmp_path / "shared" / str(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(path, "wt", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in _rows(count, seed=seed))
    return tmp_path / "shared"
