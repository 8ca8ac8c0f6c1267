"""Raw and corrected shares of dumps whose true shares are known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.special import expit, logit

from narrashift.serving.shifts.prevalence.answers import answer_space
from narrashift.serving.shifts.prevalence.confusion import FEWEST, fit_confusion, plain_confusion
from narrashift.serving.shifts.prevalence.quantify import METHODS, shares
from narrashift.serving.shifts.prevalence.questions import composite, questions_of, true_classes


def asked(name, codebook):
    if name == "pro-Russian losses of Russia":
        return composite(name, [("stance", "pro_russia"), ("frame", "losses_russia")], codebook=codebook)
    return next(q for q in questions_of(codebook) if q.name == name)


def dump(question, space, crowd, *, share, passages, seed=0):
    """Answers of passages of which this share is of the last class: ``(1, B)``."""
    rng = np.random.default_rng(seed)
    true, answers = true_classes(question, crowd), space.answers(crowd.probabilities).astype(int)
    on = round(share * passages)
    classes = len(question.classes)
    sizes = [*np.diff(np.linspace(0, passages - on, classes).round().astype(int)), on]
    drawn = [answers[rng.choice(np.flatnonzero(true == k), size)] for k, size in enumerate(sizes)]
    return np.bincount(np.concatenate(drawn), minlength=space.size)[None]


@pytest.mark.parametrize("name", ["stance", "frame.losses_russia", "frame.losses", "pro-Russian losses of Russia"])
def test_corrected_shares_are_nearer_the_truth_over_the_whole_range(name, codebook, held_out, crowd):
    question = asked(name, codebook)
    space = answer_space(question, held_out)
    confusion = fit_confusion(space, held_out)
    errors = {method: [] for method in METHODS}
    for i, share in enumerate(np.linspace(0, 1, 11)):
        counts = dump(question, space, crowd, share=share, passages=500, seed=i)
        for method in METHODS:
            errors[method].append(abs(shares(counts, confusion, method=method)[0, -1] - share))
    error = {method: np.mean(values) for method, values in errors.items()}
    for method in ("adjusted", "probabilistic", "em", "matching"):
        assert error[method] < error["count"] / 2, error
    assert error["matching"] < 0.035 < error["count"]


def test_counting_counts_the_decided_labels(codebook, held_out, crowd):
    question = asked("stance", codebook)
    space = answer_space(question, held_out)
    answers = space.answers(crowd.probabilities)
    counts = np.bincount(answers, minlength=space.size)[None]
    decided = crowd.probabilities["stance"].argmax(axis=1)
    expected = np.bincount(decided) / len(decided)
    assert shares(counts, fit_confusion(space, held_out), method="count")[0] == pytest.approx(expected)
    assert shares(counts, plain_confusion(space), method="count")[0] == pytest.approx(expected)


def test_em_is_the_procedure_of_saerens(codebook, held_out, crowd):
    question = asked("stance", codebook)
    space = answer_space(question, held_out)
    confusion = fit_confusion(space, held_out)
    answers = space.answers(crowd.probabilities)[:300]
    posteriors, own = confusion.values[answers], confusion.prior
    for _ in range(2_000):
        adjusted = posteriors * own / confusion.prior
        adjusted /= adjusted.sum(axis=1, keepdims=True)
        own = adjusted.mean(axis=0)
    counts = np.bincount(answers, minlength=space.size)[None]
    assert shares(counts, confusion, method="em")[0] == pytest.approx(own, abs=1e-3)


def test_probabilities_are_averaged(codebook, held_out):
    question = asked("frame.losses", codebook)
    space = answer_space(question, held_out)
    counts = np.bincount(space.answers(held_out.probabilities), minlength=space.size)[None]
    expected = held_out.probabilities["frame"][:, 2:4].max(axis=1).mean()
    found = shares(counts, fit_confusion(space, held_out), method="probability")[0, 1]
    assert found == pytest.approx(expected, abs=1e-5)


def test_weights_weigh_within_a_class_only(codebook, held_out):
    question = asked("frame.losses", codebook)
    space = answer_space(question, held_out)
    on = true_classes(question, held_out) == 1
    heavier = dataclasses.replace(held_out, weights=np.where(on, 3.0, 1.0))
    plain, weighed = (fit_confusion(space, each) for each in (held_out, heavier))
    assert weighed.rates == pytest.approx(plain.rates)
    assert weighed.passages == pytest.approx(plain.passages) and plain.passages.sum() == pytest.approx(2_000)
    assert weighed.prior[1] > 1.5 * plain.prior[1]


def test_too_few_passages_of_a_class_are_said_so(codebook, draw_held_out):
    question = asked("frame.gains_russia", codebook)
    few = draw_held_out(300, on=0.01)
    space = answer_space(question, few)
    number = int(few.targets["frame"][:, 1].sum())
    assert number < FEWEST
    said = fit_confusion(space, few).uncorrected(question.classes)
    assert said == f"uncorrected: of labelled passages only {number} on (at least 10 each)"
    assert plain_confusion(space).uncorrected(question.classes)


def hushed(answers):
    """As of text in whose words the model sees less than there is."""
    frame = expit(logit(answers.probabilities["frame"]) - 2)
    return dataclasses.replace(answers, probabilities={**answers.probabilities, "frame": frame})


def test_a_labelled_sample_corrects_what_held_out_passages_do_not_know(codebook, held_out, draw_held_out):
    question = asked("frame.losses_russia", codebook)
    space = answer_space(question, held_out)
    harder, sample = (hushed(draw_held_out(n, seed=seed)) for n, seed in ((20_000, 2), (400, 3)))
    true = np.linspace(0.1, 0.9, 9)
    counts = np.concatenate([dump(question, space, harder, share=share, passages=20_000) for share in true])
    alone, both, own = (
        np.abs(shares(counts, fit_confusion(space, base, labelled=extra), method="matching")[:, 1] - true).mean()
        for base, extra in ((held_out, None), (held_out, sample), (None, sample))
    )
    assert both < alone / 2 and own < alone / 2


def test_passages_of_a_group_are_resampled_together(codebook, held_out):
    question = asked("frame.losses_russia", codebook)
    space = answer_space(question, held_out)
    order = np.argsort(true_classes(question, held_out) * 100 + space.answers(held_out.probabilities))
    groups = np.empty(len(held_out), dtype=int)
    groups[order] = np.arange(len(held_out)) // 20  # of twenty alike
    alone = fit_confusion(space, held_out)
    together = fit_confusion(space, dataclasses.replace(held_out, groups=groups))
    assert together.rates == pytest.approx(alone.rates)
    assert together.resampled[:, 1].std(axis=0).mean() > 1.5 * alone.resampled[:, 1].std(axis=0).mean()


def test_confusions_need_labelled_passages(codebook, held_out):
    with pytest.raises(ValueError, match="known"):
        fit_confusion(answer_space(asked("stance", codebook), held_out), None)
