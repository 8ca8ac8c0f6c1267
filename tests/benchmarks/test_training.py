"""What the benchmark of training rests on: splits without leaks, paired intervals, cells that are not run twice."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lessons import cell as cell_module
from lessons.cell import Cell, code_digest, read_result, run_cell
from lessons.data import SOURCES, few, make_benchmark, read_benchmark
from lessons.lesson import best_threshold
from lessons.peers import setfit_steps
from lessons.score import Answers, difference, mean_score, score
from lessons.table import ahead, curve, flat, table
from lessons.tfidf import tfidf
from sklearn.metrics import f1_score

from narrashift.model.errors import UserError
from narrashift.training.data.duplicates import near_duplicates


def test_no_passage_nor_its_near_duplicate_is_learnt_and_tested(benchmark_of):
    benchmark = benchmark_of(count=61)
    assert benchmark.left_out == 2  # each twin, where the other is tested
    for train, test in benchmark.folds:
        texts = [benchmark.corpus.texts[i] for i in [*train, *test]]
        across = [p for p in near_duplicates(texts) if p.first < len(train) <= p.second]
        assert not set(train) & set(test) and across == []
    tested = np.concatenate([test for _, test in benchmark.folds])
    assert sorted(tested.tolist()) == list(range(62))


def test_passages_without_a_fold_are_only_learnt_from(shared):
    benchmark = read_benchmark("ruw", shared=shared)
    ((train, test),) = benchmark.folds
    assert train.tolist() == list(range(40)) and test.tolist() == list(range(40, 55))
    assert benchmark.corpus.codebook.tasks["stance"].leaves == ("good", "bad", "neither")


def test_data_that_are_not_there_are_named(tmp_path):
    with pytest.raises(UserError, match=r"train\.jsonl\.gz: not there.*--shared"):
        read_benchmark("ruw", shared=tmp_path)


@pytest.mark.shared
@pytest.mark.parametrize("name", SOURCES)
def test_the_real_data_are_read(name):
    benchmark = read_benchmark(name)
    assert all(set(train) & set(test) == set() and len(train) and len(test) for train, test in benchmark.folds)
    assert len(benchmark.corpus.codebook.tasks[benchmark.task].leaves) in (3, 5, 10, 20)


@pytest.mark.parametrize("column", ["stance", "labels"])
def test_drawing_a_few_a_label_is_nested_and_leaves_no_label_short(column, benchmark_of):
    train, _ = benchmark_of(count=90, column=column).parts(0)
    smaller, larger = (few(train, per_label=n, seed=3) for n in (4, 8))
    assert set(smaller.texts) < set(larger.texts)
    assert few(train, per_label=4, seed=3).digest == smaller.digest != few(train, per_label=4, seed=4).digest
    values = smaller.targets[column]
    counts = np.bincount(values) if values.ndim == 1 else [*values.sum(axis=0), (values.sum(axis=1) == 0).sum()]
    assert min(counts) >= 4 and (values.ndim == 2 or max(counts) == 4)
    assert set(few(train, per_label=1000, seed=0).texts) == set(train.texts)


@pytest.mark.parametrize("metric", ["macro_f1", "micro_f1"])
def test_scores_are_those_of_scikit_learn_and_weights_are_copies(metric):
    rng = np.random.default_rng(0)
    truth, on = rng.random((50, 4)) < 0.4, rng.random((50, 4)) < 0.4
    counts = rng.integers(0, 3, size=50)
    for weights in (np.ones(50, dtype=int), counts):
        rows = np.repeat(np.arange(50), weights)
        expected = f1_score(truth[rows], on[rows], average=metric.split("_")[0], zero_division=0)
        found = score(truth, on, metric=metric, weights=weights[None].astype(float))
        assert found[0] == pytest.approx(expected)


def wrong_at(rate: float, *, seed: int, truth: np.ndarray) -> np.ndarray:
    return truth ^ (np.random.default_rng(seed).random(truth.shape) < rate)


def test_differences_are_paired_by_passage_and_taken_over_common_cells_only():
    truth = np.random.default_rng(0).random((300, 3)) < 0.4
    cells = {(0, s): Answers(0, truth, wrong_at(0.3, seed=s, truth=truth)) for s in range(3)}
    worse = {
        key: replace(cell, on=truth ^ ((cell.on ^ truth) | (np.random.default_rng(9).random(truth.shape) < 0.05)))
        for key, cell in cells.items()
    }
    same, count = difference(cells, {**cells, (1, 7): next(iter(worse.values()))}, metric="macro_f1")
    assert (same.value, same.lo, same.hi, count) == (0, 0, 0, 3)
    gap, _ = difference(cells, worse, metric="macro_f1")
    alone, _ = mean_score(cells, metric="macro_f1")
    assert 0 < gap.lo < gap.value < gap.hi
    assert gap.hi - gap.lo < (alone.hi - alone.lo) / 2


def test_a_cell_runs_once_and_again_where_anything_that_decides_it_has_changed(shared, tmp_path, monkeypatch, rows_of):
    benchmark, results = read_benchmark("ruw", shared=shared), tmp_path / "results"
    cell = Cell("ruw", "tfidf", fold=0, seed=0)
    first = run_cell(cell, benchmark=benchmark, results=results, shared=shared)
    assert score(first.answers.truth, first.answers.on, metric="macro_f1")[0] > 0.9
    assert first.learnt_from == 40 and first.peak_mb > 50 and 0 < first.seconds < 60

    def refuse(*_, **__):
        raise AssertionError("a process was started")

    monkeypatch.setattr(cell_module, "_in_a_process", refuse)
    again = run_cell(cell, benchmark=benchmark, results=results, shared=shared)
    assert np.array_equal(again.answers.on, first.answers.on) and again.seconds == first.seconds
    other = make_benchmark(
        "ruw", rows_of(20), column="stance", metric="macro_f1", fold=np.arange(20) % 2, backbone="minilm-l6"
    )
    changed = [(replace(cell, seed=1), benchmark), (replace(cell, per_label=4), benchmark), (cell, other)]
    for one, of in changed:
        assert read_result(one, benchmark=of, results=results, code=None) is None
        with pytest.raises(AssertionError, match="a process was started"):
            run_cell(one, benchmark=of, results=results, shared=shared)


@pytest.fixture
def older_results(shared, tmp_path) -> Path:
    """A cell of this system and of a peer, as an older version of the code left them."""
    said = {
        "on": [[0]] * 15, "leaves": ["good", "bad", "neither"], "learnt_from": 40, "seconds": 1.5, "wall_seconds": 1.0,
        "peak_mb": 1.0, "code": "older", "commit": "abc",
    }  # fmt: skip
    benchmark = read_benchmark("ruw", shared=shared)
    for system in ("narrashift", "tfidf"):
        cell = Cell("ruw", system, fold=0, seed=0)
        path = cell_module.result_path(cell, benchmark=benchmark, results=tmp_path / "results", code="older")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(said))
    return tmp_path / "results"


def test_only_this_system_s_cells_hang_on_its_code(shared, older_results):
    benchmark = read_benchmark("ruw", shared=shared)
    for system, found in (("narrashift", False), ("tfidf", True)):
        cell = Cell("ruw", system, fold=0, seed=0)
        now = read_result(cell, benchmark=benchmark, results=older_results, code=code_digest())
        assert (now is not None) is found
        assert read_result(cell, benchmark=benchmark, results=older_results, code=None).code == "older"


@pytest.mark.parametrize("any_code", [False, True])
def test_the_last_line_is_one_flat_object(any_code, shared, older_results, capsys):
    place = Path(cell_module.__file__).parents[1] / "training.py"
    spec = importlib.util.spec_from_file_location("benchmark_of_training", place)  # `training` is a package here
    command = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)
    words = ["--data", "ruw", "--seeds", "0", "1", "--shared", str(shared), "--results", str(older_results), "--table"]
    assert command.main([*words, "--json", *(["--any-code"] if any_code else [])]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert values["seconds/ruw/tfidf"] == 1.5 and values["cells/ruw/tfidf"] == 1
    assert 0 < values["score/ruw/tfidf"] < 0.5
    assert ("score/ruw/narrashift" in values) is any_code


def test_a_cell_that_fails_says_why_and_leaves_nothing(shared, tmp_path):
    benchmark = read_benchmark("ruw", shared=shared)
    with pytest.raises(RuntimeError, match=r"tfidf-fold0-seed0: ended with 1[\s\S]*not there"):
        run_cell(Cell("ruw", "tfidf", 0, 0), benchmark=benchmark, results=tmp_path / "results", shared=tmp_path)
    assert [p for p in (tmp_path / "results").rglob("*") if p.is_file()] == []


def test_tables_say_who_is_ahead_over_cells_that_both_have(shared):
    benchmark = read_benchmark("ruw", shared=shared)
    _, test = benchmark.parts(0)
    truth = test.targets["stance"][:, None] == np.arange(3)

    def result(right: int) -> cell_module.Result:
        on = truth.copy()
        on[right:] = np.roll(on[right:], 1, axis=1)
        return cell_module.Result(Answers(0, truth, on), 40, 10.0, 20.0, 300.0, "code", "abc")

    systems = {"tfidf": {(0, 0): result(6), (0, 1): result(15)}, "narrashift": {(0, 0): result(12)}}
    assert "narrashift − tfidf, the best peer: +0.40" in ahead(systems, metric="macro_f1")[1]
    assert table("ruw", systems, metric="macro_f1").splitlines()[2].startswith("| **narrashift** | 1 | 0.80")
    assert "| tfidf | 0.700 ± 0.424 (10 s, 2) | – |" in curve(
        "ruw", {8: systems, 32: {"narrashift": systems["narrashift"]}}, metric="macro_f1"
    )
    values = flat("ruw", systems, metric="macro_f1", per_label=8)
    assert values["score/ruw@8/tfidf"] == pytest.approx(0.7) and values["seconds/ruw@8/narrashift"] == 10


def test_the_linear_peer_tunes_its_threshold_by_the_metric(benchmark_of, lesson_of):
    benchmark = benchmark_of(count=90, column="labels")
    lesson = lesson_of(benchmark)
    on = tfidf(lesson)(lesson.test.texts)
    assert score(lesson.on(lesson.test), on, metric="macro_f1")[0] > 0.6
    truth = np.array([[1, 0], [1, 1], [0, 0], [0, 1]]) > 0
    assert 0.2 < best_threshold(np.where(truth, 0.3, 0.2), truth, "micro_f1") < 0.3


def test_setfit_gets_what_plain_fine_tuning_costs_and_never_more_pairs_than_there_are(benchmark_of, lesson_of):
    lesson = lesson_of(benchmark_of(count=9))
    pairs = 2 * max(4 * 5 // 2, 2)
    assert setfit_steps(replace(lesson, few=True)) * 16 <= max(16, pairs * 3)
    larger = lesson_of(benchmark_of(count=600))
    passages = setfit_steps(larger) * 16 * 2
    assert 15 * len(larger.train) <= passages + 32 <= 16 * len(larger.train) + 32
