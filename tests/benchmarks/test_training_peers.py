"""Every system of the benchmark learns from a lesson and labels passages it has not seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lessons.peers import SYSTEMS
from lessons.score import score

NEEDS = {"setfit": "setfit", "model2vec": "model2vec", "plain": "accelerate", "plain-tuned": "accelerate"}
SETTINGS = {"epochs": 3, "batch": 8, "learning_rate": 3e-3, "max_tokens": 32, "lexical": 4096, "precision": "fp32"}


@pytest.mark.slow
@pytest.mark.parametrize("column", ["stance", "labels"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_learns_and_labels(system, column, tiny_backbone, benchmark_of, lesson_of):
    if system in NEEDS:
        pytest.importorskip(NEEDS[system], reason="of the benchmarks' extra")
    benchmark = benchmark_of(count=170, column=column)
    lesson = replace(lesson_of(benchmark), backbone=str(tiny_backbone))
    if system == "narrashift":
        lesson = replace(lesson, settings=SETTINGS)
    on = SYSTEMS[system](lesson)(lesson.test.texts)
    truth = lesson.on(lesson.test)
    assert on.shape == truth.shape and on.dtype == bool
    assert column == "labels" or (on.sum(axis=1) == 1).all()
    if not system.startswith("plain"):  # at its default rate, a few steps from random weights teach it nothing
        assert score(truth, on, metric="macro_f1")[0] > 0.2
