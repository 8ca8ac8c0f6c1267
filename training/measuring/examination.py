"""All that can be asked of a bundle on labelled passages: figures, slices, abstention, another model beside it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from ...model.bundle import Bundle, open_bundle
from ...model.decision import check_risk, undecided
from ..data.corpus import Corpus
from .abstention import wrong_answers
from .bootstrap import RESAMPLES, Figure, interval, resample_weights
from .evaluation import Predictions, Report, measure, predict, truth
from .paired import Difference, paired_differences
from .slices import Slice, slices


@dataclass(frozen=True)
class Abstention:
    """A task at a stated risk: the share of passages decided, and the share of wrong answers among them."""

    coverage: Figure
    risk: Figure


@dataclass(frozen=True)
class Examination:
    """What was asked; empty where it was not. `predicted` is what the bundle says of each passage."""

    report: Report
    abstention: dict[str, Abstention] = field(default_factory=dict)
    differences: dict[str, Difference] = field(default_factory=dict)
    slices: list[Slice] = field(default_factory=list)
    predicted: Predictions | None = None

    def flat(self) -> dict[str, float | None]:
        """One number a name: the report's, `coverage/…` and `risk/…`, `difference/…`, `slice/source=rt/…`."""
        values = self.report.flat()
        figures = {f"coverage/{name}": own.coverage for name, own in self.abstention.items()}
        figures |= {f"risk/{name}": own.risk for name, own in self.abstention.items()}
        for part in self.slices:
            at = f"slice/{part.column}={part.value}"
            values[f"{at}/passages"] = part.passages
            figures |= {f"{at}/{name}": figure for name, figure in part.figures.items()}
        for name, figure in figures.items():
            values |= {name: figure.value, f"{name}_lo": figure.lo, f"{name}_hi": figure.hi}
        for name, own in self.differences.items():
            at = f"difference/{name}"
            values |= {at: own.value, f"{at}_lo": own.lo, f"{at}_hi": own.hi, f"{at}_p": own.p}
        return {name: None if v is None or math.isnan(v) else round(v, 6) for name, v in values.items()}

    def to_json(self) -> str:
        return json.dumps(self.flat())


def examine(
    *,
    bundle: Path | str | Bundle,
    corpus: Corpus,
    abstain: float | None = None,
    against: Path | str | Bundle | None = None,
    by_slices: bool = False,
    resamples: int = RESAMPLES,
) -> Examination:
    """Measure a bundle on labelled passages.

    Args:
        abstain: share of wrong answers above which a passage is left undecided.
        against: another bundle of the same codebook, tested in pairs against this one.
        by_slices: also by source, register, length and language.

    Raises:
        UserError: no bundle, another codebook, a risk that is no share, or a bundle that does not know its risks.
    """
    opened = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    check_risk(abstain, decision=opened.decision, place=opened.path)
    predicted = predict(opened, corpus)
    other = None if against is None else against if isinstance(against, Bundle) else open_bundle(against)
    return Examination(
        report=measure(predicted, corpus=corpus, resamples=resamples),
        abstention=_abstention(predicted, corpus, bundle=opened, risk=abstain, resamples=resamples) if abstain else {},
        differences=(
            paired_differences(predicted, predict(other, corpus), corpus=corpus, resamples=resamples) if other else {}
        ),
        slices=slices(predicted, corpus=corpus) if by_slices else [],
        predicted=predicted,
    )


def _abstention(
    predicted: Predictions, corpus: Corpus, *, bundle: Bundle, risk: float, resamples: int
) -> dict[str, Abstention]:
    found = {}
    for name, task in corpus.codebook.tasks.items():
        known = corpus.labelled(name)
        probs, on = predicted.probabilities[name], predicted.on[name]
        decided = known & ~undecided(probs, on, task=task, decision=bundle.decision.tasks[name], risk=risk)
        wrong = decided & wrong_answers(truth(corpus, name), on)
        shares = [
            _shares(weights, known=known, decided=decided, wrong=wrong)
            for weights in chain([corpus.weights[None]], resample_weights(corpus, resamples=resamples, seed=0))
        ]
        coverage, risks = (np.concatenate(values) for values in zip(*shares, strict=True))
        found[name] = Abstention(
            coverage=interval(float(coverage[0]), coverage[1:]), risk=interval(float(risks[0]), risks[1:])
        )
    return found


def _shares(
    weights: np.ndarray, *, known: np.ndarray, decided: np.ndarray, wrong: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Share of the labelled passages that is decided, and share of the decided that is wrong, a row of weights each."""
    with np.errstate(invalid="ignore"):
        return weights @ decided / (weights @ known), weights @ wrong / (weights @ decided)
