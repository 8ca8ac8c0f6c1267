"""A bundle on labelled passages: the figures, their intervals, and what may be compared with what."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import narrashift
from narrashift.training.measuring.evaluation import Predictions, evaluate, measure, truth

TASKS = narrashift.read_codebook().tasks


def certain(corpus, right):
    """Predictions that are sure of the truth where `right`, and of another label elsewhere."""
    probabilities, on = {}, {}
    for name, task in corpus.codebook.tasks.items():
        true = truth(corpus, name)
        wrong = np.roll(true, 1, axis=1) if task.kind == "single" else ~true
        on[name] = np.where(np.asarray(right)[:, None], true, wrong)
        probabilities[name] = on[name].astype(float)
    return Predictions(probabilities=probabilities, on=on)


def test_a_bundle_measured_again_has_the_figures_of_its_training(tiny_bundle, small_corpus):
    test = small_corpus.select([i for i, split in enumerate(small_corpus.column("split")) if split == "test"])
    again = evaluate(bundle=tiny_bundle, corpus=test).flat()
    assert again == pytest.approx(json.loads((tiny_bundle / "metrics.json").read_text())["test"], abs=1e-5)


def test_the_yardstick_is_measured_like_any_bundle(tiny_bundle, small_corpus):
    test = small_corpus.select([i for i, split in enumerate(small_corpus.column("split")) if split == "test"])
    report = evaluate(bundle=tiny_bundle / "tfidf", corpus=test)
    assert report.flat() == pytest.approx(json.loads((tiny_bundle / "metrics.json").read_text())["yardstick"], abs=1e-5)


def test_every_figure_has_its_interval_around_it(tiny_bundle, small_corpus):
    figures = evaluate(bundle=tiny_bundle / "tfidf", corpus=small_corpus).figures
    expected = {f"{figure}/{task}" for task in TASKS for figure in ("macro_f1", "ece", "brier")}
    expected |= {"accuracy/stance", "micro_f1/frame", "micro_f1/technique"}
    expected |= {
        f"{figure}/{name}/{label}"
        for name, task in TASKS.items()
        for label in task.labels
        for figure in ("f1", "average_precision", "ece", "brier")
    }
    assert set(figures) == expected
    outside = {name: f for name, f in figures.items() if not f.lo <= f.value <= f.hi and not math.isnan(f.value)}
    assert outside == {}


def test_the_interval_of_a_small_calibration_error_includes_it(corpus_of):
    stated = np.repeat([0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875], 8)
    found = np.concatenate([np.arange(8) < 8 * p for p in np.unique(stated)])
    corpus = corpus_of([{"text": f"t{i}", "frame": ["gains_russia"] if on else []} for i, on in enumerate(found)])
    predicted = certain(corpus, found)
    predicted.probabilities["frame"][:, 1] = stated
    figure = measure(predicted, corpus=corpus).figures["ece/frame/gains_russia"]
    assert figure.value == 0
    assert figure.lo <= figure.value <= figure.hi


def test_perfect_predictions_have_perfect_figures(small_corpus):
    figures = measure(certain(small_corpus, [True] * len(small_corpus)), corpus=small_corpus).figures
    assert figures["macro_f1/stance"].value == figures["micro_f1/frame"].value == 1
    assert figures["brier/technique"].value == figures["ece/stance"].value == 0


def test_a_passage_without_a_label_counts_for_nothing(corpus_of):
    rows = [{"text": "a", "stance": "neutral", "frame": []}, {"text": "b", "stance": None, "frame": ["gains_russia"]}]
    corpus = corpus_of(rows)
    figures = measure(certain(corpus, [True, False]), corpus=corpus).figures
    assert figures["accuracy/stance"].value == 1
    assert figures["micro_f1/frame"].value == 0
    assert not any("technique" in name for name in figures)


def test_intervals_are_wider_where_passages_come_in_groups(corpus_of):
    rows = [{"text": f"t{i}", "stance": "neutral"} for i in range(60)]
    right = [i < 30 for i in range(60)]
    loose = measure(certain(corpus_of(rows), right), corpus=corpus_of(rows))
    grouped = corpus_of([row | {"group": f"g{i // 10}"} for i, row in enumerate(rows)])
    close = measure(certain(grouped, right), corpus=grouped)
    width = lambda report: report.figures["accuracy/stance"].hi - report.figures["accuracy/stance"].lo  # noqa: E731
    assert (loose.resampled, close.resampled) == ("passages", "groups")
    assert width(close) > 1.5 * width(loose)


def test_a_passage_without_group_is_its_own_whatever_others_are_called(corpus_of):
    corpus = corpus_of([{"text": "a", "stance": "neutral", "group": "1"}, {"text": "b", "stance": "neutral"}])
    figure = measure(certain(corpus, [True, False]), corpus=corpus).figures["accuracy/stance"]
    assert (figure.lo, figure.value, figure.hi) == (0, 0.5, 1)


def test_the_flat_report_is_strict_json_with_none_for_what_is_undefined(corpus_of):
    corpus = corpus_of([{"text": "a", "stance": "neutral"}])
    report = measure(certain(corpus, [True]), corpus=corpus)
    flat = json.loads(report.to_json(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert flat["f1/stance/pro_russia"] is None
    assert flat["f1/stance/pro_russia_lo"] is None
    assert (flat["accuracy/stance"], flat["passages"]) == (1, 1)
    assert report.score == report.figures["macro_f1/stance"].value


def test_the_same_report_comes_out_twice(tiny_bundle, small_corpus):
    first, second = (evaluate(bundle=tiny_bundle / "tfidf", corpus=small_corpus).to_json() for _ in range(2))
    assert first == second


def test_passages_of_another_codebook_are_refused(tiny_bundle, own_rows, own_codebook):
    corpus = narrashift.from_dataset(own_rows, codebook=own_codebook)
    with pytest.raises(
        narrashift.UserError, match=r"war-narratives 1.0\) is not the one of the passages \(village-news 2"
    ):
        evaluate(bundle=tiny_bundle, corpus=corpus)


def test_a_folder_that_is_no_bundle(tmp_path, small_corpus):
    with pytest.raises(narrashift.UserError, match="no bundle here"):
        evaluate(bundle=tmp_path, corpus=small_corpus)


def test_a_weighted_passage_counts_like_its_copies(corpus_of):
    rows = [
        {"text": f"t{i}", "stance": ["neutral", "pro_russia", "pro_ukraine"][i % 3], "id": str(i)} for i in range(30)
    ]
    right, times = np.arange(30) % 4 > 0, 1 + np.arange(30) % 5
    weighted = corpus_of([row | {"weight": int(n)} for row, n in zip(rows, times, strict=True)])
    copied = corpus_of([row for row, n in zip(rows, times, strict=True) for _ in range(n)])
    expected = measure(certain(copied, right.repeat(times)), corpus=copied, resamples=5).figures
    found = measure(certain(weighted, right), corpus=weighted, resamples=5).figures
    assert {name: f.value for name, f in found.items()} == pytest.approx(
        {name: f.value for name, f in expected.items()}, nan_ok=True
    )
    assert found["accuracy/stance"].value != pytest.approx(right.mean(), abs=0.01)
