"""Figures of a run: confusion matrix, precision–recall, reliability, risk against coverage; one of each a task."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix, precision_recall_curve

from ...model.codebook import Task
from ...model.decision import confidences
from ..data.corpus import Corpus
from .abstention import risk_coverage, wrong_answers
from .evaluation import Predictions, truth
from .metrics import BINS


def draw_figures(predicted: Predictions, *, corpus: Corpus) -> Iterator[tuple[str, Figure]]:
    """(`confusion/stance.png`, figure), … for every task that has labels; only labelled passages count."""
    for name, task in corpus.codebook.tasks.items():
        known = corpus.labelled(name)
        if not known.any():
            continue
        true, on, probs = (
            truth(corpus, name)[known],
            predicted.on[name][known],
            predicted.probabilities[name][known],
        )
        yield f"confusion/{name}.png", _confusion(true, on, name=name, task=task)
        yield f"precision_recall/{name}.png", _precision_recall(true, probs, name=name, task=task)
        yield f"reliability/{name}.png", _reliability(true, probs, name=name, task=task)
        yield (
            f"risk_coverage/{name}.png",
            _risk_coverage(true, on, probs, weights=corpus.weights[known], task=task, name=name),
        )


def _confusion(true: np.ndarray, on: np.ndarray, *, name: str, task: Task) -> Figure:
    """Single: true against decided. Multi: per label, right and wrong counts."""
    if task.kind == "single":
        table = confusion_matrix(true.argmax(1), on.argmax(1), labels=range(len(task.leaves)))
        columns, xlabel = list(task.leaves), "decided"
    else:
        table = np.stack([(true & on).sum(0), (true & ~on).sum(0), (~true & on).sum(0), (~true & ~on).sum(0)], axis=1)
        columns, xlabel = ["found", "missed", "wrongly given", "rightly not given"], ""
    figure = Figure(figsize=(1.9 + 1.2 * len(columns), 1.6 + 0.55 * len(task.leaves)), layout="constrained")
    axes = figure.subplots()
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(table):
        axes.text(
            column,
            row,
            str(count),
            ha="center",
            va="center",
            color="white" if shares[row, column] > 0.6 else "black",
        )
    axes.set_xticks(range(len(columns)), columns, rotation=20, ha="right")
    axes.set_yticks(range(len(task.leaves)), task.leaves)
    axes.set(
        title=f"{name}: {'confusion matrix' if task.kind == 'single' else 'decisions per label'}",
        xlabel=xlabel,
    )
    if task.kind == "single":
        axes.set_ylabel("true")
    return figure


def _precision_recall(true: np.ndarray, probs: np.ndarray, *, name: str, task: Task) -> Figure:
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for i, leaf in enumerate(task.leaves):
        if true[:, i].any():
            precision, recall, _ = precision_recall_curve(true[:, i], probs[:, i])
            axes.plot(recall, precision, drawstyle="steps-post", label=f"{leaf} ({true[:, i].sum()})")
    axes.set(
        title=f"{name}: precision and recall",
        xlabel="recall",
        ylabel="precision",
        xlim=(0, 1),
        ylim=(0, 1.02),
    )
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", frameon=False, title="label (passages)")
    return figure


def _reliability(true: np.ndarray, probs: np.ndarray, *, name: str, task: Task) -> Figure:
    """Share of true labels against stated probability, all labels of the task together, ten bins."""
    bins = np.minimum((probs * BINS).astype(int), BINS - 1)
    figure = Figure(figsize=(5, 5.5), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=[3, 1], sharex=True)
    filled = [b for b in range(BINS) if (bins == b).any()]
    stated = [probs[bins == b].mean() for b in filled]
    found = [true[bins == b].mean() for b in filled]
    above.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    above.plot(stated, found, marker="o")
    above.set(title=f"{name}: reliability", ylabel="share that is true", xlim=(0, 1), ylim=(0, 1))
    above.grid(alpha=0.3)
    below.hist(probs.ravel(), bins=BINS, range=(0, 1), color="tab:blue")
    below.set(xlabel="probability", ylabel="decisions", yscale="log")
    return figure


def _risk_coverage(
    true: np.ndarray, on: np.ndarray, probs: np.ndarray, *, weights: np.ndarray, name: str, task: Task
) -> Figure:
    """Share of wrong answers among the most confident ones, against how many are answered."""
    coverage, risk = risk_coverage(confidences(probs, on, task=task), wrong_answers(true, on), weights=weights)
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(coverage, risk, drawstyle="steps-post")
    axes.axhline(risk[-1], color="grey", linestyle="--", linewidth=1)
    axes.annotate(f"all decided: {risk[-1]:.1%} wrong", (0.02, risk[-1]), va="bottom", color="grey")
    top = max(float(risk[coverage >= 0.05].max(initial=0)), 0.01) * 1.2
    axes.set(
        title=f"{name}: risk and coverage", xlabel="share of passages decided, the most confident first",
        ylabel="share of wrong answers among them", xlim=(0, 1), ylim=(0, min(1.0, top)),
    )  # fmt: skip
    axes.grid(alpha=0.3)
    return figure
