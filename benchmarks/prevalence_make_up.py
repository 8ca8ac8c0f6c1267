"""How far shares are from the truth where sources differ in what else they write about.

    python benchmarks/prevalence_make_up.py BUNDLE [--halves 4] [--json]

`prevalence.py` varies one label's share and leaves the rest as it falls. Here sources prefer passages of one label at
odds of 3 or 10, and the shares of all *other* labels are asked: a classifier that takes losses of one side for those
of the other makes a source full of the former look as if it told of the latter. Confusions and samples as there.
`covered` is how often the 95 % interval holds the share of the source that the sample is drawn from.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from planted.texts import Text, part_of, texts

from narrashift.model.bundle import open_bundle
from narrashift.model.held_out import HeldOut
from narrashift.serving.shifts.prevalence.answers import answer_space
from narrashift.serving.shifts.prevalence.articles import Articles
from narrashift.serving.shifts.prevalence.confusion import FEWEST, fit_confusion
from narrashift.serving.shifts.prevalence.intervals import share_intervals
from narrashift.serving.shifts.prevalence.questions import Question, true_classes

SIZES = (20, 50, 200)
ODDS = (1, 3, 10)
REPEATS = 4
METHODS = ("count", "matching")


@dataclass(frozen=True)
class Outcome:
    """Of samples of one source: mean absolute error, bias of the last class, and what part of intervals hold it."""

    kind: str
    odds: int
    size: int
    method: str
    error: float
    bias: float
    covered: float


def measured(text: Text, *, half: int, repeats: int = REPEATS) -> Iterator[Outcome]:
    """Every question in samples of every source."""
    rng = np.random.default_rng(half)
    passages = text.passages
    known = np.all([passages.labelled(task) for task in passages.codebook.tasks], axis=0)
    first = rng.permutation(passages.groups.max() + 1)[passages.groups] % 2 == 0
    crowd = part_of(passages, np.flatnonzero(first & known))
    base = text.held_out or part_of(passages, np.flatnonzero(~first & known))
    fitted = []
    for question in text.questions:
        space = answer_space(question, base)
        confusion = fit_confusion(space, base, seed=half)
        if confusion.passages.min() >= FEWEST:
            answers = space.answers(crowd.probabilities).astype(np.int64)
            fitted.append((question, confusion, answers, true_classes(question, crowd)))
    for preferred, odds, likely in sources(crowd):
        for size in SIZES:
            drawn = rng.choice(len(crowd), (repeats, size), p=likely)
            for question, confusion, answers, true in fitted:
                if preferred in (question.name, *(f"{task}.{label}" for task, label in question.parts)):
                    continue
                classes = np.arange(len(question.classes))
                shares = (true[drawn][:, :, None] == classes).mean(axis=1)
                whole = np.bincount(true, likely, minlength=len(classes))
                dump = Articles(
                    answers[drawn].ravel(), np.arange(drawn.size + 1), np.arange(repeats + 1) * size
                )  # fmt: skip
                asked = slice(None) if len(classes) > 2 else slice(1, 2)
                for method in METHODS:
                    found = share_intervals(dump, confusion, method=method, seed=half)
                    apart = (found.shares - shares)[:, asked]
                    inside = ((found.low <= whole + 1e-9) & (whole - 1e-9 <= found.high))[:, asked]
                    yield Outcome(
                        kind_of(question), odds, size, method,
                        float(np.abs(apart).mean()), float(apart[:, -1].mean()), float(inside.mean()),
                    )  # fmt: skip


def sources(crowd: HeldOut) -> Iterator[tuple[str, int, np.ndarray]]:
    """Label, odds and how likely each passage is drawn: as they fall, then each leaf preferred."""
    whole = crowd.weights / crowd.weights.sum()
    yield "", 1, whole
    for name, task in crowd.codebook.tasks.items():
        for leaf, on in zip(task.leaves, crowd.truth(name).T, strict=True):
            for odds in ODDS[1:]:
                if on.sum() >= FEWEST:
                    likely = whole * np.where(on, odds, 1)
                    yield f"{name}.{leaf}", odds, likely / likely.sum()


def kind_of(question: Question) -> str:
    """Its task, or `composite`."""
    return "composite" if len(question.parts) > 1 else question.parts[0][0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--halves", type=int, default=4)
    parser.add_argument("--texts", nargs="+", default=["real", "starter"])
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    arguments = parser.parse_args()
    flat: dict[str, float] = {}
    for text in texts(open_bundle(arguments.bundle)):
        if text.name not in arguments.texts:
            continue
        outcomes: dict[tuple, dict[int, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
        for half in range(arguments.halves):
            for one in measured(text, half=half):
                outcomes[one.kind, one.odds, one.size, one.method][half].append(one)
        print(f"**{text.name}**\n\n| of | odds | n | counted | corrected | covered |\n|---|---|---|---|---|---|")
        for kind, odds, size, method in outcomes:
            if method == "count":
                cells = []
                for each in METHODS:
                    by_half = outcomes[kind, odds, size, each].values()
                    errors = [np.mean([one.error for one in own]) for own in by_half]
                    spread = np.std(errors, ddof=1) / np.sqrt(len(errors)) if len(errors) > 1 else np.nan
                    cells.append(f"{np.mean(errors):.3f} ± {spread:.3f}")
                    flat[f"{text.name}/{kind}/{odds}/{size}/{each}"] = round(float(np.mean(errors)), 5)
                covered = np.mean([np.mean([one.covered for one in own]) for own in by_half])
                flat[f"{text.name}/{kind}/{odds}/{size}/covered"] = round(float(covered), 4)
                print(f"| {kind} | {odds} | {size} | {' | '.join(cells)} | {covered:.0%} |")
        print()
    if arguments.json:
        print(json.dumps(flat))


if __name__ == "__main__":
    main()
