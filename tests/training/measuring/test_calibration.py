"""Temperatures and thresholds fitted on validation passages."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from narrashift.training.measuring.calibration import fit_decision, fit_offsets, fit_temperature

COUNT = 6_000


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_of_a_single_task_is_recovered(temperature, rng):
    logits = rng.normal(size=(COUNT, 4)) * 2
    labels = np.array([rng.choice(4, p=p) for p in softmax(logits, axis=1)])
    assert fit_temperature((logits * temperature).astype(np.float32), labels) == pytest.approx(temperature, rel=0.1)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_of_a_multi_task_is_recovered(temperature, rng):
    logits = rng.normal(size=(COUNT, 3)) * 2
    labels = (rng.random(logits.shape) < expit(logits)).astype(float)
    assert fit_temperature((logits * temperature).astype(np.float32), labels) == pytest.approx(temperature, rel=0.1)


def test_the_temperature_of_a_perfect_and_of_a_hopeless_model_stays_in_its_bounds():
    assert 0.049 < fit_temperature(np.eye(3)[[0, 1, 2] * 4] * 0.5, np.array([0, 1, 2] * 4)) < 0.06
    assert 19 < fit_temperature(np.eye(3)[[0, 1, 2] * 4] * 500, np.array([1, 2, 0] * 4)) < 20.1


def test_a_temperature_needs_a_passage():
    with pytest.raises(ValueError, match="at least one passage"):
        fit_temperature(np.empty((0, 3)), np.empty(0, dtype=int))


def test_offsets_are_half_the_logarithm_of_the_inverse_frequency_and_count_weights():
    targets = np.repeat([0, 1, 2], [799, 199, 0])
    often, rare, never = fit_offsets(targets, leaves=3, weights=np.ones(998))
    assert rare - often == pytest.approx(0.5 * np.log(4), abs=1e-3)
    assert never - often == pytest.approx(0.5 * np.log(800), abs=1e-3), "one passage more than were seen"
    assert often + rare + never == pytest.approx(0, abs=1e-3)
    heavy = fit_offsets(targets, leaves=3, weights=np.where(targets == 1, 799 / 199, 1.0))
    assert heavy[0] == pytest.approx(heavy[1], abs=1e-3)


def test_offsets_do_not_decide_where_the_logits_say_nothing(corpus_of, rng):
    rows = [{"text": f"t{i}", "stance": "neutral" if i % 10 else "pro_russia"} for i in range(200)]
    logits = {"stance": rng.normal(size=(200, 3)) * 9, "frame": np.zeros((200, 5)), "technique": np.zeros((200, 6))}
    own = fit_decision(logits, corpus=corpus_of(rows)).tasks["stance"]
    assert own.temperature > 10
    assert max(map(abs, own.offsets.values())) < 0.3


def test_only_labelled_passages_decide(corpus_of, rng):
    rows = [{"text": f"t{i}", "stance": "neutral" if i % 2 else "pro_russia", "frame": None} for i in range(40)]
    logits = {
        "stance": rng.normal(size=(40, 3)),
        "frame": rng.normal(size=(40, 5)),
        "technique": rng.normal(size=(40, 6)),
    }
    noise = [{"text": "unlabelled"}] * 25
    alone = fit_decision(logits, corpus=corpus_of(rows))
    with_noise = {name: np.concatenate([values, values[:25] * 50]) for name, values in logits.items()}
    among = fit_decision(with_noise, corpus=corpus_of(rows + noise))
    assert among == alone
    assert alone.tasks["stance"].thresholds == {}
    assert set(alone.tasks["frame"].thresholds.values()) == {0.5}
    assert alone.tasks["frame"].temperature == 1.0


def test_a_fitted_decision_is_one_that_a_bundle_can_hold(corpus_of, rng, tmp_path, codebook):
    from narrashift.model.decision import read_decision

    rows = [{"text": f"t{i}", "stance": "neutral", "frame": ["gains_russia"], "technique": []} for i in range(30)]
    logits = {name: rng.normal(size=(30, len(task.leaves))) for name, task in codebook.tasks.items()}
    decision = fit_decision(logits, corpus=corpus_of(rows))
    (tmp_path / "decision.json").write_text(decision.model_dump_json())
    assert read_decision(tmp_path / "decision.json", codebook=codebook) == decision


def test_weights_count_like_copies(corpus_of, rng):
    rows = [
        {"text": f"t{i}", "stance": ["neutral", "pro_russia"][i % 3 == 0], "frame": ["gains_russia"] * (i % 4 == 0)}
        for i in range(80)
    ]
    logits = {"stance": rng.normal(size=(80, 3)), "frame": rng.normal(size=(80, 5)), "technique": np.zeros((80, 6))}
    times = rng.integers(1, 4, 80)
    copied = corpus_of([row for row, n in zip(rows, times, strict=True) for _ in range(n)])
    expected = fit_decision({name: values.repeat(times, axis=0) for name, values in logits.items()}, corpus=copied)
    weighted = fit_decision(
        logits, corpus=corpus_of([row | {"weight": int(n)} for row, n in zip(rows, times, strict=True)])
    )
    for name in ("stance", "frame"):
        assert weighted.tasks[name].temperature == pytest.approx(expected.tasks[name].temperature, rel=1e-4)
