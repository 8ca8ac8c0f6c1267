"""How wide the test intervals will be at this size: a simulation of models of a given quality."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..drawing import SHARE
from .finding import Finding, Table
from .labels import on_of
from .material import Material

ASSUMED = 0.7
"""F1 that every label is taken to have, by precision and recall alike."""
DRAWS = 2_000
WIDE = 0.2
"""Width of a 95 % interval from which a macro-F1 tells little."""
MOST_TIMES = 64
TOLERANCE = 1.03
"""For what the simulation itself scatters."""


@dataclass(frozen=True)
class Widths:
    """Widths of 95 % intervals: of macro-F1, and of each label's F1, ``(leaves,)``, NaN where it never occurs."""

    macro: float
    labels: np.ndarray


def check_power(material: Material) -> Iterator[Finding | Table]:
    """The expected 95 % interval of each label's F1 and of macro-F1 on test, and what would halve it."""
    corpus = material.corpus
    has_test = material.divided and material.part("test").any()
    inside = material.part("test") if has_test else np.ones(len(corpus), dtype=bool)
    rows: list[tuple[str | int | float | None, ...]] = []
    for name, task in corpus.codebook.tasks.items():
        known = corpus.labelled(name) & inside
        if not known.any():
            continue
        shares = on_of(corpus, name)[known].mean(axis=0)
        passages = int(known.sum()) if has_test else max(round(SHARE * known.sum()), 1)
        single = task.kind == "single"
        expected = interval_widths(shares, passages=passages, single=single)
        times = _halving(shares, passages=passages, single=single, width=expected.macro)
        rows.append((name, "macro-F1", passages, expected.macro, f"{times * passages:,}" if times else "–"))
        rows += [
            (name, leaf, round(share * passages), None if np.isnan(width) else float(width), "")
            for leaf, share, width in zip(task.leaves, shares, expected.labels, strict=True)
        ]
        if expected.macro > WIDE:
            yield Finding(
                f"task {name}: macro-F1 on {passages:,} test passages will have a 95 % interval about "
                f"{expected.macro:.2f} wide: two models within it cannot be told apart",
                "doubtful",
                f"About {times * passages:,} test passages would halve it"
                if times
                else "Label more of the rarest labels",
            )
    of = "the test passages" if has_test else f"{SHARE:.0%} of the passages, what a drawn split tests on"
    yield Table(
        "how wide the test intervals will be",
        ("task", "figure", "test passages", "width of the 95 % interval", "passages that halve it"),
        tuple(rows),
        f"Simulated for {of}, and a model with precision and recall of {ASSUMED} at every label (in a single task, "
        "recall; its errors fall on the other labels by their shares). Passages of one group make it wider.",
    )


def interval_widths(
    shares: np.ndarray, *, passages: int, single: bool, f1: float = ASSUMED, draws: int = DRAWS
) -> Widths:
    """Width of the central 95 % of F1 over test sets drawn from passages with these labels (parametric bootstrap).

    Args:
        shares: ``(leaves,)``, of passages that have each label.
        single: labels exclude each other, so that an error at one is an error at another; else each errs by itself.
    """
    rng = np.random.default_rng(0)
    if single:
        wrong = np.tile(shares, (len(shares), 1)) * (1 - np.eye(len(shares)))
        wrong /= np.maximum(wrong.sum(axis=1, keepdims=True), 1e-12)
        cells = shares[:, None] * (f1 * np.eye(len(shares)) + (1 - f1) * wrong)
        table = rng.multinomial(passages, (cells / cells.sum()).ravel(), size=draws).reshape(draws, *cells.shape)
        hits = np.diagonal(table, axis1=1, axis2=2)
        both = table.sum(axis=1) + table.sum(axis=2)
    else:
        false = np.minimum((1 - f1) * shares, 1 - shares)
        cells = np.stack([f1 * shares, (1 - f1) * shares, false, 1 - shares - false], axis=1)
        drawn = np.stack([rng.multinomial(passages, row / row.sum(), size=draws) for row in cells], axis=1)
        hits = drawn[:, :, 0]
        both = 2 * drawn[:, :, 0] + drawn[:, :, 1] + drawn[:, :, 2]
    values = np.divide(2 * hits, both, out=np.full(hits.shape, np.nan), where=both > 0)
    occurring = values[:, shares > 0]
    counts = np.maximum((~np.isnan(occurring)).sum(axis=1), 1)
    macro = np.nansum(occurring, axis=1) / counts
    widths = [_width(values[:, i]) if share > 0 else np.nan for i, share in enumerate(shares)]
    return Widths(_width(macro), np.array(widths))


def _width(values: np.ndarray) -> float:
    defined = values[~np.isnan(values)]
    lo, hi = np.percentile(defined, [2.5, 97.5]) if len(defined) else (np.nan, np.nan)
    return float(hi - lo)


def _halving(shares: np.ndarray, *, passages: int, single: bool, width: float) -> int:
    """How many times as many passages halve the width; 0 where even very many do not."""
    times = 2
    while times <= MOST_TIMES:
        if interval_widths(shares, passages=times * passages, single=single).macro <= TOLERANCE * width / 2:
            return times
        times += 1 if times < 8 else times // 4
    return 0
