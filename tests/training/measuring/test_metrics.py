"""The figures, against scikit-learn: with weights of one, and with a resample's weights as repeated rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, brier_score_loss, f1_score

import narrashift
from narrashift.training.measuring.metrics import average_precision, calibration_error, f1, nanmean, task_figures

TASKS = narrashift.read_codebook().tasks
COUNT = 80


def weights_of(seed):
    """A row of ones and three bootstrap resamples."""
    draws = np.random.default_rng(seed).multinomial(COUNT, np.full(COUNT, 1 / COUNT), size=3)
    return np.concatenate([np.ones((1, COUNT)), draws])


def repeated(weights, *arrays):
    """Each passage as often as its weight says."""
    return [np.repeat(values, weights.astype(int), axis=0) for values in arrays]


@pytest.fixture(params=range(4))
def seed(request):
    return request.param


@pytest.fixture
def answers(seed):
    """Truth, probabilities (with many ties) and decisions of one label."""
    rng = np.random.default_rng(seed)
    probs = np.round(rng.random(COUNT), 1 if seed % 2 else 6)
    return rng.random(COUNT) < probs, probs, probs >= 0.6


def test_f1_is_that_of_scikit_learn(seed, answers):
    truth, _, on = answers
    weights = weights_of(seed)
    expected = [f1_score(*repeated(row, truth, on)) for row in weights]
    np.testing.assert_allclose(f1(weights, truth, on), expected)


def test_average_precision_is_that_of_scikit_learn_ties_included(seed, answers):
    truth, probs, _ = answers
    weights = weights_of(seed)
    expected = [average_precision_score(*repeated(row, truth, probs)) for row in weights]
    np.testing.assert_allclose(average_precision(weights, truth, probs), expected)


def test_calibration_error_is_the_mean_gap_of_ten_bins(seed, answers):
    truth, probs, _ = answers
    weights = weights_of(seed)
    for row, found in zip(weights, calibration_error(weights, truth, probs), strict=True):
        y, p = repeated(row, truth, probs)
        gap = 0.0
        for b in range(10):
            inside = (np.minimum(np.floor(p * 10), 9) == b).nonzero()[0]
            if len(inside):
                gap += len(inside) / len(p) * abs(y[inside].mean() - p[inside].mean())
        assert found == pytest.approx(gap)


@pytest.fixture
def single(seed):
    rng = np.random.default_rng(seed + 10)
    task = TASKS["stance"]
    probs = rng.dirichlet(np.ones(3), size=COUNT)
    truth = np.eye(3, dtype=bool)[rng.integers(0, 3, COUNT)]
    return task, truth, probs, np.eye(3, dtype=bool)[probs.argmax(1)]


@pytest.fixture
def multi(seed):
    rng = np.random.default_rng(seed + 20)
    task = TASKS["frame"]
    probs = rng.random((COUNT, len(task.leaves)))
    return task, rng.random(probs.shape) < 0.3, probs, probs >= 0.7


def test_figures_of_a_single_task_are_those_of_scikit_learn(seed, single):
    task, truth, probs, on = single
    weights = weights_of(seed)
    found = dict(task_figures(weights, name="stance", task=task, truth=truth, probs=probs, on=on))
    for i, row in enumerate(weights):
        y, p, decided = repeated(row, truth, probs, on)
        y, decided = y.argmax(1), decided.argmax(1)
        assert found["macro_f1/stance"][i] == pytest.approx(f1_score(y, decided, average="macro"))
        assert found["accuracy/stance"][i] == pytest.approx(accuracy_score(y, decided))
        brier = brier_score_loss(y, p, labels=[0, 1, 2], scale_by_half=False)
        assert found["brier/stance"][i] == pytest.approx(brier)
        for leaf, label in enumerate(task.leaves):
            assert found[f"brier/stance/{label}"][i] == pytest.approx(brier_score_loss(y == leaf, p[:, leaf]))
            assert found[f"f1/stance/{label}"][i] == pytest.approx(f1_score(y == leaf, decided == leaf))


def test_figures_of_a_multi_task_are_those_of_scikit_learn(seed, multi):
    task, truth, probs, on = multi
    weights = weights_of(seed)
    found = dict(task_figures(weights, name="frame", task=task, truth=truth, probs=probs, on=on))
    for i, row in enumerate(weights):
        y, p, decided = repeated(row, truth, probs, on)
        assert found["macro_f1/frame"][i] == pytest.approx(f1_score(y, decided, average="macro"))
        assert found["micro_f1/frame"][i] == pytest.approx(f1_score(y, decided, average="micro"))
        assert found["brier/frame"][i] == pytest.approx(((p - y) ** 2).mean())


def test_a_parent_is_measured_as_the_largest_of_its_children(multi):
    task, truth, probs, on = multi
    ones = np.ones((1, COUNT))
    found = dict(task_figures(ones, name="frame", task=task, truth=truth, probs=probs, on=on))
    children = [task.leaves.index(name) for name in ("losses_ukraine", "losses_russia")]
    any_true, any_on = truth[:, children].any(1), on[:, children].any(1)
    assert found["f1/frame/losses"] == pytest.approx(f1_score(any_true, any_on))
    largest = probs[:, children].max(1)
    assert found["average_precision/frame/losses"] == pytest.approx(average_precision_score(any_true, largest))
    assert found["brier/frame/losses"] == pytest.approx(brier_score_loss(any_true, largest))


def test_a_label_that_never_occurs_is_no_part_of_macro_f1(multi):
    task, truth, probs, on = multi
    truth[:, 0] = on[:, 0] = False
    found = dict(task_figures(np.ones((1, COUNT)), name="frame", task=task, truth=truth, probs=probs, on=on))
    rest = f1_score(truth[:, 1:], on[:, 1:], average="macro")
    assert found["macro_f1/frame"] == pytest.approx(rest)
    assert np.isnan(found[f"f1/frame/{task.leaves[0]}"]).all()
    assert np.isnan(found[f"average_precision/frame/{task.leaves[0]}"]).all()


def test_what_is_undefined_is_left_out_of_a_mean():
    like = np.ones((2, 5))
    assert nanmean([np.array([1.0, np.nan]), np.array([0.0, np.nan])], like=like).tolist() == pytest.approx(
        [0.5, np.nan], nan_ok=True
    )
    assert np.isnan(nanmean([], like=like)).all()
