"""How far the shares of one source are from the truth, which errs in its own way: each is corrected by others.

    python benchmarks/prevalence_sources.py BUNDLE …

*Own*: a source's passages as they are. *All*: 200 of them drawn anew, six times, so that every mixture of labels is as
likely (where it has eight passages of each class). Sources are registers of the starter corpus's test part (60
passages or more), corrected by the other registers, and outlets of `realwar/dev.jsonl` (30 or more), corrected by
what the bundle holds. Beside the mean absolute error stand how often 95 % intervals hold the truth, and their width.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from planted.texts import SHARED, asked_of, part_of, starter_test

from narrashift.model.bundle import open_bundle
from narrashift.model.held_out import HeldOut, read_held_out
from narrashift.serving.shifts.prevalence.answers import answer_space
from narrashift.serving.shifts.prevalence.articles import Articles
from narrashift.serving.shifts.prevalence.confusion import Confusion, fit_confusion
from narrashift.serving.shifts.prevalence.intervals import share_intervals
from narrashift.serving.shifts.prevalence.questions import true_classes
from narrashift.training.data.corpus import read_corpus
from narrashift.training.measuring.held_out import make_held_out

METHODS = ("count", "adjusted", "em", "matching", "shrunk")
FEWEST = {"starter": 60, "real": 30}
EACH = 8
"""Passages of a class, to draw mixtures from."""
DRAWS, SIZE = 6, 200


@dataclass(frozen=True)
class Case:
    """Answers ``(passages,)`` of a source to one question, and the true shares ``(K,)``."""

    text: str
    mixture: str
    confusion: Confusion
    answers: np.ndarray
    true: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", type=Path, nargs="+")
    found: dict[tuple[str, str, str], list[tuple[float, float, float]]] = defaultdict(list)
    for bundle in parser.parse_args().bundles:
        for case in cases(bundle):
            for method in METHODS:
                found[case.text, case.mixture, method].append(measured(case, method=method))
    print("| sources | mixture | method | cases | error | intervals hold | width |\n|---|---|---|---|---|---|---|")
    for (text, mixture, method), figures in sorted(found.items(), key=lambda item: item[0][:2]):
        error, held, width = np.mean(figures, axis=0)
        print(f"| {text} | {mixture} | {method} | {len(figures)} | {error:.3f} | {held:.2f} | {width:.3f} |")


def cases(folder: Path) -> Iterator[Case]:
    bundle = open_bundle(folder)
    kept = read_held_out(bundle.path, bundle=bundle.digest)
    test = starter_test(bundle.codebook)
    registers = make_held_out(bundle, test, part="test")
    texts = [("starter", registers, np.array(test.column("register")))]
    if (SHARED / "realwar").exists():
        real = read_corpus([SHARED / "realwar" / "dev.jsonl"], codebook=bundle.codebook)
        texts.append(("real", make_held_out(bundle, real), np.array(real.column("source"))))
    for name, passages, sources in texts:
        for source in sorted(set(sources)):
            own = sources == source
            if own.sum() >= FEWEST[name]:
                known = kept if name == "real" and kept is not None else part_of(registers, np.flatnonzero(~own))
                yield from _of_source(name, part_of(passages, np.flatnonzero(own)), known)


def _of_source(text: str, passages: HeldOut, known: HeldOut) -> Iterator[Case]:
    rng = np.random.default_rng(0)
    for question in asked_of(known.codebook):
        space = answer_space(question, known)
        confusion = fit_confusion(space, known)
        true = true_classes(question, passages)
        answers = space.answers(passages.probabilities).astype(int)[true >= 0]
        true, classes = true[true >= 0], len(question.classes)
        if confusion.uncorrected(question.classes) or len(true) < FEWEST[text]:
            continue
        yield Case(text, "own", confusion, answers, np.bincount(true, minlength=classes) / len(true))
        pools = [answers[true == k] for k in range(classes)]
        for _ in range(DRAWS if min(map(len, pools)) >= EACH else 0):
            sizes = rng.multinomial(SIZE, rng.dirichlet(np.ones(classes)))
            drawn = [rng.choice(pool, size) for pool, size in zip(pools, sizes, strict=True)]
            yield Case(text, "all", confusion, np.concatenate(drawn), sizes / SIZE)


def measured(case: Case, *, method: str) -> tuple[float, float, float]:
    """Mean absolute error, share of the intervals that hold the truth, and their mean width."""
    number = len(case.answers)
    articles = Articles(case.answers, np.arange(number + 1), np.array([0, number]))
    found = share_intervals(articles, case.confusion, method=method)  # type: ignore[arg-type]
    held = (found.low[0] <= case.true) & (case.true <= found.high[0])
    return np.abs(found.shares[0] - case.true).mean(), held.mean(), (found.high[0] - found.low[0]).mean()


if __name__ == "__main__":
    main()
